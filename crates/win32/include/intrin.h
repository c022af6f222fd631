/* Functions that Microsoft's compiler knows by itself. */
#ifndef IOCP_INTRIN_H
#define IOCP_INTRIN_H
#pragma GCC system_header

#include "iocpintrin.h"

/* The processor's own instructions, __rdtsc and _mm_pause among them, are the compiler's. */
#if defined(__x86_64__) || defined(__i386__)
/* clang's headers ask for more of Windows when they see the macro. */
#pragma push_macro("_WIN32")
#undef _WIN32
#include <x86intrin.h>
#pragma pop_macro("_WIN32")

IOCP_INLINE void iocp_cpuid(int *registers, int leaf, int subleaf)
{
    __asm__ volatile("cpuid"
                     : "=a"(registers[0]), "=b"(registers[1]), "=c"(registers[2]),
                       "=d"(registers[3])
                     : "a"(leaf), "c"(subleaf));
}
#undef __cpuid
#define __cpuid(registers, leaf) iocp_cpuid((int *)(registers), (int)(leaf), 0)
#define __cpuidex(registers, leaf, subleaf) \
    iocp_cpuid((int *)(registers), (int)(leaf), (int)(subleaf))
#endif

#ifndef _rotl
IOCP_INLINE unsigned int iocp_rotl(unsigned int value, int shift)
{
    shift &= 31;
    return shift ? value << shift | value >> (32 - shift) : value;
}
#define _rotl(value, shift) iocp_rotl((value), (shift))
#define _rotr(value, shift) iocp_rotl((value), 32 - ((shift) & 31))
#endif
IOCP_INLINE unsigned long long iocp_rotl64(unsigned long long value, int shift)
{
    shift &= 63;
    return shift ? value << shift | value >> (64 - shift) : value;
}
#define _rotl64(value, shift) iocp_rotl64((value), (shift))
#define _rotr64(value, shift) iocp_rotl64((value), 64 - ((shift) & 63))

#if defined(__SIZEOF_INT128__)
IOCP_INLINE unsigned long long _umul128(unsigned long long a, unsigned long long b,
                                        unsigned long long *high)
{
    __extension__ unsigned __int128 product = (unsigned __int128)a * b;
    *high = (unsigned long long)(product >> 64);
    return (unsigned long long)product;
}
#endif

#endif
