// variants: clang
/* S-041 to S-044, S-046, S-047: the thread that began to wait last gets the oldest packet, at
   once; nobody wakes for nothing. */
#include <windows.h>
#include "native.h"
#include "check.h"
#include "waits.h"

enum { WAITERS = 4 };

static HANDLE port, again;
static volatile LONG waiting;
static struct {
    ULONG_PTR key;
    HANDLE done;
} result[WAITERS];

static LONG depth(void)
{
    IO_COMPLETION_BASIC_INFORMATION information = {-1};

    CHECK(NtQueryIoCompletion(port, IoCompletionBasicInformation, &information,
                              sizeof(information), NULL) == 0);
    return information.Depth;
}

static DWORD WINAPI waiter(LPVOID parameter)
{
    ULONG_PTR me = (ULONG_PTR)parameter, key;
    DWORD bytes;
    OVERLAPPED *out;

    InterlockedIncrement(&waiting);
    CHECK(GetQueuedCompletionStatus(port, &bytes, &key, &out, 20000));
    result[me].key = key;
    SetEvent(result[me].done);
    CHECK(WaitForSingleObject(again, 20000) == WAIT_OBJECT_0);
    return 0;
}

int main(void)
{
    HANDLE threads[WAITERS];
    HANDLE done[WAITERS];
    DWORD bytes;
    ULONG_PTR key;
    OVERLAPPED *out;
    int i;

    port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 100);
    again = CreateEventA(NULL, TRUE, FALSE, NULL);
    for (i = 0; i < WAITERS; i++) {
        result[i].done = done[i] = CreateEventA(NULL, TRUE, FALSE, NULL);
        threads[i] = CreateThread(NULL, 0, waiter, (LPVOID)(ULONG_PTR)i, 0, NULL);
        while (waiting <= i)
            Sleep(1);
        until_waits(threads[i]);
    }
    /* S-047 */
    CHECK(WaitForMultipleObjects(WAITERS, done, FALSE, 200) == WAIT_TIMEOUT);

    for (i = 0; i < WAITERS; i++) {
        CHECK(PostQueuedCompletionStatus(port, 0, 10 + i, NULL));
        /* S-044: it was handed over and never queued. */
        CHECK(depth() == 0);
    }
    CHECK(WaitForMultipleObjects(WAITERS, done, TRUE, 20000) == WAIT_OBJECT_0);
    for (i = 0; i < WAITERS; i++)
        CHECK(result[i].key == (ULONG_PTR)(10 + WAITERS - 1 - i));

    /* S-046, S-041, S-043: nobody waits, so they are queued, and come out in order. */
    CHECK(PostQueuedCompletionStatus(port, 0, 1, NULL) && depth() == 1);
    CHECK(PostQueuedCompletionStatus(port, 0, 2, NULL) && depth() == 2);
    CHECK(GetQueuedCompletionStatus(port, &bytes, &key, &out, INFINITE) && key == 1);
    CHECK(depth() == 1);
    CHECK(GetQueuedCompletionStatus(port, &bytes, &key, &out, INFINITE) && key == 2);
    CHECK(SetEvent(again));
    CHECK(WaitForMultipleObjects(WAITERS, threads, TRUE, 20000) == WAIT_OBJECT_0);
    return 0;
}
