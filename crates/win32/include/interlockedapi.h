/* Singly linked lists that need no lock. */
#ifndef IOCP_INTERLOCKEDAPI_H
#define IOCP_INTERLOCKEDAPI_H
#pragma GCC system_header

#include "minwinbase.h"

IOCP_C_BEGIN

WINBASEAPI VOID WINAPI InitializeSListHead(PSLIST_HEADER head);
WINBASEAPI PSLIST_ENTRY WINAPI InterlockedPushEntrySList(PSLIST_HEADER head, PSLIST_ENTRY entry);
WINBASEAPI PSLIST_ENTRY WINAPI InterlockedPopEntrySList(PSLIST_HEADER head);
WINBASEAPI PSLIST_ENTRY WINAPI InterlockedPushListSListEx(PSLIST_HEADER head, PSLIST_ENTRY first,
    PSLIST_ENTRY last, ULONG count);
WINBASEAPI PSLIST_ENTRY WINAPI InterlockedFlushSList(PSLIST_HEADER head);
WINBASEAPI USHORT WINAPI QueryDepthSList(PSLIST_HEADER head);

IOCP_C_END

#endif
