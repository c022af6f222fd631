// variants: short clang
/* Mutexes: owner, recursion, abandoning, names. */
#include <windows.h>
#include "check.h"
#include "native.h"

static HANDLE mutex, release;

static DWORD WINAPI tries(LPVOID parameter)
{
    DWORD result = WaitForSingleObject(mutex, (DWORD)(ULONG_PTR)parameter);

    CHECK(!ReleaseMutex(mutex) || result != WAIT_TIMEOUT);
    return result;
}

static DWORD WINAPI dies_with_it(LPVOID parameter)
{
    CHECK(WaitForSingleObject(mutex, 20000) == WAIT_OBJECT_0);
    if (parameter)
        CHECK(WaitForSingleObject(mutex, 20000) == WAIT_OBJECT_0);
    CHECK(WaitForSingleObject(release, 20000) == WAIT_OBJECT_0);
    return 0;
}

static DWORD run(LPTHREAD_START_ROUTINE function, LPVOID parameter)
{
    DWORD code;
    HANDLE thread = CreateThread(NULL, 0, function, parameter, 0, NULL);

    CHECK(WaitForSingleObject(thread, 20000) == WAIT_OBJECT_0);
    CHECK(GetExitCodeThread(thread, &code) && CloseHandle(thread));
    return code;
}

int main(void)
{
    HANDLE other, event, thread;

    mutex = CreateMutexA(NULL, TRUE, NULL);
    release = CreateEventA(NULL, FALSE, FALSE, NULL);
    CHECK(mutex && release);
    CHECK(run(tries, (LPVOID)0) == WAIT_TIMEOUT);
    CHECK(WaitForSingleObject(mutex, 0) == WAIT_OBJECT_0);
    CHECK(WaitForSingleObject(mutex, INFINITE) == WAIT_OBJECT_0);
    CHECK(ReleaseMutex(mutex) && ReleaseMutex(mutex));
    CHECK(run(tries, (LPVOID)20) == WAIT_TIMEOUT);
    CHECK(ReleaseMutex(mutex));
    CHECK(!ReleaseMutex(mutex) && GetLastError() == ERROR_NOT_OWNER);
    CHECK(run(tries, (LPVOID)0) == WAIT_OBJECT_0);

    /* The owner dies: the next is told, and the one after that is not. */
    SetEvent(release);
    CHECK(run(dies_with_it, (LPVOID)1) == 0);
    CHECK(WaitForSingleObject(mutex, 0) == WAIT_ABANDONED);
    CHECK(ReleaseMutex(mutex));
    CHECK(WaitForSingleObject(mutex, 0) == WAIT_OBJECT_0 && ReleaseMutex(mutex));

    /* While others wait, for it alone or with more. */
    event = CreateEventA(NULL, TRUE, TRUE, NULL);
    thread = CreateThread(NULL, 0, dies_with_it, NULL, 0, NULL);
    while (WaitForSingleObject(mutex, 0) == WAIT_OBJECT_0) {
        CHECK(ReleaseMutex(mutex));
        Sleep(1);
    }
    SetEvent(release);
    CHECK(WaitForMultipleObjects(2, (HANDLE[]){event, mutex}, TRUE, 20000) == WAIT_ABANDONED_0);
    CHECK(ReleaseMutex(mutex));
    CHECK(WaitForSingleObject(thread, 20000) == WAIT_OBJECT_0 && CloseHandle(thread));
    thread = CreateThread(NULL, 0, dies_with_it, NULL, 0, NULL);
    while (WaitForSingleObject(mutex, 0) == WAIT_OBJECT_0) {
        CHECK(ReleaseMutex(mutex));
        Sleep(1);
    }
    SetEvent(release);
    ResetEvent(event);
    CHECK(WaitForMultipleObjects(2, (HANDLE[]){event, mutex}, FALSE, 20000) ==
          WAIT_ABANDONED_0 + 1);
    CHECK(ReleaseMutex(mutex));
    CHECK(WaitForSingleObject(thread, 20000) == WAIT_OBJECT_0 && CloseHandle(thread));

    /* One instance: who creates an existing one does not own it. */
    CHECK(CloseHandle(mutex));
    mutex = CreateMutexW(NULL, TRUE, L"Global\\one instance");
    CHECK(mutex && GetLastError() == 0);
    other = CreateMutexA(NULL, TRUE, "one instance");
    CHECK(other && GetLastError() == ERROR_ALREADY_EXISTS);
    CHECK(ReleaseMutex(other) && !ReleaseMutex(other));
    CHECK(CloseHandle(other));
    other = OpenMutexA(MUTEX_ALL_ACCESS, FALSE, "one instance");
    CHECK(other && CompareObjectHandles(other, mutex));
    CHECK(CloseHandle(other) && CloseHandle(mutex));
    CHECK(OpenMutexA(MUTEX_ALL_ACCESS, FALSE, "one instance") == NULL);
    CHECK(GetLastError() == ERROR_FILE_NOT_FOUND);
    return 0;
}
