// variants: clang
/* Waiting for any and for all: which index, what is taken, and that nothing is taken in part. */
#include <windows.h>
#include "check.h"
#include "waits.h"

static HANDLE objects[3];
static volatile LONG waiting;

static DWORD WINAPI wait_for_all(LPVOID parameter)
{
    InterlockedIncrement(&waiting);
    return WaitForMultipleObjects((DWORD)(ULONG_PTR)parameter, objects, TRUE, 20000);
}

static DWORD WINAPI wait_for_any(LPVOID parameter)
{
    InterlockedIncrement(&waiting);
    return WaitForMultipleObjects((DWORD)(ULONG_PTR)parameter, objects, FALSE, 20000);
}

static HANDLE start(LPTHREAD_START_ROUTINE run, DWORD count)
{
    LONG before = waiting;
    HANDLE thread = CreateThread(NULL, 0, run, (LPVOID)(ULONG_PTR)count, 0, NULL);

    while (waiting == before)
        Sleep(1);
    until_waits(thread);
    return thread;
}

static DWORD end_of(HANDLE thread)
{
    DWORD code;

    CHECK(WaitForSingleObject(thread, 20000) == WAIT_OBJECT_0);
    CHECK(GetExitCodeThread(thread, &code) && CloseHandle(thread));
    return code;
}

static BOOL is_set(HANDLE object)
{
    return WaitForSingleObject(object, 0) == WAIT_OBJECT_0;
}

static void arguments(void)
{
    HANDLE many[MAXIMUM_WAIT_OBJECTS + 1], twice[2], bad[2];
    int i;

    for (i = 0; i <= MAXIMUM_WAIT_OBJECTS; i++)
        many[i] = CreateEventA(NULL, FALSE, i == MAXIMUM_WAIT_OBJECTS - 1, NULL);
    CHECK(WaitForMultipleObjects(MAXIMUM_WAIT_OBJECTS + 1, many, FALSE, 0) == WAIT_FAILED);
    CHECK(GetLastError() == ERROR_INVALID_PARAMETER);
    CHECK(WaitForMultipleObjects(0, many, FALSE, 0) == WAIT_FAILED);
    CHECK(GetLastError() == ERROR_INVALID_PARAMETER);
    CHECK(WaitForMultipleObjects(MAXIMUM_WAIT_OBJECTS, many, FALSE, 0) ==
          WAIT_OBJECT_0 + MAXIMUM_WAIT_OBJECTS - 1);
    CHECK(WaitForMultipleObjects(MAXIMUM_WAIT_OBJECTS, many, FALSE, 0) == WAIT_TIMEOUT);

    twice[0] = twice[1] = many[0];
    CHECK(WaitForMultipleObjects(2, twice, TRUE, 0) == WAIT_FAILED);
    CHECK(GetLastError() == ERROR_INVALID_PARAMETER);
    CHECK(SetEvent(many[0]) && WaitForMultipleObjects(2, twice, FALSE, 0) == WAIT_OBJECT_0);
    CHECK(!is_set(many[0]));

    bad[0] = many[0];
    bad[1] = many[1];
    CHECK(CloseHandle(many[1]) && SetEvent(many[0]));
    CHECK(WaitForMultipleObjects(2, bad, FALSE, 0) == WAIT_FAILED);
    CHECK(GetLastError() == ERROR_INVALID_HANDLE);
    /* Nothing was taken. */
    CHECK(is_set(many[0]));
    for (i = 0; i <= MAXIMUM_WAIT_OBJECTS; i++)
        if (i != 1)
            CHECK(CloseHandle(many[i]));
}

static void any(void)
{
    HANDLE thread;
    int i;

    for (i = 0; i < 3; i++)
        objects[i] = CreateEventA(NULL, FALSE, FALSE, NULL);
    /* The lowest index wins, and only that one is taken. */
    CHECK(SetEvent(objects[2]) && SetEvent(objects[1]));
    CHECK(WaitForMultipleObjects(3, objects, FALSE, INFINITE) == WAIT_OBJECT_0 + 1);
    CHECK(is_set(objects[2]) && !is_set(objects[1]));

    for (i = 2; i >= 0; i--) {
        thread = start(wait_for_any, 3);
        CHECK(SetEvent(objects[i]));
        CHECK(end_of(thread) == WAIT_OBJECT_0 + (DWORD)i);
        CHECK(!is_set(objects[0]) && !is_set(objects[1]) && !is_set(objects[2]));
    }
}

static void all(void)
{
    HANDLE thread, other, semaphore = CreateSemaphoreA(NULL, 0, 10, NULL);
    LONG before = -1;

    thread = start(wait_for_all, 3);
    CHECK(SetEvent(objects[0]) && SetEvent(objects[1]));
    Sleep(50);
    /* Two of three are set, and stay so: who waits for one of them alone may have it. */
    CHECK(WaitForSingleObject(thread, 0) == WAIT_TIMEOUT);
    CHECK(is_set(objects[0]));
    CHECK(SetEvent(objects[2]));
    CHECK(WaitForSingleObject(thread, 50) == WAIT_TIMEOUT);
    CHECK(SetEvent(objects[0]));
    CHECK(end_of(thread) == WAIT_OBJECT_0);
    CHECK(!is_set(objects[0]) && !is_set(objects[1]) && !is_set(objects[2]));

    /* At once. */
    CHECK(SetEvent(objects[0]) && SetEvent(objects[1]) && SetEvent(objects[2]));
    CHECK(WaitForMultipleObjects(3, objects, TRUE, 0) == WAIT_OBJECT_0);
    CHECK(WaitForMultipleObjects(3, objects, TRUE, 0) == WAIT_TIMEOUT);
    CHECK(SetEvent(objects[1]));
    CHECK(WaitForMultipleObjects(3, objects, TRUE, 20) == WAIT_TIMEOUT && is_set(objects[1]));

    /* Two who need the same things: one after the other. */
    CloseHandle(objects[2]);
    objects[2] = semaphore;
    thread = start(wait_for_all, 3);
    other = start(wait_for_all, 3);
    CHECK(ReleaseSemaphore(semaphore, 2, &before) && before == 0);
    CHECK(SetEvent(objects[0]) && SetEvent(objects[1]));
    CHECK(WaitForMultipleObjects(2, (HANDLE[]){thread, other}, FALSE, 20000) <= 1);
    CHECK(WaitForMultipleObjects(2, (HANDLE[]){thread, other}, TRUE, 50) == WAIT_TIMEOUT);
    CHECK(SetEvent(objects[0]) && SetEvent(objects[1]));
    CHECK(end_of(thread) == WAIT_OBJECT_0 && end_of(other) == WAIT_OBJECT_0);
    CHECK(!is_set(semaphore));
}

int main(void)
{
    arguments();
    any();
    all();
    return 0;
}
