/* Snapshots of the threads of a process. */
#ifndef IOCP_TLHELP32_H
#define IOCP_TLHELP32_H
#pragma GCC system_header

#include "windef.h"

#define TH32CS_SNAPTHREAD 0x00000004

typedef struct tagTHREADENTRY32 {
    DWORD dwSize;
    DWORD cntUsage;
    DWORD th32ThreadID;
    DWORD th32OwnerProcessID;
    LONG tpBasePri;
    LONG tpDeltaPri;
    DWORD dwFlags;
} THREADENTRY32, *PTHREADENTRY32, *LPTHREADENTRY32;

IOCP_C_BEGIN

HANDLE WINAPI CreateToolhelp32Snapshot(DWORD flags, DWORD process);
BOOL WINAPI Thread32First(HANDLE snapshot, LPTHREADENTRY32 entry);
BOOL WINAPI Thread32Next(HANDLE snapshot, LPTHREADENTRY32 entry);

IOCP_C_END

#endif
