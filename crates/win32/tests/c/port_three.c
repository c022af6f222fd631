/* S-042 as Wine's suite has it: A waits, then B; post 3, 4, 5 while nobody comes back: B gets 3,
   A gets 4, and the main thread's next call gets 5. */
#include <windows.h>
#include "check.h"
#include "waits.h"

static HANDLE port, release;
static ULONG_PTR got[2];
static HANDLE taken[2], started;

static DWORD WINAPI run(LPVOID parameter)
{
    ULONG_PTR me = (ULONG_PTR)parameter;
    DWORD bytes;
    OVERLAPPED *out;

    SetEvent(started);
    CHECK(GetQueuedCompletionStatus(port, &bytes, &got[me], &out, 20000));
    SetEvent(taken[me]);
    CHECK(WaitForSingleObject(release, 20000) == WAIT_OBJECT_0);
    return 0;
}

int main(void)
{
    DWORD bytes;
    ULONG_PTR key;
    OVERLAPPED *out;
    HANDLE threads[2];
    int i;

    port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    release = CreateEventA(NULL, TRUE, FALSE, NULL);
    started = CreateEventA(NULL, FALSE, FALSE, NULL);
    for (i = 0; i < 2; i++) {
        taken[i] = CreateEventA(NULL, TRUE, FALSE, NULL);
        threads[i] = CreateThread(NULL, 0, run, (LPVOID)(ULONG_PTR)i, 0, NULL);
        CHECK(WaitForSingleObject(started, 20000) == WAIT_OBJECT_0);
        until_waits(threads[i]);
    }
    for (i = 3; i <= 5; i++)
        CHECK(PostQueuedCompletionStatus(port, 0, i, NULL));
    CHECK(WaitForMultipleObjects(2, taken, TRUE, 20000) == WAIT_OBJECT_0);
    CHECK(got[1] == 3 && got[0] == 4);
    CHECK(GetQueuedCompletionStatus(port, &bytes, &key, &out, 1000) && key == 5);
    CHECK(SetEvent(release));
    CHECK(WaitForMultipleObjects(2, threads, TRUE, 20000) == WAIT_OBJECT_0);
    return 0;
}
