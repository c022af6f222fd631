/* A timer has one call in the queue at most: what was due while it stood there is not made up
   for. */
#include <windows.h>
#include "check.h"

static LONG calls;

static VOID CALLBACK due_now(LPVOID argument, DWORD low, DWORD high)
{
    (void)argument, (void)low, (void)high;
    calls++;
}

int main(void)
{
    HANDLE timer = CreateWaitableTimerA(NULL, FALSE, NULL);
    LARGE_INTEGER due;
    int i;

    due.QuadPart = -1;
    CHECK(SetWaitableTimer(timer, &due, 1, due_now, NULL, FALSE));
    /* It has been due so often. */
    for (i = 0; i < 20; i++)
        CHECK(WaitForSingleObject(timer, INFINITE) == WAIT_OBJECT_0);
    CHECK(calls == 0);
    CHECK(SleepEx(0, TRUE) == WAIT_IO_COMPLETION);
    /* One more may have come meanwhile. */
    CHECK(calls >= 1 && calls <= 2);
    CHECK(CancelWaitableTimer(timer));
    calls = 0;
    CHECK(SleepEx(5, TRUE) == 0 && calls == 0);
    return 0;
}
