// tsan: no, since it has a signal wait for a call of the thread, and one here only computes
// variants: clang
/* Suspending, resuming and terminating threads that compute, wait, or stand in a port. */
#include <windows.h>
#include "check.h"

static volatile LONG counter, stop;
static HANDLE event, port, mutex;

static DWORD WINAPI computes(LPVOID parameter)
{
    (void)parameter;
    while (!stop)
        InterlockedIncrement(&counter);
    return 7;
}

static DWORD WINAPI calls(LPVOID parameter)
{
    (void)parameter;
    while (!stop) {
        SetEvent(event);
        WaitForSingleObject(event, 0);
        InterlockedIncrement(&counter);
    }
    return 7;
}

static DWORD WINAPI waits(LPVOID parameter)
{
    (void)parameter;
    WaitForSingleObject(event, INFINITE);
    InterlockedIncrement(&counter);
    return 7;
}

static DWORD WINAPI suspends_itself(LPVOID parameter)
{
    CHECK(SuspendThread(GetCurrentThread()) == 0);
    return (DWORD)(ULONG_PTR)parameter;
}

static DWORD WINAPI serves(LPVOID parameter)
{
    DWORD bytes;
    ULONG_PTR key = 0;
    OVERLAPPED *out;

    InterlockedIncrement(&counter);
    if (parameter)
        CHECK(WaitForSingleObject(mutex, 20000) == WAIT_OBJECT_0);
    while (GetQueuedCompletionStatus(port, &bytes, &key, &out, INFINITE) && key == 1) {
        InterlockedIncrement(&counter);
        while (bytes)
            YieldProcessor();
    }
    return 7;
}

static DWORD code_of(HANDLE thread)
{
    DWORD code;

    CHECK(WaitForSingleObject(thread, 20000) == WAIT_OBJECT_0);
    CHECK(GetExitCodeThread(thread, &code) && CloseHandle(thread));
    return code;
}

static HANDLE start(LPTHREAD_START_ROUTINE run)
{
    counter = stop = 0;
    return CreateThread(NULL, 0, run, NULL, 0, NULL);
}

static void stands_still(LPTHREAD_START_ROUTINE run)
{
    HANDLE thread = start(run);
    LONG seen;
    int i;

    for (i = 0; i < 20; i++) {
        while (counter == 0)
            Sleep(0);
        CHECK(SuspendThread(thread) == 0 && SuspendThread(thread) == 1);
        /* One that is in a call of ours comes out of it first. */
        Sleep(2);
        seen = counter;
        Sleep(5);
        CHECK(counter == seen);
        CHECK(ResumeThread(thread) == 2);
        Sleep(5);
        CHECK(counter == seen);
        counter = 0;
        CHECK(ResumeThread(thread) == 1);
        CHECK(ResumeThread(thread) == 0);
    }
    stop = 1;
    CHECK(code_of(thread) == 7);
}

static void while_it_waits(void)
{
    HANDLE thread;

    ResetEvent(event);
    thread = start(waits);
    Sleep(50);
    CHECK(SuspendThread(thread) == 0);
    CHECK(SetEvent(event));
    CHECK(WaitForSingleObject(thread, 100) == WAIT_TIMEOUT && counter == 0);
    CHECK(ResumeThread(thread) == 1);
    CHECK(code_of(thread) == 7 && counter == 1);
}

static void too_often(void)
{
    HANDLE thread = CreateThread(NULL, 0, computes, NULL, CREATE_SUSPENDED, NULL);
    int i;

    for (i = 1; i < MAXIMUM_SUSPEND_COUNT; i++)
        CHECK(SuspendThread(thread) == (DWORD)i);
    CHECK(SuspendThread(thread) == (DWORD)-1 && GetLastError() == ERROR_SIGNAL_REFUSED);
    /* It never began, and never will. */
    counter = 0;
    CHECK(TerminateThread(thread, 3));
    CHECK(code_of(thread) == 3 && counter == 0);
}

static void by_itself(void)
{
    HANDLE thread = CreateThread(NULL, 0, suspends_itself, (LPVOID)8, 0, NULL);

    CHECK(WaitForSingleObject(thread, 100) == WAIT_TIMEOUT);
    CHECK(ResumeThread(thread) == 1);
    CHECK(code_of(thread) == 8);
    CHECK(SuspendThread(event) == (DWORD)-1 && GetLastError() == ERROR_INVALID_HANDLE);
}

static void terminated(LPTHREAD_START_ROUTINE run)
{
    HANDLE thread = start(run), copy;
    LONG seen;

    Sleep(50);
    CHECK(DuplicateHandle(GetCurrentProcess(), thread, GetCurrentProcess(), &copy, 0, FALSE,
                          DUPLICATE_SAME_ACCESS));
    CHECK(TerminateThread(thread, 11));
    CHECK(code_of(thread) == 11);
    seen = counter;
    Sleep(20);
    CHECK(counter == seen);
    CHECK(!TerminateThread(copy, 12) && CloseHandle(copy));
}

/* A thread that waits on a port, or has a slot of it, leaves nothing behind that is missed. */
static void terminated_in_a_port(void)
{
    HANDLE threads[3];
    DWORD bytes;
    ULONG_PTR key;
    OVERLAPPED *out;
    int i;

    port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
    counter = 0;
    for (i = 0; i < 3; i++)
        threads[i] = CreateThread(NULL, 0, serves, (LPVOID)(ULONG_PTR)(i == 0), 0, NULL);
    while (counter < 3)
        Sleep(1);
    Sleep(50);
    /* All three wait; none of them may take the packet any more. */
    for (i = 0; i < 3; i++)
        CHECK(TerminateThread(threads[i], 20 + i));
    for (i = 0; i < 3; i++)
        CHECK(code_of(threads[i]) == 20u + i);
    CHECK(WaitForSingleObject(mutex, 20000) == WAIT_ABANDONED && ReleaseMutex(mutex));
    counter = 0;
    CHECK(PostQueuedCompletionStatus(port, 0, 1, NULL));
    CHECK(GetQueuedCompletionStatus(port, &bytes, &key, &out, 20000) && key == 1 && counter == 0);

    /* One computes on, and its slot is the only one. */
    threads[0] = CreateThread(NULL, 0, serves, NULL, 0, NULL);
    while (counter < 1)
        Sleep(1);
    CHECK(!GetQueuedCompletionStatus(port, &bytes, &key, &out, 0));
    Sleep(50);
    CHECK(PostQueuedCompletionStatus(port, 1, 1, NULL));
    CHECK(WaitForSingleObject(threads[0], 50) == WAIT_TIMEOUT && counter == 2);
    CHECK(TerminateThread(threads[0], 30) && code_of(threads[0]) == 30);
    CHECK(PostQueuedCompletionStatus(port, 0, 5, NULL));
    CHECK(GetQueuedCompletionStatus(port, &bytes, &key, &out, 20000) && key == 5);
    CHECK(CloseHandle(port));
}

int main(void)
{
    event = CreateEventA(NULL, FALSE, FALSE, NULL);
    mutex = CreateMutexA(NULL, FALSE, NULL);
    stands_still(computes);
    stands_still(calls);
    while_it_waits();
    too_often();
    by_itself();
    terminated(computes);
    terminated(calls);
    ResetEvent(event);
    terminated(waits);
    terminated_in_a_port();
    return 0;
}
