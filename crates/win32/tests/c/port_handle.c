// variants: clang
/* S-035: the port's handle is signaled while packets are queued, and when it is closed. */
#include <windows.h>
#include "check.h"
#include "waits.h"

static HANDLE port, both[2];
static volatile LONG waiting;

static DWORD WINAPI waiter(LPVOID parameter)
{
    (void)parameter;
    InterlockedIncrement(&waiting);
    return WaitForSingleObject(port, 20000);
}

static DWORD WINAPI waits_for_both(LPVOID parameter)
{
    (void)parameter;
    InterlockedIncrement(&waiting);
    return WaitForMultipleObjects(2, both, TRUE, 20000);
}

static DWORD WINAPI taker(LPVOID parameter)
{
    DWORD bytes;
    ULONG_PTR key;
    OVERLAPPED *out;

    (void)parameter;
    InterlockedIncrement(&waiting);
    return GetQueuedCompletionStatus(port, &bytes, &key, &out, 20000) ? (DWORD)key : 0;
}

static HANDLE start(LPTHREAD_START_ROUTINE run)
{
    LONG before = waiting;
    HANDLE thread = CreateThread(NULL, 0, run, NULL, 0, NULL);

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

int main(void)
{
    HANDLE one, two, three;
    DWORD bytes;
    ULONG_PTR key;
    OVERLAPPED *out;

    /* On one processor, too, the main thread, which takes packets, must not be the only one. */
    port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 100);
    CHECK(WaitForSingleObject(port, 0) == WAIT_TIMEOUT);
    CHECK(PostQueuedCompletionStatus(port, 0, 1, NULL));
    CHECK(WaitForSingleObject(port, 0) == WAIT_OBJECT_0);
    CHECK(WaitForSingleObject(port, INFINITE) == WAIT_OBJECT_0);
    CHECK(GetQueuedCompletionStatus(port, &bytes, &key, &out, 0) && key == 1);
    CHECK(WaitForSingleObject(port, 0) == WAIT_TIMEOUT);

    /* All who wait are released, and the packet is still there. */
    one = start(waiter);
    two = start(waiter);
    CHECK(WaitForSingleObject(one, 0) == WAIT_TIMEOUT);
    CHECK(PostQueuedCompletionStatus(port, 0, 2, NULL));
    CHECK(end_of(one) == WAIT_OBJECT_0 && end_of(two) == WAIT_OBJECT_0);
    CHECK(GetQueuedCompletionStatus(port, &bytes, &key, &out, 0) && key == 2);

    /* Who waits for packets comes first, and then the others are not released. */
    one = start(waiter);
    two = start(taker);
    CHECK(PostQueuedCompletionStatus(port, 0, 3, NULL));
    CHECK(end_of(two) == 3);
    CHECK(WaitForSingleObject(one, 100) == WAIT_TIMEOUT);

    /* Together with something else. */
    both[0] = port;
    both[1] = CreateEventA(NULL, FALSE, FALSE, NULL);
    three = start(waits_for_both);
    CHECK(SetEvent(both[1]));
    CHECK(WaitForSingleObject(three, 50) == WAIT_TIMEOUT);
    CHECK(PostQueuedCompletionStatus(port, 0, 4, NULL));
    CHECK(end_of(three) == WAIT_OBJECT_0 && end_of(one) == WAIT_OBJECT_0);
    CHECK(WaitForSingleObject(both[1], 0) == WAIT_TIMEOUT);
    CHECK(GetQueuedCompletionStatus(port, &bytes, &key, &out, 0) && key == 4);

    one = start(waiter);
    CHECK(CloseHandle(port));
    CHECK(end_of(one) == WAIT_OBJECT_0);
    return 0;
}
