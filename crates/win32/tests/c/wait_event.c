// variants: short clang
/* Events: manual and auto reset, pulse, names, what a wait returns and leaves behind. */
#include <windows.h>
#include "check.h"
#include "waits.h"
#include "native.h"

static HANDLE event, started;

static DWORD WINAPI waiter(LPVOID parameter)
{
    (void)parameter;
    return SignalObjectAndWait(started, event, 5000, FALSE);
}

static DWORD result_of(HANDLE thread)
{
    DWORD code = 0;

    CHECK(WaitForSingleObject(thread, 5000) == WAIT_OBJECT_0);
    CHECK(GetExitCodeThread(thread, &code));
    CHECK(CloseHandle(thread));
    return code;
}

static HANDLE start(void)
{
    HANDLE thread = CreateThread(NULL, 0, waiter, NULL, 0, NULL);

    CHECK(thread != NULL);
    CHECK(WaitForSingleObject(started, 5000) == WAIT_OBJECT_0);
    return thread;
}

static void states(void)
{
    HANDLE manual = CreateEventA(NULL, TRUE, FALSE, NULL);
    HANDLE automatic = CreateEventW(NULL, FALSE, TRUE, NULL);

    CHECK(manual && automatic && manual != automatic);
    SetLastError(12345);
    CHECK(WaitForSingleObject(manual, 0) == WAIT_TIMEOUT);
    CHECK(WaitForSingleObject(manual, 20) == WAIT_TIMEOUT);
    CHECK(SetEvent(manual) && SetEvent(manual));
    CHECK(WaitForSingleObject(manual, 0) == WAIT_OBJECT_0);
    CHECK(WaitForSingleObject(manual, INFINITE) == WAIT_OBJECT_0);
    CHECK(ResetEvent(manual));
    CHECK(WaitForSingleObject(manual, 0) == WAIT_TIMEOUT);
    CHECK(WaitForSingleObject(automatic, 0) == WAIT_OBJECT_0);
    CHECK(WaitForSingleObject(automatic, 0) == WAIT_TIMEOUT);
    CHECK(SetEvent(automatic) && SetEvent(automatic));
    CHECK(WaitForSingleObject(automatic, 0) == WAIT_OBJECT_0);
    CHECK(WaitForSingleObject(automatic, 0) == WAIT_TIMEOUT);
    CHECK(GetLastError() == 12345);
    CHECK(CloseHandle(manual) && CloseHandle(automatic));
    CHECK(WaitForSingleObject(manual, 0) == WAIT_FAILED && GetLastError() == ERROR_INVALID_HANDLE);
    CHECK(!SetEvent(manual) && GetLastError() == ERROR_INVALID_HANDLE);
    CHECK(!CloseHandle(manual) && GetLastError() == ERROR_INVALID_HANDLE);
}

static void with_waiters(void)
{
    HANDLE one, two;

    started = CreateEventA(NULL, FALSE, FALSE, NULL);
    event = CreateEventA(NULL, FALSE, FALSE, NULL);
    one = start();
    two = start();
    until_waits(one);
    until_waits(two);
    CHECK(SetEvent(event));
    /* It went to a waiter at once; nobody else can have it. */
    CHECK(WaitForSingleObject(event, 0) == WAIT_TIMEOUT);
    CHECK(WaitForMultipleObjects(2, (HANDLE[]){one, two}, FALSE, 5000) <= 1);
    CHECK(WaitForMultipleObjects(2, (HANDLE[]){one, two}, TRUE, 20) == WAIT_TIMEOUT);
    CHECK(SetEvent(event));
    CHECK(result_of(one) == WAIT_OBJECT_0 && result_of(two) == WAIT_OBJECT_0);
    CHECK(CloseHandle(event));

    event = CreateEventA(NULL, TRUE, FALSE, NULL);
    one = start();
    two = start();
    until_waits(one);
    until_waits(two);
    CHECK(PulseEvent(event));
    CHECK(result_of(one) == WAIT_OBJECT_0 && result_of(two) == WAIT_OBJECT_0);
    CHECK(WaitForSingleObject(event, 0) == WAIT_TIMEOUT);
    CHECK(CloseHandle(event) && CloseHandle(started));
}

static void names(void)
{
    HANDLE one, two, mutex;

    SetLastError(12345);
    one = CreateEventA(NULL, TRUE, FALSE, "Local\\an event");
    CHECK(one && GetLastError() == 0);
    two = CreateEventW(NULL, FALSE, TRUE, L"an event");
    CHECK(two && two != one && GetLastError() == ERROR_ALREADY_EXISTS);
    /* It is the first one, not what the second call asked for. */
    CHECK(WaitForSingleObject(two, 0) == WAIT_TIMEOUT);
    CHECK(SetEvent(one) && WaitForSingleObject(two, 0) == WAIT_OBJECT_0);
    CHECK(CompareObjectHandles(one, two));
    mutex = CreateMutexA(NULL, FALSE, "an event");
    CHECK(mutex == NULL && GetLastError() == ERROR_INVALID_HANDLE);
    CHECK(CloseHandle(one));
    one = OpenEventA(EVENT_ALL_ACCESS, FALSE, "an event");
    CHECK(one && WaitForSingleObject(one, 0) == WAIT_OBJECT_0);
    CHECK(CloseHandle(one) && CloseHandle(two));
    CHECK(OpenEventW(EVENT_ALL_ACCESS, FALSE, L"an event") == NULL);
    CHECK(GetLastError() == ERROR_FILE_NOT_FOUND);
    mutex = CreateMutexA(NULL, FALSE, "an event");
    CHECK(mutex && GetLastError() == 0 && CloseHandle(mutex));
    one = CreateEventExW(NULL, NULL, CREATE_EVENT_MANUAL_RESET | CREATE_EVENT_INITIAL_SET,
                         EVENT_ALL_ACCESS);
    CHECK(one && WaitForSingleObject(one, 0) == 0 && WaitForSingleObject(one, 0) == 0);
    CHECK(CloseHandle(one));
}

int main(void)
{
    states();
    with_waiters();
    names();
    return 0;
}
