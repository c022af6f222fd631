/* concurrency::concurrent_vector of Microsoft's Parallel Patterns Library: a vector that grows while
   other threads read it. Items never move: they stand in pieces, each as long as all before it. */
#ifndef IOCP_CONCURRENT_VECTOR_H
#define IOCP_CONCURRENT_VECTOR_H
#pragma GCC system_header

#ifndef __cplusplus
#error concurrent_vector.h is for C++
#else

#include <atomic>
#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <mutex>
#include <new>
#include <stdexcept>
#include <utility>

namespace concurrency {

template <typename T, typename A = std::allocator<T>> class concurrent_vector {
    template <typename V, typename I> class place {
    public:
        typedef std::random_access_iterator_tag iterator_category;
        typedef I value_type;
        typedef std::ptrdiff_t difference_type;
        typedef I *pointer;
        typedef I &reference;

        place() : vector_(nullptr), at_(0) {}
        place(V *vector, std::size_t at) : vector_(vector), at_(at) {}
        operator place<const V, const I>() const { return place<const V, const I>(vector_, at_); }
        reference operator*() const { return (*vector_)[at_]; }
        pointer operator->() const { return &(*vector_)[at_]; }
        reference operator[](difference_type by) const { return (*vector_)[at_ + by]; }
        place &operator++() { return *this += 1; }
        place &operator--() { return *this -= 1; }
        place operator++(int) { place old(*this); ++*this; return old; }
        place operator--(int) { place old(*this); --*this; return old; }
        place &operator+=(difference_type by) { at_ += by; return *this; }
        place &operator-=(difference_type by) { at_ -= by; return *this; }
        friend place operator+(place a, difference_type by) { return a += by; }
        friend place operator+(difference_type by, place a) { return a += by; }
        friend place operator-(place a, difference_type by) { return a -= by; }
        friend difference_type operator-(const place &a, const place &b)
        {
            return (difference_type)(a.at_ - b.at_);
        }
        friend bool operator==(const place &a, const place &b) { return a.at_ == b.at_; }
        friend bool operator!=(const place &a, const place &b) { return a.at_ != b.at_; }
        friend bool operator<(const place &a, const place &b) { return a.at_ < b.at_; }
        friend bool operator>(const place &a, const place &b) { return a.at_ > b.at_; }
        friend bool operator<=(const place &a, const place &b) { return a.at_ <= b.at_; }
        friend bool operator>=(const place &a, const place &b) { return a.at_ >= b.at_; }

    private:
        V *vector_;
        std::size_t at_;
    };

public:
    typedef T value_type;
    typedef A allocator_type;
    typedef T &reference;
    typedef const T &const_reference;
    typedef std::size_t size_type;
    typedef std::ptrdiff_t difference_type;
    typedef place<concurrent_vector, T> iterator;
    typedef place<const concurrent_vector, const T> const_iterator;
    typedef std::reverse_iterator<iterator> reverse_iterator;
    typedef std::reverse_iterator<const_iterator> const_reverse_iterator;

    concurrent_vector() {}
    explicit concurrent_vector(size_type count, const T &item = T()) { grow_by(count, item); }
    concurrent_vector(std::initializer_list<T> items) { append(items.begin(), items.end()); }
    concurrent_vector(const concurrent_vector &other) { append(other.begin(), other.end()); }
    concurrent_vector &operator=(const concurrent_vector &other)
    {
        if (this != &other) {
            clear();
            append(other.begin(), other.end());
        }
        return *this;
    }
    ~concurrent_vector()
    {
        clear();
        for (int piece = 0; piece < pieces_max; piece++)
            if (T *items = pieces_[piece].load(std::memory_order_relaxed))
                std::allocator<T>().deallocate(items, length(piece));
    }

    iterator push_back(const T &item) { return add(item); }
    iterator push_back(T &&item) { return add(std::move(item)); }
    template <typename... Parts> iterator emplace_back(Parts &&...parts)
    {
        return add(std::forward<Parts>(parts)...);
    }
    iterator grow_by(size_type count) { return grow_by(count, T()); }
    iterator grow_by(size_type count, const T &item)
    {
        std::lock_guard<std::mutex> guard(mutex_);
        size_type first = size();
        while (count-- > 0)
            construct(item);
        return iterator(this, first);
    }
    iterator grow_to_at_least(size_type count)
    {
        std::lock_guard<std::mutex> guard(mutex_);
        size_type first = size();
        while (size() < count)
            construct();
        return iterator(this, first);
    }

    reference operator[](size_type at) { return *item(at); }
    const_reference operator[](size_type at) const { return *item(at); }
    reference at(size_type at) { return *item(checked(at)); }
    const_reference at(size_type at) const { return *item(checked(at)); }
    reference front() { return *item(0); }
    const_reference front() const { return *item(0); }
    reference back() { return *item(size() - 1); }
    const_reference back() const { return *item(size() - 1); }
    size_type size() const { return size_.load(std::memory_order_acquire); }
    bool empty() const { return size() == 0; }
    size_type max_size() const { return (size_type)-1 / sizeof(T); }
    void reserve(size_type) {}

    iterator begin() { return iterator(this, 0); }
    iterator end() { return iterator(this, size()); }
    const_iterator begin() const { return const_iterator(this, 0); }
    const_iterator end() const { return const_iterator(this, size()); }
    const_iterator cbegin() const { return begin(); }
    const_iterator cend() const { return end(); }
    reverse_iterator rbegin() { return reverse_iterator(end()); }
    reverse_iterator rend() { return reverse_iterator(begin()); }

    /* By its contract, no other thread uses the vector meanwhile. */
    void clear()
    {
        for (size_type at = size(); at-- > 0;)
            item(at)->~T();
        size_.store(0, std::memory_order_relaxed);
    }

private:
    enum { first_bits = 4, pieces_max = 44 };

    static size_type length(int piece)
    {
        return (size_type)1 << (piece == 0 ? (int)first_bits : piece + first_bits - 1);
    }
    /* The first piece has 16 items; piece n has those from 2^(n+3) on. */
    static int piece_of(size_type at)
    {
        return at >> first_bits == 0 ? 0 : 64 - first_bits - __builtin_clzll(at);
    }
    T *item(size_type at) const
    {
        int piece = piece_of(at);
        return pieces_[piece].load(std::memory_order_acquire) +
               (piece == 0 ? at : at - length(piece));
    }
    size_type checked(size_type at) const
    {
        if (at >= size())
            throw std::out_of_range("concurrent_vector::at");
        return at;
    }
    template <typename... Parts> iterator add(Parts &&...parts)
    {
        std::lock_guard<std::mutex> guard(mutex_);
        construct(std::forward<Parts>(parts)...);
        return iterator(this, size() - 1);
    }
    template <typename Input> void append(Input from, Input to)
    {
        for (; from != to; ++from)
            push_back(*from);
    }
    /* The size is published last: whoever reads it finds the item. */
    template <typename... Parts> void construct(Parts &&...parts)
    {
        size_type at = size();
        std::atomic<T *> &items = pieces_[piece_of(at)];
        if (items.load(std::memory_order_relaxed) == nullptr)
            items.store(std::allocator<T>().allocate(length(piece_of(at))),
                        std::memory_order_release);
        ::new ((void *)item(at)) T(std::forward<Parts>(parts)...);
        size_.store(at + 1, std::memory_order_release);
    }

    std::mutex mutex_;
    std::atomic<size_type> size_{0};
    std::atomic<T *> pieces_[pieces_max] = {};
};

}

namespace Concurrency = concurrency;

#endif
#endif
