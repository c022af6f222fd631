/* Functions that Microsoft's compiler knows by itself and windows.h brings along. */
#ifndef IOCP_IOCPINTRIN_H
#define IOCP_IOCPINTRIN_H
#pragma GCC system_header

#include "iocpatomic.h"

/* Stops in a debugger; without one the process ends by SIGTRAP. */
IOCP_INLINE void iocp_debugbreak(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __asm__ volatile("int3");
#elif defined(__aarch64__)
    __asm__ volatile("brk #0xf000");
#else
    __builtin_trap();
#endif
}
#define __debugbreak() iocp_debugbreak()
#define __fastfail(code) ((void)(code), __builtin_trap())
#define __nop() __asm__ volatile("nop")
#define _ReturnAddress() __builtin_return_address(0)

#define _byteswap_ushort(value) __builtin_bswap16(value)
#define _byteswap_ulong(value) __builtin_bswap32(value)
#define _byteswap_uint64(value) __builtin_bswap64(value)

/* The number of the lowest or highest bit, -1 if there is none. */
IOCP_INLINE int iocp_lowest_bit(unsigned long long mask)
{
    return __builtin_ffsll((long long)mask) - 1;
}
IOCP_INLINE int iocp_highest_bit(unsigned long long mask)
{
    return mask ? 63 - __builtin_clzll(mask) : -1;
}

/* The index is an `unsigned long` or a DWORD, whichever the program has; without a bit its value
   means nothing. */
#ifdef __cplusplus
IOCP_CXX_BEGIN
template <class T> inline unsigned char iocp_bit_scan(T *index, int bit)
{
    *index = static_cast<T>(bit);
    return bit >= 0;
}
IOCP_CXX_END
#else
#define iocp_bit_scan(index, bit)                      \
    __extension__({                                    \
        int iocp_bit = (bit);                          \
        *(index) = (__typeof__(*(index)))iocp_bit;     \
        (unsigned char)(iocp_bit >= 0);                \
    })
#endif
#define _BitScanForward(index, mask) iocp_bit_scan(index, iocp_lowest_bit((unsigned int)(mask)))
#define _BitScanReverse(index, mask) iocp_bit_scan(index, iocp_highest_bit((unsigned int)(mask)))
#define _BitScanForward64(index, mask) iocp_bit_scan(index, iocp_lowest_bit(mask))
#define _BitScanReverse64(index, mask) iocp_bit_scan(index, iocp_highest_bit(mask))
#define BitScanForward _BitScanForward
#define BitScanReverse _BitScanReverse
#define BitScanForward64 _BitScanForward64
#define BitScanReverse64 _BitScanReverse64

#define __popcnt16(value) ((unsigned short)__builtin_popcount((unsigned short)(value)))
#define __popcnt(value) ((unsigned int)__builtin_popcount((unsigned int)(value)))
#define __popcnt64(value) ((unsigned long long)__builtin_popcountll(value))

#if defined(__x86_64__)
IOCP_INLINE unsigned long long iocp_rdtsc(void)
{
    return __builtin_ia32_rdtsc();
}
#define ReadTimeStampCounter() iocp_rdtsc()
#endif

#endif
