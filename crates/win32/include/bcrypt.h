/* Bytes of chance. No algorithm is offered, and so no handle of one is valid. */
#ifndef IOCP_BCRYPT_H
#define IOCP_BCRYPT_H
#pragma GCC system_header

#include "windef.h"
#include <stdlib.h>

#define BCRYPT_RNG_USE_ENTROPY_IN_BUFFER 1
#define BCRYPT_USE_SYSTEM_PREFERRED_RNG 2

#define BCRYPT_SUCCESS(status) ((NTSTATUS)(status) >= 0)

typedef LONG NTSTATUS, *PNTSTATUS;
typedef PVOID BCRYPT_HANDLE;
typedef PVOID BCRYPT_ALG_HANDLE;

IOCP_INLINE NTSTATUS BCryptGenRandom(BCRYPT_ALG_HANDLE algorithm, PUCHAR buffer, ULONG size,
    ULONG flags)
{
    unsigned int chance = 0;
    ULONG at;
    if (algorithm != NULL || !(flags & BCRYPT_USE_SYSTEM_PREFERRED_RNG))
        return (NTSTATUS)0xC0000008; /* STATUS_INVALID_HANDLE */
    if (buffer == NULL)
        return (NTSTATUS)0xC000000D; /* STATUS_INVALID_PARAMETER */
    for (at = 0; at < size; at++) {
        if (at % sizeof chance == 0 && rand_s(&chance) != 0)
            return (NTSTATUS)0xC0000001; /* STATUS_UNSUCCESSFUL */
        buffer[at] = (UCHAR)chance;
        chance >>= 8;
    }
    return 0;
}

#endif
