/* concurrency::concurrent_queue of Microsoft's Parallel Patterns Library: a queue that any number
   of threads may push to and pop from at once. Here it is a deque behind a mutex. */
#ifndef IOCP_CONCURRENT_QUEUE_H
#define IOCP_CONCURRENT_QUEUE_H
#pragma GCC system_header

#ifndef __cplusplus
#error concurrent_queue.h is for C++
#else

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <utility>

namespace concurrency {

template <typename T, typename A = std::allocator<T>> class concurrent_queue {
public:
    typedef T value_type;
    typedef A allocator_type;
    typedef T &reference;
    typedef const T &const_reference;
    typedef std::size_t size_type;
    typedef std::ptrdiff_t difference_type;
    typedef typename std::deque<T, A>::iterator iterator;
    typedef typename std::deque<T, A>::const_iterator const_iterator;

    explicit concurrent_queue(const A &allocator = A()) : items_(allocator) {}
    template <typename Input> concurrent_queue(Input begin, Input end) : items_(begin, end) {}
    concurrent_queue(const concurrent_queue &other, const A & = A()) : items_(other.copy()) {}
    concurrent_queue(concurrent_queue &&other, const A & = A()) : items_(other.take()) {}

    concurrent_queue &operator=(const concurrent_queue &other)
    {
        if (this != &other)
            put(other.copy());
        return *this;
    }
    concurrent_queue &operator=(concurrent_queue &&other)
    {
        if (this != &other)
            put(other.take());
        return *this;
    }

    void push(const T &item)
    {
        std::lock_guard<std::mutex> guard(mutex_);
        items_.push_back(item);
    }
    void push(T &&item)
    {
        std::lock_guard<std::mutex> guard(mutex_);
        items_.push_back(std::move(item));
    }
    bool try_pop(T &item)
    {
        std::lock_guard<std::mutex> guard(mutex_);
        if (items_.empty())
            return false;
        item = std::move(items_.front());
        items_.pop_front();
        return true;
    }
    bool empty() const
    {
        std::lock_guard<std::mutex> guard(mutex_);
        return items_.empty();
    }

    /* By the contract of these, no other thread uses the queue meanwhile; size and clear are safe
       here even so. */
    size_type unsafe_size() const
    {
        std::lock_guard<std::mutex> guard(mutex_);
        return items_.size();
    }
    void clear() { put(std::deque<T, A>()); }
    iterator unsafe_begin() { return items_.begin(); }
    iterator unsafe_end() { return items_.end(); }
    const_iterator unsafe_begin() const { return items_.begin(); }
    const_iterator unsafe_end() const { return items_.end(); }
    allocator_type get_allocator() const { return items_.get_allocator(); }

private:
    std::deque<T, A> copy() const
    {
        std::lock_guard<std::mutex> guard(mutex_);
        return items_;
    }
    std::deque<T, A> take()
    {
        std::deque<T, A> items;
        std::lock_guard<std::mutex> guard(mutex_);
        items.swap(items_);
        return items;
    }
    /* The items that were there end after the lock: their destructors may use the queue. */
    void put(std::deque<T, A> items)
    {
        std::lock_guard<std::mutex> guard(mutex_);
        items_.swap(items);
    }

    mutable std::mutex mutex_;
    std::deque<T, A> items_;
};

}

namespace Concurrency = concurrency;

#endif
#endif
