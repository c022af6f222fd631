/* concurrency::concurrent_priority_queue of Microsoft's Parallel Patterns Library. */
#ifndef IOCP_CONCURRENT_PRIORITY_QUEUE_H
#define IOCP_CONCURRENT_PRIORITY_QUEUE_H
#pragma GCC system_header

#ifndef __cplusplus
#error concurrent_priority_queue.h is for C++
#else

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <queue>
#include <utility>
#include <vector>

namespace concurrency {

/* The greatest item, by the comparison, comes out first. */
template <typename T, typename Compare = std::less<T>, typename A = std::allocator<T>>
class concurrent_priority_queue {
public:
    typedef T value_type;
    typedef A allocator_type;
    typedef T &reference;
    typedef const T &const_reference;
    typedef std::size_t size_type;

    explicit concurrent_priority_queue(const A & = A()) {}
    explicit concurrent_priority_queue(const Compare &compare) : items_(compare) {}

    void push(const T &item)
    {
        std::lock_guard<std::mutex> guard(mutex_);
        items_.push(item);
    }
    void push(T &&item)
    {
        std::lock_guard<std::mutex> guard(mutex_);
        items_.push(std::move(item));
    }
    bool try_pop(T &item)
    {
        std::lock_guard<std::mutex> guard(mutex_);
        if (items_.empty())
            return false;
        item = items_.top();
        items_.pop();
        return true;
    }
    bool empty() const
    {
        std::lock_guard<std::mutex> guard(mutex_);
        return items_.empty();
    }
    size_type size() const
    {
        std::lock_guard<std::mutex> guard(mutex_);
        return items_.size();
    }
    void clear()
    {
        T item;
        while (try_pop(item)) {
        }
    }

private:
    mutable std::mutex mutex_;
    std::priority_queue<T, std::vector<T, A>, Compare> items_;
};

}

namespace Concurrency = concurrency;

#endif
#endif
