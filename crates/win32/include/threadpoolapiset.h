/* The thread pool. */
#ifndef IOCP_THREADPOOLAPISET_H
#define IOCP_THREADPOOLAPISET_H
#pragma GCC system_header

#include "minwinbase.h"

typedef VOID (WINAPI *PTP_WIN32_IO_CALLBACK)(PTP_CALLBACK_INSTANCE instance, PVOID context,
    PVOID overlapped, ULONG result, ULONG_PTR bytes, PTP_IO io);

IOCP_C_BEGIN

WINBASEAPI PTP_POOL WINAPI CreateThreadpool(PVOID reserved);
WINBASEAPI VOID WINAPI SetThreadpoolThreadMaximum(PTP_POOL pool, DWORD most);
WINBASEAPI BOOL WINAPI SetThreadpoolThreadMinimum(PTP_POOL pool, DWORD least);
WINBASEAPI BOOL WINAPI SetThreadpoolStackInformation(PTP_POOL pool,
    PTP_POOL_STACK_INFORMATION information);
WINBASEAPI BOOL WINAPI QueryThreadpoolStackInformation(PTP_POOL pool,
    PTP_POOL_STACK_INFORMATION information);
WINBASEAPI VOID WINAPI CloseThreadpool(PTP_POOL pool);

WINBASEAPI PTP_CLEANUP_GROUP WINAPI CreateThreadpoolCleanupGroup(VOID);
WINBASEAPI VOID WINAPI CloseThreadpoolCleanupGroupMembers(PTP_CLEANUP_GROUP group, BOOL cancel,
    PVOID context);
WINBASEAPI VOID WINAPI CloseThreadpoolCleanupGroup(PTP_CLEANUP_GROUP group);

WINBASEAPI VOID WINAPI SetEventWhenCallbackReturns(PTP_CALLBACK_INSTANCE instance, HANDLE event);
WINBASEAPI VOID WINAPI ReleaseSemaphoreWhenCallbackReturns(PTP_CALLBACK_INSTANCE instance,
    HANDLE semaphore, DWORD count);
WINBASEAPI VOID WINAPI ReleaseMutexWhenCallbackReturns(PTP_CALLBACK_INSTANCE instance,
    HANDLE mutex);
WINBASEAPI VOID WINAPI LeaveCriticalSectionWhenCallbackReturns(PTP_CALLBACK_INSTANCE instance,
    PCRITICAL_SECTION section);
WINBASEAPI VOID WINAPI FreeLibraryWhenCallbackReturns(PTP_CALLBACK_INSTANCE instance,
    HMODULE module);
WINBASEAPI BOOL WINAPI CallbackMayRunLong(PTP_CALLBACK_INSTANCE instance);
WINBASEAPI VOID WINAPI DisassociateCurrentThreadFromCallback(PTP_CALLBACK_INSTANCE instance);

WINBASEAPI BOOL WINAPI TrySubmitThreadpoolCallback(PTP_SIMPLE_CALLBACK callback, PVOID context,
    PTP_CALLBACK_ENVIRON environment);
WINBASEAPI PTP_WORK WINAPI CreateThreadpoolWork(PTP_WORK_CALLBACK callback, PVOID context,
    PTP_CALLBACK_ENVIRON environment);
WINBASEAPI VOID WINAPI SubmitThreadpoolWork(PTP_WORK work);
WINBASEAPI VOID WINAPI WaitForThreadpoolWorkCallbacks(PTP_WORK work, BOOL cancel);
WINBASEAPI VOID WINAPI CloseThreadpoolWork(PTP_WORK work);

WINBASEAPI PTP_TIMER WINAPI CreateThreadpoolTimer(PTP_TIMER_CALLBACK callback, PVOID context,
    PTP_CALLBACK_ENVIRON environment);
WINBASEAPI VOID WINAPI SetThreadpoolTimer(PTP_TIMER timer, PFILETIME due, DWORD period,
    DWORD window);
WINBASEAPI BOOL WINAPI SetThreadpoolTimerEx(PTP_TIMER timer, PFILETIME due, DWORD period,
    DWORD window);
WINBASEAPI BOOL WINAPI IsThreadpoolTimerSet(PTP_TIMER timer);
WINBASEAPI VOID WINAPI WaitForThreadpoolTimerCallbacks(PTP_TIMER timer, BOOL cancel);
WINBASEAPI VOID WINAPI CloseThreadpoolTimer(PTP_TIMER timer);

WINBASEAPI PTP_WAIT WINAPI CreateThreadpoolWait(PTP_WAIT_CALLBACK callback, PVOID context,
    PTP_CALLBACK_ENVIRON environment);
WINBASEAPI VOID WINAPI SetThreadpoolWait(PTP_WAIT wait, HANDLE object, PFILETIME timeout);
WINBASEAPI BOOL WINAPI SetThreadpoolWaitEx(PTP_WAIT wait, HANDLE object, PFILETIME timeout,
    PVOID reserved);
WINBASEAPI VOID WINAPI WaitForThreadpoolWaitCallbacks(PTP_WAIT wait, BOOL cancel);
WINBASEAPI VOID WINAPI CloseThreadpoolWait(PTP_WAIT wait);

WINBASEAPI PTP_IO WINAPI CreateThreadpoolIo(HANDLE file, PTP_WIN32_IO_CALLBACK callback,
    PVOID context, PTP_CALLBACK_ENVIRON environment);
WINBASEAPI VOID WINAPI StartThreadpoolIo(PTP_IO io);
WINBASEAPI VOID WINAPI CancelThreadpoolIo(PTP_IO io);
WINBASEAPI VOID WINAPI WaitForThreadpoolIoCallbacks(PTP_IO io, BOOL cancel);
WINBASEAPI VOID WINAPI CloseThreadpoolIo(PTP_IO io);

IOCP_C_END

/* An environment is the program's memory; these only write it. */
IOCP_LOCAL VOID InitializeThreadpoolEnvironment(PTP_CALLBACK_ENVIRON environment)
{
    memset(environment, 0, sizeof(*environment));
    environment->Version = 3;
    environment->CallbackPriority = TP_CALLBACK_PRIORITY_NORMAL;
    environment->Size = sizeof(TP_CALLBACK_ENVIRON);
}
IOCP_LOCAL VOID SetThreadpoolCallbackPool(PTP_CALLBACK_ENVIRON environment, PTP_POOL pool)
{
    environment->Pool = pool;
}
IOCP_LOCAL VOID SetThreadpoolCallbackCleanupGroup(PTP_CALLBACK_ENVIRON environment,
    PTP_CLEANUP_GROUP group, PTP_CLEANUP_GROUP_CANCEL_CALLBACK callback)
{
    environment->CleanupGroup = group;
    environment->CleanupGroupCancelCallback = callback;
}
IOCP_LOCAL VOID SetThreadpoolCallbackRunsLong(PTP_CALLBACK_ENVIRON environment)
{
    environment->u.s.LongFunction = 1;
}
IOCP_LOCAL VOID SetThreadpoolCallbackLibrary(PTP_CALLBACK_ENVIRON environment, PVOID module)
{
    environment->RaceDll = module;
}
IOCP_LOCAL VOID SetThreadpoolCallbackPriority(PTP_CALLBACK_ENVIRON environment,
    TP_CALLBACK_PRIORITY priority)
{
    environment->CallbackPriority = priority;
}
IOCP_LOCAL VOID SetThreadpoolCallbackPersistent(PTP_CALLBACK_ENVIRON environment)
{
    environment->u.s.Persistent = 1;
}
IOCP_LOCAL VOID DestroyThreadpoolEnvironment(PTP_CALLBACK_ENVIRON environment)
{
    UNREFERENCED_PARAMETER(environment);
}

#endif
