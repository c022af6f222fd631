// variants: clang
/* How threads begin and end: codes, handles, suspended creation, _beginthread(ex), calls that are
   queued before the start. */
#include <windows.h>
#include <process.h>
#include "check.h"

static volatile LONG began, apcs;

static DWORD WINAPI returns(LPVOID parameter)
{
    InterlockedIncrement(&began);
    return (DWORD)(ULONG_PTR)parameter;
}

static void leave(DWORD code)
{
    ExitThread(code);
}

static DWORD WINAPI exits(LPVOID parameter)
{
    volatile char deep[100];

    deep[0] = 1;
    leave((DWORD)(ULONG_PTR)parameter + deep[0]);
    return 1;
}

static unsigned __stdcall begun_ex(void *parameter)
{
    _endthreadex((unsigned)(ULONG_PTR)parameter);
    return 1;
}

static void __cdecl begun(void *parameter)
{
    SetEvent(parameter);
    _endthread();
}

static void __cdecl begun_and_returns(void *parameter)
{
    SetEvent(parameter);
}

static VOID CALLBACK apc(ULONG_PTR argument)
{
    CHECK(began == 0);
    apcs += (LONG)argument;
}

static VOID CALLBACK apc_that_exits(ULONG_PTR argument)
{
    ExitThread((DWORD)argument);
}

static DWORD WINAPI sleeps(LPVOID parameter)
{
    SetEvent(parameter);
    for (;;)
        SleepEx(INFINITE, TRUE);
    return 1;
}

static DWORD code_of(HANDLE thread)
{
    DWORD code = 0;

    CHECK(WaitForSingleObject(thread, 5000) == WAIT_OBJECT_0);
    CHECK(GetExitCodeThread(thread, &code));
    return code;
}

int main(void)
{
    DWORD id = 0, code = 0;
    unsigned id_ex = 0;
    HANDLE thread, again, event = CreateEventA(NULL, FALSE, FALSE, NULL);
    uintptr_t made;

    thread = CreateThread(NULL, 0, returns, (LPVOID)77, 0, &id);
    CHECK(thread && id != 0 && id != GetCurrentThreadId() && GetThreadId(thread) == id);
    CHECK(code_of(thread) == 77);
    CHECK(WaitForSingleObject(thread, 0) == WAIT_OBJECT_0);
    /* It can be opened as long as there is a handle. */
    again = OpenThread(THREAD_ALL_ACCESS, FALSE, id);
    CHECK(again != NULL && GetExitCodeThread(again, &code) && code == 77);
    CHECK(WaitForSingleObject(again, 0) == WAIT_OBJECT_0 && CloseHandle(again));
    CHECK(QueueUserAPC(apc, thread, 0) == 0);
    CHECK(CloseHandle(thread));

    /* Suspended: it does not begin, and what is queued meanwhile comes first. */
    began = 0;
    thread = CreateThread(NULL, 1 << 16, returns, (LPVOID)5, CREATE_SUSPENDED, &id);
    CHECK(thread != NULL);
    CHECK(WaitForSingleObject(thread, 50) == WAIT_TIMEOUT && began == 0);
    CHECK(GetExitCodeThread(thread, &code) && code == STILL_ACTIVE);
    CHECK(QueueUserAPC(apc, thread, 3) && QueueUserAPC(apc, thread, 4));
    CHECK(SuspendThread(thread) == 1 && ResumeThread(thread) == 2 && began == 0);
    CHECK(ResumeThread(thread) == 1);
    CHECK(code_of(thread) == 5 && began == 1 && apcs == 7);
    CHECK(ResumeThread(thread) == 0);
    CHECK(CloseHandle(thread));

    thread = CreateThread(NULL, 0, exits, (LPVOID)41, 0, NULL);
    CHECK(code_of(thread) == 42 && CloseHandle(thread));

    /* A routine may end the thread that runs it. */
    thread = CreateThread(NULL, 0, sleeps, event, 0, NULL);
    CHECK(WaitForSingleObject(event, 5000) == WAIT_OBJECT_0);
    CHECK(QueueUserAPC(apc_that_exits, thread, 99));
    CHECK(code_of(thread) == 99 && CloseHandle(thread));

    made = _beginthreadex(NULL, 0, begun_ex, (void *)13, CREATE_SUSPENDED, &id_ex);
    CHECK(made != 0 && id_ex == GetThreadId((HANDLE)made));
    CHECK(ResumeThread((HANDLE)made) == 1);
    CHECK(code_of((HANDLE)made) == 13 && CloseHandle((HANDLE)made));

    made = _beginthread(begun, 0, event);
    CHECK(made != 0 && made != (uintptr_t)-1);
    CHECK(WaitForSingleObject(event, 5000) == WAIT_OBJECT_0);
    made = _beginthread(begun_and_returns, 0, event);
    CHECK(made != (uintptr_t)-1);
    CHECK(WaitForSingleObject(event, 5000) == WAIT_OBJECT_0);
    /* Its handle is closed by itself, soon. */
    for (int i = 0; i < 500 && WaitForSingleObject((HANDLE)made, 0) != WAIT_FAILED; i++)
        Sleep(10);
    CHECK(WaitForSingleObject((HANDLE)made, 0) == WAIT_FAILED);

    CHECK(CreateThread(NULL, 0, NULL, NULL, 0, NULL) == NULL);
    CHECK(GetLastError() == ERROR_INVALID_PARAMETER);
    CHECK(CloseHandle(event));
    return 0;
}
