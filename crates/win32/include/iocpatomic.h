/* The interlocked operations, as one instruction each where the processor has it.

   A `long` of the program has 64 bits here and a LONG has 32, and programs hand both to the same
   function: in C++ by overloads, in C by macros that take the operand's own type. The plain names
   are full barriers. */
#ifndef IOCP_IOCPATOMIC_H
#define IOCP_IOCPATOMIC_H
#pragma GCC system_header

#include "minwindef.h"

#ifdef __cplusplus
IOCP_CXX_BEGIN
#define IOCP_INTERLOCKED(T, suffix, order, failure)                                          \
    inline T InterlockedIncrement##suffix(T volatile *p)                                     \
    {                                                                                        \
        return __atomic_add_fetch(p, 1, order);                                              \
    }                                                                                        \
    inline T InterlockedDecrement##suffix(T volatile *p)                                     \
    {                                                                                        \
        return __atomic_sub_fetch(p, 1, order);                                              \
    }                                                                                        \
    inline T InterlockedExchange##suffix(T volatile *p, T v)                                 \
    {                                                                                        \
        return __atomic_exchange_n(p, v, order);                                             \
    }                                                                                        \
    inline T InterlockedExchangeAdd##suffix(T volatile *p, T v)                              \
    {                                                                                        \
        return __atomic_fetch_add(p, v, order);                                              \
    }                                                                                        \
    inline T InterlockedAdd##suffix(T volatile *p, T v)                                      \
    {                                                                                        \
        return __atomic_add_fetch(p, v, order);                                              \
    }                                                                                        \
    inline T InterlockedAnd##suffix(T volatile *p, T v)                                      \
    {                                                                                        \
        return __atomic_fetch_and(p, v, order);                                              \
    }                                                                                        \
    inline T InterlockedOr##suffix(T volatile *p, T v)                                       \
    {                                                                                        \
        return __atomic_fetch_or(p, v, order);                                               \
    }                                                                                        \
    inline T InterlockedXor##suffix(T volatile *p, T v)                                      \
    {                                                                                        \
        return __atomic_fetch_xor(p, v, order);                                              \
    }                                                                                        \
    inline T InterlockedCompareExchange##suffix(T volatile *p, T v, T comparand)             \
    {                                                                                        \
        __atomic_compare_exchange_n(p, &comparand, v, false, order, failure);                \
        return comparand;                                                                    \
    }
#define IOCP_INTERLOCKED_ORDERS(T, width)                                                    \
    IOCP_INTERLOCKED(T, width, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)                           \
    IOCP_INTERLOCKED(T, Acquire##width, __ATOMIC_ACQUIRE, __ATOMIC_ACQUIRE)                  \
    IOCP_INTERLOCKED(T, Release##width, __ATOMIC_RELEASE, __ATOMIC_RELAXED)                  \
    IOCP_INTERLOCKED(T, NoFence##width, __ATOMIC_RELAXED, __ATOMIC_RELAXED)
IOCP_INTERLOCKED_ORDERS(int, )
IOCP_INTERLOCKED_ORDERS(unsigned int, )
IOCP_INTERLOCKED_ORDERS(long, )
IOCP_INTERLOCKED_ORDERS(unsigned long, )
IOCP_INTERLOCKED_ORDERS(long long, )
IOCP_INTERLOCKED_ORDERS(unsigned long long, )
IOCP_INTERLOCKED_ORDERS(long, 64)
IOCP_INTERLOCKED_ORDERS(unsigned long, 64)
IOCP_INTERLOCKED_ORDERS(long long, 64)
IOCP_INTERLOCKED_ORDERS(unsigned long long, 64)
IOCP_INTERLOCKED_ORDERS(short, 16)
IOCP_INTERLOCKED_ORDERS(unsigned short, 16)
IOCP_INTERLOCKED_ORDERS(char, 8)
IOCP_INTERLOCKED_ORDERS(signed char, 8)
IOCP_INTERLOCKED_ORDERS(unsigned char, 8)
#undef IOCP_INTERLOCKED_ORDERS
#undef IOCP_INTERLOCKED
IOCP_CXX_END
#else
#define IOCP_INTERLOCKED_INCREMENT(p, order) __atomic_add_fetch((p), 1, order)
#define IOCP_INTERLOCKED_DECREMENT(p, order) __atomic_sub_fetch((p), 1, order)
#define IOCP_INTERLOCKED_EXCHANGE(p, v, order) __atomic_exchange_n((p), (v), order)
#define IOCP_INTERLOCKED_EXCHANGEADD(p, v, order) __atomic_fetch_add((p), (v), order)
#define IOCP_INTERLOCKED_ADD(p, v, order) __atomic_add_fetch((p), (v), order)
#define IOCP_INTERLOCKED_AND(p, v, order) __atomic_fetch_and((p), (v), order)
#define IOCP_INTERLOCKED_OR(p, v, order) __atomic_fetch_or((p), (v), order)
#define IOCP_INTERLOCKED_XOR(p, v, order) __atomic_fetch_xor((p), (v), order)
#define IOCP_INTERLOCKED_CAS(p, v, comparand) __sync_val_compare_and_swap((p), (comparand), (v))

#define InterlockedIncrement(p) IOCP_INTERLOCKED_INCREMENT(p, __ATOMIC_SEQ_CST)
#define InterlockedDecrement(p) IOCP_INTERLOCKED_DECREMENT(p, __ATOMIC_SEQ_CST)
#define InterlockedExchange(p, v) IOCP_INTERLOCKED_EXCHANGE(p, v, __ATOMIC_SEQ_CST)
#define InterlockedExchangeAdd(p, v) IOCP_INTERLOCKED_EXCHANGEADD(p, v, __ATOMIC_SEQ_CST)
#define InterlockedAdd(p, v) IOCP_INTERLOCKED_ADD(p, v, __ATOMIC_SEQ_CST)
#define InterlockedAnd(p, v) IOCP_INTERLOCKED_AND(p, v, __ATOMIC_SEQ_CST)
#define InterlockedOr(p, v) IOCP_INTERLOCKED_OR(p, v, __ATOMIC_SEQ_CST)
#define InterlockedXor(p, v) IOCP_INTERLOCKED_XOR(p, v, __ATOMIC_SEQ_CST)
#define InterlockedCompareExchange(p, v, comparand) IOCP_INTERLOCKED_CAS(p, v, comparand)
#define InterlockedIncrementAcquire(p) IOCP_INTERLOCKED_INCREMENT(p, __ATOMIC_ACQUIRE)
#define InterlockedDecrementAcquire(p) IOCP_INTERLOCKED_DECREMENT(p, __ATOMIC_ACQUIRE)
#define InterlockedExchangeAcquire(p, v) IOCP_INTERLOCKED_EXCHANGE(p, v, __ATOMIC_ACQUIRE)
#define InterlockedExchangeAddAcquire(p, v) IOCP_INTERLOCKED_EXCHANGEADD(p, v, __ATOMIC_ACQUIRE)
#define InterlockedAddAcquire(p, v) IOCP_INTERLOCKED_ADD(p, v, __ATOMIC_ACQUIRE)
#define InterlockedAndAcquire(p, v) IOCP_INTERLOCKED_AND(p, v, __ATOMIC_ACQUIRE)
#define InterlockedOrAcquire(p, v) IOCP_INTERLOCKED_OR(p, v, __ATOMIC_ACQUIRE)
#define InterlockedXorAcquire(p, v) IOCP_INTERLOCKED_XOR(p, v, __ATOMIC_ACQUIRE)
#define InterlockedCompareExchangeAcquire(p, v, comparand) \
    IOCP_INTERLOCKED_CAS(p, v, comparand)
#define InterlockedIncrementRelease(p) IOCP_INTERLOCKED_INCREMENT(p, __ATOMIC_RELEASE)
#define InterlockedDecrementRelease(p) IOCP_INTERLOCKED_DECREMENT(p, __ATOMIC_RELEASE)
#define InterlockedExchangeRelease(p, v) IOCP_INTERLOCKED_EXCHANGE(p, v, __ATOMIC_RELEASE)
#define InterlockedExchangeAddRelease(p, v) IOCP_INTERLOCKED_EXCHANGEADD(p, v, __ATOMIC_RELEASE)
#define InterlockedAddRelease(p, v) IOCP_INTERLOCKED_ADD(p, v, __ATOMIC_RELEASE)
#define InterlockedAndRelease(p, v) IOCP_INTERLOCKED_AND(p, v, __ATOMIC_RELEASE)
#define InterlockedOrRelease(p, v) IOCP_INTERLOCKED_OR(p, v, __ATOMIC_RELEASE)
#define InterlockedXorRelease(p, v) IOCP_INTERLOCKED_XOR(p, v, __ATOMIC_RELEASE)
#define InterlockedCompareExchangeRelease(p, v, comparand) \
    IOCP_INTERLOCKED_CAS(p, v, comparand)
#define InterlockedIncrementNoFence(p) IOCP_INTERLOCKED_INCREMENT(p, __ATOMIC_RELAXED)
#define InterlockedDecrementNoFence(p) IOCP_INTERLOCKED_DECREMENT(p, __ATOMIC_RELAXED)
#define InterlockedExchangeNoFence(p, v) IOCP_INTERLOCKED_EXCHANGE(p, v, __ATOMIC_RELAXED)
#define InterlockedExchangeAddNoFence(p, v) IOCP_INTERLOCKED_EXCHANGEADD(p, v, __ATOMIC_RELAXED)
#define InterlockedAddNoFence(p, v) IOCP_INTERLOCKED_ADD(p, v, __ATOMIC_RELAXED)
#define InterlockedAndNoFence(p, v) IOCP_INTERLOCKED_AND(p, v, __ATOMIC_RELAXED)
#define InterlockedOrNoFence(p, v) IOCP_INTERLOCKED_OR(p, v, __ATOMIC_RELAXED)
#define InterlockedXorNoFence(p, v) IOCP_INTERLOCKED_XOR(p, v, __ATOMIC_RELAXED)
#define InterlockedCompareExchangeNoFence(p, v, comparand) \
    IOCP_INTERLOCKED_CAS(p, v, comparand)
#define InterlockedIncrement16(p) IOCP_INTERLOCKED_INCREMENT(p, __ATOMIC_SEQ_CST)
#define InterlockedDecrement16(p) IOCP_INTERLOCKED_DECREMENT(p, __ATOMIC_SEQ_CST)
#define InterlockedExchange16(p, v) IOCP_INTERLOCKED_EXCHANGE(p, v, __ATOMIC_SEQ_CST)
#define InterlockedExchangeAdd16(p, v) IOCP_INTERLOCKED_EXCHANGEADD(p, v, __ATOMIC_SEQ_CST)
#define InterlockedAdd16(p, v) IOCP_INTERLOCKED_ADD(p, v, __ATOMIC_SEQ_CST)
#define InterlockedAnd16(p, v) IOCP_INTERLOCKED_AND(p, v, __ATOMIC_SEQ_CST)
#define InterlockedOr16(p, v) IOCP_INTERLOCKED_OR(p, v, __ATOMIC_SEQ_CST)
#define InterlockedXor16(p, v) IOCP_INTERLOCKED_XOR(p, v, __ATOMIC_SEQ_CST)
#define InterlockedCompareExchange16(p, v, comparand) IOCP_INTERLOCKED_CAS(p, v, comparand)
#define InterlockedIncrementAcquire16(p) IOCP_INTERLOCKED_INCREMENT(p, __ATOMIC_ACQUIRE)
#define InterlockedDecrementAcquire16(p) IOCP_INTERLOCKED_DECREMENT(p, __ATOMIC_ACQUIRE)
#define InterlockedExchangeAcquire16(p, v) IOCP_INTERLOCKED_EXCHANGE(p, v, __ATOMIC_ACQUIRE)
#define InterlockedExchangeAddAcquire16(p, v) IOCP_INTERLOCKED_EXCHANGEADD(p, v, __ATOMIC_ACQUIRE)
#define InterlockedAddAcquire16(p, v) IOCP_INTERLOCKED_ADD(p, v, __ATOMIC_ACQUIRE)
#define InterlockedAndAcquire16(p, v) IOCP_INTERLOCKED_AND(p, v, __ATOMIC_ACQUIRE)
#define InterlockedOrAcquire16(p, v) IOCP_INTERLOCKED_OR(p, v, __ATOMIC_ACQUIRE)
#define InterlockedXorAcquire16(p, v) IOCP_INTERLOCKED_XOR(p, v, __ATOMIC_ACQUIRE)
#define InterlockedCompareExchangeAcquire16(p, v, comparand) \
    IOCP_INTERLOCKED_CAS(p, v, comparand)
#define InterlockedIncrementRelease16(p) IOCP_INTERLOCKED_INCREMENT(p, __ATOMIC_RELEASE)
#define InterlockedDecrementRelease16(p) IOCP_INTERLOCKED_DECREMENT(p, __ATOMIC_RELEASE)
#define InterlockedExchangeRelease16(p, v) IOCP_INTERLOCKED_EXCHANGE(p, v, __ATOMIC_RELEASE)
#define InterlockedExchangeAddRelease16(p, v) IOCP_INTERLOCKED_EXCHANGEADD(p, v, __ATOMIC_RELEASE)
#define InterlockedAddRelease16(p, v) IOCP_INTERLOCKED_ADD(p, v, __ATOMIC_RELEASE)
#define InterlockedAndRelease16(p, v) IOCP_INTERLOCKED_AND(p, v, __ATOMIC_RELEASE)
#define InterlockedOrRelease16(p, v) IOCP_INTERLOCKED_OR(p, v, __ATOMIC_RELEASE)
#define InterlockedXorRelease16(p, v) IOCP_INTERLOCKED_XOR(p, v, __ATOMIC_RELEASE)
#define InterlockedCompareExchangeRelease16(p, v, comparand) \
    IOCP_INTERLOCKED_CAS(p, v, comparand)
#define InterlockedIncrementNoFence16(p) IOCP_INTERLOCKED_INCREMENT(p, __ATOMIC_RELAXED)
#define InterlockedDecrementNoFence16(p) IOCP_INTERLOCKED_DECREMENT(p, __ATOMIC_RELAXED)
#define InterlockedExchangeNoFence16(p, v) IOCP_INTERLOCKED_EXCHANGE(p, v, __ATOMIC_RELAXED)
#define InterlockedExchangeAddNoFence16(p, v) IOCP_INTERLOCKED_EXCHANGEADD(p, v, __ATOMIC_RELAXED)
#define InterlockedAddNoFence16(p, v) IOCP_INTERLOCKED_ADD(p, v, __ATOMIC_RELAXED)
#define InterlockedAndNoFence16(p, v) IOCP_INTERLOCKED_AND(p, v, __ATOMIC_RELAXED)
#define InterlockedOrNoFence16(p, v) IOCP_INTERLOCKED_OR(p, v, __ATOMIC_RELAXED)
#define InterlockedXorNoFence16(p, v) IOCP_INTERLOCKED_XOR(p, v, __ATOMIC_RELAXED)
#define InterlockedCompareExchangeNoFence16(p, v, comparand) \
    IOCP_INTERLOCKED_CAS(p, v, comparand)
#define InterlockedIncrement64(p) IOCP_INTERLOCKED_INCREMENT(p, __ATOMIC_SEQ_CST)
#define InterlockedDecrement64(p) IOCP_INTERLOCKED_DECREMENT(p, __ATOMIC_SEQ_CST)
#define InterlockedExchange64(p, v) IOCP_INTERLOCKED_EXCHANGE(p, v, __ATOMIC_SEQ_CST)
#define InterlockedExchangeAdd64(p, v) IOCP_INTERLOCKED_EXCHANGEADD(p, v, __ATOMIC_SEQ_CST)
#define InterlockedAdd64(p, v) IOCP_INTERLOCKED_ADD(p, v, __ATOMIC_SEQ_CST)
#define InterlockedAnd64(p, v) IOCP_INTERLOCKED_AND(p, v, __ATOMIC_SEQ_CST)
#define InterlockedOr64(p, v) IOCP_INTERLOCKED_OR(p, v, __ATOMIC_SEQ_CST)
#define InterlockedXor64(p, v) IOCP_INTERLOCKED_XOR(p, v, __ATOMIC_SEQ_CST)
#define InterlockedCompareExchange64(p, v, comparand) IOCP_INTERLOCKED_CAS(p, v, comparand)
#define InterlockedIncrementAcquire64(p) IOCP_INTERLOCKED_INCREMENT(p, __ATOMIC_ACQUIRE)
#define InterlockedDecrementAcquire64(p) IOCP_INTERLOCKED_DECREMENT(p, __ATOMIC_ACQUIRE)
#define InterlockedExchangeAcquire64(p, v) IOCP_INTERLOCKED_EXCHANGE(p, v, __ATOMIC_ACQUIRE)
#define InterlockedExchangeAddAcquire64(p, v) IOCP_INTERLOCKED_EXCHANGEADD(p, v, __ATOMIC_ACQUIRE)
#define InterlockedAddAcquire64(p, v) IOCP_INTERLOCKED_ADD(p, v, __ATOMIC_ACQUIRE)
#define InterlockedAndAcquire64(p, v) IOCP_INTERLOCKED_AND(p, v, __ATOMIC_ACQUIRE)
#define InterlockedOrAcquire64(p, v) IOCP_INTERLOCKED_OR(p, v, __ATOMIC_ACQUIRE)
#define InterlockedXorAcquire64(p, v) IOCP_INTERLOCKED_XOR(p, v, __ATOMIC_ACQUIRE)
#define InterlockedCompareExchangeAcquire64(p, v, comparand) \
    IOCP_INTERLOCKED_CAS(p, v, comparand)
#define InterlockedIncrementRelease64(p) IOCP_INTERLOCKED_INCREMENT(p, __ATOMIC_RELEASE)
#define InterlockedDecrementRelease64(p) IOCP_INTERLOCKED_DECREMENT(p, __ATOMIC_RELEASE)
#define InterlockedExchangeRelease64(p, v) IOCP_INTERLOCKED_EXCHANGE(p, v, __ATOMIC_RELEASE)
#define InterlockedExchangeAddRelease64(p, v) IOCP_INTERLOCKED_EXCHANGEADD(p, v, __ATOMIC_RELEASE)
#define InterlockedAddRelease64(p, v) IOCP_INTERLOCKED_ADD(p, v, __ATOMIC_RELEASE)
#define InterlockedAndRelease64(p, v) IOCP_INTERLOCKED_AND(p, v, __ATOMIC_RELEASE)
#define InterlockedOrRelease64(p, v) IOCP_INTERLOCKED_OR(p, v, __ATOMIC_RELEASE)
#define InterlockedXorRelease64(p, v) IOCP_INTERLOCKED_XOR(p, v, __ATOMIC_RELEASE)
#define InterlockedCompareExchangeRelease64(p, v, comparand) \
    IOCP_INTERLOCKED_CAS(p, v, comparand)
#define InterlockedIncrementNoFence64(p) IOCP_INTERLOCKED_INCREMENT(p, __ATOMIC_RELAXED)
#define InterlockedDecrementNoFence64(p) IOCP_INTERLOCKED_DECREMENT(p, __ATOMIC_RELAXED)
#define InterlockedExchangeNoFence64(p, v) IOCP_INTERLOCKED_EXCHANGE(p, v, __ATOMIC_RELAXED)
#define InterlockedExchangeAddNoFence64(p, v) IOCP_INTERLOCKED_EXCHANGEADD(p, v, __ATOMIC_RELAXED)
#define InterlockedAddNoFence64(p, v) IOCP_INTERLOCKED_ADD(p, v, __ATOMIC_RELAXED)
#define InterlockedAndNoFence64(p, v) IOCP_INTERLOCKED_AND(p, v, __ATOMIC_RELAXED)
#define InterlockedOrNoFence64(p, v) IOCP_INTERLOCKED_OR(p, v, __ATOMIC_RELAXED)
#define InterlockedXorNoFence64(p, v) IOCP_INTERLOCKED_XOR(p, v, __ATOMIC_RELAXED)
#define InterlockedCompareExchangeNoFence64(p, v, comparand) \
    IOCP_INTERLOCKED_CAS(p, v, comparand)
#define InterlockedIncrement8(p) IOCP_INTERLOCKED_INCREMENT(p, __ATOMIC_SEQ_CST)
#define InterlockedDecrement8(p) IOCP_INTERLOCKED_DECREMENT(p, __ATOMIC_SEQ_CST)
#define InterlockedExchange8(p, v) IOCP_INTERLOCKED_EXCHANGE(p, v, __ATOMIC_SEQ_CST)
#define InterlockedExchangeAdd8(p, v) IOCP_INTERLOCKED_EXCHANGEADD(p, v, __ATOMIC_SEQ_CST)
#define InterlockedAdd8(p, v) IOCP_INTERLOCKED_ADD(p, v, __ATOMIC_SEQ_CST)
#define InterlockedAnd8(p, v) IOCP_INTERLOCKED_AND(p, v, __ATOMIC_SEQ_CST)
#define InterlockedOr8(p, v) IOCP_INTERLOCKED_OR(p, v, __ATOMIC_SEQ_CST)
#define InterlockedXor8(p, v) IOCP_INTERLOCKED_XOR(p, v, __ATOMIC_SEQ_CST)
#define InterlockedCompareExchange8(p, v, comparand) IOCP_INTERLOCKED_CAS(p, v, comparand)
#define InterlockedIncrementAcquire8(p) IOCP_INTERLOCKED_INCREMENT(p, __ATOMIC_ACQUIRE)
#define InterlockedDecrementAcquire8(p) IOCP_INTERLOCKED_DECREMENT(p, __ATOMIC_ACQUIRE)
#define InterlockedExchangeAcquire8(p, v) IOCP_INTERLOCKED_EXCHANGE(p, v, __ATOMIC_ACQUIRE)
#define InterlockedExchangeAddAcquire8(p, v) IOCP_INTERLOCKED_EXCHANGEADD(p, v, __ATOMIC_ACQUIRE)
#define InterlockedAddAcquire8(p, v) IOCP_INTERLOCKED_ADD(p, v, __ATOMIC_ACQUIRE)
#define InterlockedAndAcquire8(p, v) IOCP_INTERLOCKED_AND(p, v, __ATOMIC_ACQUIRE)
#define InterlockedOrAcquire8(p, v) IOCP_INTERLOCKED_OR(p, v, __ATOMIC_ACQUIRE)
#define InterlockedXorAcquire8(p, v) IOCP_INTERLOCKED_XOR(p, v, __ATOMIC_ACQUIRE)
#define InterlockedCompareExchangeAcquire8(p, v, comparand) \
    IOCP_INTERLOCKED_CAS(p, v, comparand)
#define InterlockedIncrementRelease8(p) IOCP_INTERLOCKED_INCREMENT(p, __ATOMIC_RELEASE)
#define InterlockedDecrementRelease8(p) IOCP_INTERLOCKED_DECREMENT(p, __ATOMIC_RELEASE)
#define InterlockedExchangeRelease8(p, v) IOCP_INTERLOCKED_EXCHANGE(p, v, __ATOMIC_RELEASE)
#define InterlockedExchangeAddRelease8(p, v) IOCP_INTERLOCKED_EXCHANGEADD(p, v, __ATOMIC_RELEASE)
#define InterlockedAddRelease8(p, v) IOCP_INTERLOCKED_ADD(p, v, __ATOMIC_RELEASE)
#define InterlockedAndRelease8(p, v) IOCP_INTERLOCKED_AND(p, v, __ATOMIC_RELEASE)
#define InterlockedOrRelease8(p, v) IOCP_INTERLOCKED_OR(p, v, __ATOMIC_RELEASE)
#define InterlockedXorRelease8(p, v) IOCP_INTERLOCKED_XOR(p, v, __ATOMIC_RELEASE)
#define InterlockedCompareExchangeRelease8(p, v, comparand) \
    IOCP_INTERLOCKED_CAS(p, v, comparand)
#define InterlockedIncrementNoFence8(p) IOCP_INTERLOCKED_INCREMENT(p, __ATOMIC_RELAXED)
#define InterlockedDecrementNoFence8(p) IOCP_INTERLOCKED_DECREMENT(p, __ATOMIC_RELAXED)
#define InterlockedExchangeNoFence8(p, v) IOCP_INTERLOCKED_EXCHANGE(p, v, __ATOMIC_RELAXED)
#define InterlockedExchangeAddNoFence8(p, v) IOCP_INTERLOCKED_EXCHANGEADD(p, v, __ATOMIC_RELAXED)
#define InterlockedAddNoFence8(p, v) IOCP_INTERLOCKED_ADD(p, v, __ATOMIC_RELAXED)
#define InterlockedAndNoFence8(p, v) IOCP_INTERLOCKED_AND(p, v, __ATOMIC_RELAXED)
#define InterlockedOrNoFence8(p, v) IOCP_INTERLOCKED_OR(p, v, __ATOMIC_RELAXED)
#define InterlockedXorNoFence8(p, v) IOCP_INTERLOCKED_XOR(p, v, __ATOMIC_RELAXED)
#define InterlockedCompareExchangeNoFence8(p, v, comparand) \
    IOCP_INTERLOCKED_CAS(p, v, comparand)
#endif

/* Pointers. In C the target may be a pointer to any pointer, as the macros of Windows allow. */
IOCP_INLINE PVOID iocp_exchange_pointer(PVOID volatile *p, PVOID v)
{
    return __atomic_exchange_n(p, v, __ATOMIC_SEQ_CST);
}
IOCP_INLINE PVOID iocp_compare_exchange_pointer(PVOID volatile *p, PVOID v, PVOID comparand)
{
    return __sync_val_compare_and_swap(p, comparand, v);
}
#define InterlockedExchangePointer(p, v) \
    iocp_exchange_pointer((PVOID volatile *)(p), (PVOID)(v))
#define InterlockedCompareExchangePointer(p, v, comparand) \
    iocp_compare_exchange_pointer((PVOID volatile *)(p), (PVOID)(v), (PVOID)(comparand))
#define InterlockedExchangePointerAcquire(p, v) InterlockedExchangePointer(p, v)
#define InterlockedCompareExchangePointerAcquire(p, v, comparand) \
    InterlockedCompareExchangePointer(p, v, comparand)
#define InterlockedExchangePointerRelease(p, v) InterlockedExchangePointer(p, v)
#define InterlockedCompareExchangePointerRelease(p, v, comparand) \
    InterlockedCompareExchangePointer(p, v, comparand)
#define InterlockedExchangePointerNoFence(p, v) InterlockedExchangePointer(p, v)
#define InterlockedCompareExchangePointerNoFence(p, v, comparand) \
    InterlockedCompareExchangePointer(p, v, comparand)
#define InterlockedExchangeAddSizeT(p, v) \
    InterlockedExchangeAdd64((LONG64 volatile *)(p), (LONG64)(v))
#define InterlockedIncrementSizeT(p) InterlockedIncrement64((LONG64 volatile *)(p))
#define InterlockedDecrementSizeT(p) InterlockedDecrement64((LONG64 volatile *)(p))

/* Two words at once. The processor's instruction is written out, because the compilers otherwise
   want an option for it or call a library. */
#if defined(__x86_64__)
IOCP_INLINE UCHAR iocp_compare_exchange_128(LONG64 volatile *p, LONG64 high, LONG64 low,
                                            LONG64 *comparand)
{
    UCHAR done;
    __asm__ volatile("lock cmpxchg16b %1"
                     : "=@ccz"(done), "+m"(*(volatile LONG64 (*)[2])p),
                       "+a"(comparand[0]), "+d"(comparand[1])
                     : "b"(low), "c"(high)
                     : "memory");
    return done;
}
#elif defined(__aarch64__)
IOCP_INLINE UCHAR iocp_compare_exchange_128(LONG64 volatile *p, LONG64 high, LONG64 low,
                                            LONG64 *comparand)
{
    LONG64 old_low, old_high;
    unsigned int failed, differs;
    do {
        __asm__ volatile("ldaxp %0, %1, [%2]"
                         : "=&r"(old_low), "=&r"(old_high)
                         : "r"(p)
                         : "memory");
        differs = old_low != comparand[0] || old_high != comparand[1];
        __asm__ volatile("stlxp %w0, %1, %2, [%3]"
                         : "=&r"(failed)
                         : "r"(differs ? old_low : low), "r"(differs ? old_high : high), "r"(p)
                         : "memory");
    } while (failed);
    comparand[0] = old_low;
    comparand[1] = old_high;
    return !differs;
}
#endif
#define InterlockedCompareExchange128(p, high, low, comparand) \
    iocp_compare_exchange_128((p), (high), (low), (comparand))

/* One bit; the answer is its old value. */
IOCP_INLINE BOOLEAN iocp_bit_test_and_set(volatile LONG *p, LONG bit)
{
    return (BOOLEAN)((__atomic_fetch_or(&p[bit >> 5], (LONG)(1U << (bit & 31)), __ATOMIC_SEQ_CST) >>
                      (bit & 31)) & 1);
}
IOCP_INLINE BOOLEAN iocp_bit_test_and_reset(volatile LONG *p, LONG bit)
{
    return (BOOLEAN)((__atomic_fetch_and(&p[bit >> 5], (LONG) ~(1U << (bit & 31)),
                                         __ATOMIC_SEQ_CST) >> (bit & 31)) & 1);
}
#define InterlockedBitTestAndSet(p, bit) iocp_bit_test_and_set((volatile LONG *)(p), (bit))
#define InterlockedBitTestAndReset(p, bit) iocp_bit_test_and_reset((volatile LONG *)(p), (bit))

/* The compiler's own spellings. */
#define _InterlockedIncrement InterlockedIncrement
#define _InterlockedDecrement InterlockedDecrement
#define _InterlockedExchange InterlockedExchange
#define _InterlockedExchangeAdd InterlockedExchangeAdd
#define _InterlockedAdd InterlockedAdd
#define _InterlockedAnd InterlockedAnd
#define _InterlockedOr InterlockedOr
#define _InterlockedXor InterlockedXor
#define _InterlockedCompareExchange InterlockedCompareExchange
#define _InterlockedIncrement16 InterlockedIncrement16
#define _InterlockedDecrement16 InterlockedDecrement16
#define _InterlockedExchange16 InterlockedExchange16
#define _InterlockedExchangeAdd16 InterlockedExchangeAdd16
#define _InterlockedAnd16 InterlockedAnd16
#define _InterlockedOr16 InterlockedOr16
#define _InterlockedXor16 InterlockedXor16
#define _InterlockedCompareExchange16 InterlockedCompareExchange16
#define _InterlockedIncrement64 InterlockedIncrement64
#define _InterlockedDecrement64 InterlockedDecrement64
#define _InterlockedExchange64 InterlockedExchange64
#define _InterlockedExchangeAdd64 InterlockedExchangeAdd64
#define _InterlockedAdd64 InterlockedAdd64
#define _InterlockedAnd64 InterlockedAnd64
#define _InterlockedOr64 InterlockedOr64
#define _InterlockedXor64 InterlockedXor64
#define _InterlockedCompareExchange64 InterlockedCompareExchange64
#define _InterlockedIncrement8 InterlockedIncrement8
#define _InterlockedDecrement8 InterlockedDecrement8
#define _InterlockedExchange8 InterlockedExchange8
#define _InterlockedExchangeAdd8 InterlockedExchangeAdd8
#define _InterlockedAnd8 InterlockedAnd8
#define _InterlockedOr8 InterlockedOr8
#define _InterlockedXor8 InterlockedXor8
#define _InterlockedCompareExchange8 InterlockedCompareExchange8
#define _InterlockedExchangePointer InterlockedExchangePointer
#define _InterlockedCompareExchangePointer InterlockedCompareExchangePointer
#define _InterlockedCompareExchange128 InterlockedCompareExchange128
#define _interlockedbittestandset InterlockedBitTestAndSet
#define _interlockedbittestandreset InterlockedBitTestAndReset

/* Loads and stores with a named order. */
IOCP_INLINE LONG ReadAcquire(const volatile LONG *p)
{
    return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}
IOCP_INLINE LONG ReadNoFence(const volatile LONG *p)
{
    return __atomic_load_n(p, __ATOMIC_RELAXED);
}
IOCP_INLINE VOID WriteRelease(LONG volatile *p, LONG v)
{
    __atomic_store_n(p, v, __ATOMIC_RELEASE);
}
IOCP_INLINE VOID WriteNoFence(LONG volatile *p, LONG v)
{
    __atomic_store_n(p, v, __ATOMIC_RELAXED);
}
IOCP_INLINE LONG64 ReadAcquire64(const volatile LONG64 *p)
{
    return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}
IOCP_INLINE LONG64 ReadNoFence64(const volatile LONG64 *p)
{
    return __atomic_load_n(p, __ATOMIC_RELAXED);
}
IOCP_INLINE VOID WriteRelease64(LONG64 volatile *p, LONG64 v)
{
    __atomic_store_n(p, v, __ATOMIC_RELEASE);
}
IOCP_INLINE VOID WriteNoFence64(LONG64 volatile *p, LONG64 v)
{
    __atomic_store_n(p, v, __ATOMIC_RELAXED);
}
IOCP_INLINE PVOID ReadPointerAcquire(PVOID const volatile *p)
{
    return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}
IOCP_INLINE PVOID ReadPointerNoFence(PVOID const volatile *p)
{
    return __atomic_load_n(p, __ATOMIC_RELAXED);
}
IOCP_INLINE VOID WritePointerRelease(PVOID volatile *p, PVOID v)
{
    __atomic_store_n(p, v, __ATOMIC_RELEASE);
}
IOCP_INLINE VOID WritePointerNoFence(PVOID volatile *p, PVOID v)
{
    __atomic_store_n(p, v, __ATOMIC_RELAXED);
}

/* Fences and the pause of a spinning thread. */
IOCP_INLINE VOID iocp_pause(VOID)
{
#if defined(__x86_64__) || defined(__i386__)
    __asm__ volatile("pause" : : : "memory");
#elif defined(__aarch64__)
    __asm__ volatile("yield" : : : "memory");
#endif
}
#define YieldProcessor() iocp_pause()
#define MemoryBarrier() __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define _ReadWriteBarrier() __atomic_signal_fence(__ATOMIC_SEQ_CST)
#define _ReadBarrier() __atomic_signal_fence(__ATOMIC_ACQUIRE)
#define _WriteBarrier() __atomic_signal_fence(__ATOMIC_RELEASE)

#endif
