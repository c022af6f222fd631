/* What ThreadSanitizer's runtime has to be told besides: linked into each program.
 *
 * Fences. The runtime knows what an atomic access orders, but not what a fence does: it would take
 * the memory of each last Arc for a race, since Arc counts down with `Release` and only whoever
 * comes to zero acquires, by a fence. Here a fence acquires what the thread has counted down last,
 * and no more, so that hardly anything real can be hidden by it. The other fences of the library
 * order two atomics against each other, and protect no memory.
 *
 * Volatile. On Windows, on this processor, Microsoft's compiler lets each volatile read acquire and
 * each volatile write release, and programs rely on it. gcc calls the functions below, before the
 * access, when `--param=tsan-distinguish-volatile=1` is given. */
#include <stdint.h>

enum { ACQUIRE = 2, ACQUIRE_AND_RELEASE = 4 };

extern void __tsan_acquire(void *address);

static __thread void *counted_last;

extern uint64_t __real___tsan_atomic64_fetch_sub(volatile uint64_t *at, uint64_t by, int order);
extern void __real___tsan_atomic_thread_fence(int order);

uint64_t __wrap___tsan_atomic64_fetch_sub(volatile uint64_t *at, uint64_t by, int order);
uint64_t __wrap___tsan_atomic64_fetch_sub(volatile uint64_t *at, uint64_t by, int order)
{
    counted_last = (void *)at;
    return __real___tsan_atomic64_fetch_sub(at, by, order);
}

void __wrap___tsan_atomic_thread_fence(int order);
void __wrap___tsan_atomic_thread_fence(int order)
{
    if (counted_last)
        __tsan_acquire(counted_last);
    __real___tsan_atomic_thread_fence(order);
}

#define VOLATILE(bytes, bits)                                                                \
    extern uint##bits##_t __tsan_atomic##bits##_load(const volatile uint##bits##_t *, int);  \
    extern uint##bits##_t __tsan_atomic##bits##_fetch_add(volatile uint##bits##_t *,         \
                                                          uint##bits##_t, int);              \
    void __tsan_volatile_read##bytes(void *at);                                              \
    void __tsan_volatile_read##bytes(void *at)                                               \
    {                                                                                        \
        __tsan_atomic##bits##_load(at, ACQUIRE);                                             \
    }                                                                                        \
    void __tsan_volatile_write##bytes(void *at);                                             \
    void __tsan_volatile_write##bytes(void *at)                                              \
    {                                                                                        \
        /* Adds nothing: the write itself comes after it. */                                 \
        __tsan_atomic##bits##_fetch_add(at, 0, ACQUIRE_AND_RELEASE);                         \
    }

VOLATILE(1, 8)
VOLATILE(2, 16)
VOLATILE(4, 32)
VOLATILE(8, 64)
