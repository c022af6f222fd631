/* The thread pool before Vista: work items, timer queues and registered waits. */
#ifndef IOCP_THREADPOOLLEGACYAPISET_H
#define IOCP_THREADPOOLLEGACYAPISET_H
#pragma GCC system_header

#include "minwinbase.h"

typedef WAITORTIMERCALLBACKFUNC WAITORTIMERCALLBACK;
#define WT_SET_MAX_THREADPOOL_THREADS(flags, limit) ((flags) |= (limit) << 16)

IOCP_C_BEGIN

WINBASEAPI BOOL WINAPI QueueUserWorkItem(LPTHREAD_START_ROUTINE function, PVOID context,
    ULONG flags);
WINBASEAPI HANDLE WINAPI CreateTimerQueue(VOID);
WINBASEAPI BOOL WINAPI CreateTimerQueueTimer(PHANDLE timer, HANDLE queue,
    WAITORTIMERCALLBACK callback, PVOID parameter, DWORD due, DWORD period, ULONG flags);
WINBASEAPI BOOL WINAPI ChangeTimerQueueTimer(HANDLE queue, HANDLE timer, ULONG due, ULONG period);
WINBASEAPI BOOL WINAPI DeleteTimerQueueTimer(HANDLE queue, HANDLE timer, HANDLE event);
WINBASEAPI BOOL WINAPI DeleteTimerQueue(HANDLE queue);
WINBASEAPI BOOL WINAPI DeleteTimerQueueEx(HANDLE queue, HANDLE event);
WINBASEAPI BOOL WINAPI RegisterWaitForSingleObject(PHANDLE wait, HANDLE object,
    WAITORTIMERCALLBACK callback, PVOID context, ULONG milliseconds, ULONG flags);
WINBASEAPI BOOL WINAPI UnregisterWait(HANDLE wait);
WINBASEAPI BOOL WINAPI UnregisterWaitEx(HANDLE wait, HANDLE event);

IOCP_C_END

#endif
