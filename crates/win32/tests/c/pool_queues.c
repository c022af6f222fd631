// variants: clang
/* Timer queues and registered waits. */
#include <windows.h>
#include "check.h"

static volatile LONG called, timed_out;
static HANDLE event, gate, object;

static VOID CALLBACK ticks(PVOID context, BOOLEAN fired)
{
    CHECK(fired && context == &called);
    InterlockedIncrement(&called);
    SetEvent(event);
}

static VOID CALLBACK blocks(PVOID context, BOOLEAN fired)
{
    (void)context, (void)fired;
    SetEvent(event);
    CHECK(WaitForSingleObject(gate, 20000) == WAIT_OBJECT_0);
    InterlockedIncrement(&called);
}

static VOID CALLBACK waited(PVOID context, BOOLEAN fired)
{
    CHECK(context == &timed_out);
    InterlockedIncrement(fired ? &timed_out : &called);
    SetEvent(event);
}

static void happens(void)
{
    CHECK(WaitForSingleObject(event, 20000) == WAIT_OBJECT_0);
}

static DWORD WINAPI opens(LPVOID context)
{
    (void)context;
    Sleep(50);
    SetEvent(gate);
    return 0;
}

static void timers(void)
{
    HANDLE queue = CreateTimerQueue(), timer, done = CreateEventA(NULL, TRUE, FALSE, NULL);
    LONG before;

    CHECK(queue != NULL);
    CHECK(CreateTimerQueueTimer(&timer, queue, ticks, (PVOID)&called, 20, 0, 0));
    happens();
    CHECK(called == 1);
    CHECK(ChangeTimerQueueTimer(queue, timer, 0, 0));
    CHECK(WaitForSingleObject(event, 30) == WAIT_TIMEOUT);
    CHECK(DeleteTimerQueueTimer(queue, timer, INVALID_HANDLE_VALUE));
#ifdef __COMPLETION_PORT__
    /* Elsewhere that is memory which is not the timer's any more. */
    CHECK(!DeleteTimerQueueTimer(queue, timer, NULL) && GetLastError() == ERROR_INVALID_HANDLE);
#endif

    CHECK(CreateTimerQueueTimer(&timer, NULL, ticks, (PVOID)&called, 0, 10, WT_EXECUTEINTIMERTHREAD));
    happens();
    happens();
    CHECK(ChangeTimerQueueTimer(NULL, timer, 5, 5));
    happens();
    CHECK(DeleteTimerQueueTimer(NULL, timer, INVALID_HANDLE_VALUE));
    before = called;
    ResetEvent(event);
    CHECK(before >= 4 && WaitForSingleObject(event, 40) == WAIT_TIMEOUT && called == before);

    /* While the callback runs. */
    ResetEvent(gate);
    CHECK(CreateTimerQueueTimer(&timer, queue, blocks, NULL, 0, 0, WT_EXECUTELONGFUNCTION));
    happens();
    CHECK(!DeleteTimerQueueTimer(queue, timer, NULL) && GetLastError() == ERROR_IO_PENDING);
    SetEvent(gate);
    while (called != before + 1)
        Sleep(1);
    ResetEvent(gate);
    CHECK(CreateTimerQueueTimer(&timer, queue, blocks, NULL, 0, 0, WT_EXECUTELONGFUNCTION));
    happens();
    CHECK(DeleteTimerQueueTimer(queue, timer, done) || GetLastError() == ERROR_IO_PENDING);
    CHECK(WaitForSingleObject(done, 20) == WAIT_TIMEOUT);
    SetEvent(gate);
    CHECK(WaitForSingleObject(done, 20000) == WAIT_OBJECT_0 && called == before + 2);
    ResetEvent(gate);
    CHECK(CreateTimerQueueTimer(&timer, queue, blocks, NULL, 0, 0, 0));
    happens();
    CHECK(CreateTimerQueueTimer(&timer, queue, ticks, (PVOID)&called, 20000, 0, 0));
    CHECK(QueueUserWorkItem(opens, NULL, 0));
    CHECK(DeleteTimerQueueEx(queue, INVALID_HANDLE_VALUE));
    CHECK(called == before + 3);
    CHECK(!DeleteTimerQueue(queue) && GetLastError() == ERROR_INVALID_HANDLE);
    CHECK(!ChangeTimerQueueTimer(NULL, timer, 0, 0));
    queue = CreateTimerQueue();
    ResetEvent(done);
    CHECK(DeleteTimerQueueEx(queue, done) && WaitForSingleObject(done, 1000) == WAIT_OBJECT_0);
}

static void waits(void)
{
    HANDLE wait, done = CreateEventA(NULL, TRUE, FALSE, NULL);
    int i;

    called = timed_out = 0;
    object = CreateEventA(NULL, FALSE, FALSE, NULL);
    CHECK(RegisterWaitForSingleObject(&wait, object, waited, (PVOID)&timed_out, INFINITE, 0));
    CHECK(WaitForSingleObject(event, 30) == WAIT_TIMEOUT);
    for (i = 1; i <= 5; i++) {
        SetEvent(object);
        happens();
        CHECK(called == i);
    }
    CHECK(UnregisterWaitEx(wait, INVALID_HANDLE_VALUE));
    SetEvent(object);
    CHECK(WaitForSingleObject(event, 30) == WAIT_TIMEOUT && called == 5);
    CHECK(!UnregisterWait(wait) && GetLastError() == ERROR_INVALID_HANDLE);

    /* It was signaled before. */
    CHECK(RegisterWaitForSingleObject(&wait, object, waited, (PVOID)&timed_out, INFINITE,
                                      WT_EXECUTEONLYONCE));
    happens();
    SetEvent(object);
    CHECK(WaitForSingleObject(event, 30) == WAIT_TIMEOUT && called == 6);
    CHECK(UnregisterWaitEx(wait, done) || GetLastError() == ERROR_IO_PENDING);
    CHECK(WaitForSingleObject(done, 20000) == WAIT_OBJECT_0);
    ResetEvent(object);

    CHECK(RegisterWaitForSingleObject(&wait, object, waited, (PVOID)&timed_out, 10, 0));
    happens();
    happens();
    CHECK(timed_out >= 2 && called == 6);
    SetEvent(object);
    while (called != 7)
        Sleep(1);
    UnregisterWaitEx(wait, INVALID_HANDLE_VALUE);

    /* A thread's end. */
    {
        HANDLE thread = CreateThread(NULL, 0, opens, NULL, 0, NULL);

        ResetEvent(event);
        CHECK(RegisterWaitForSingleObject(&wait, thread, waited, (PVOID)&timed_out, INFINITE,
                                          WT_EXECUTEONLYONCE));
        happens();
        CHECK(called == 8);
        UnregisterWaitEx(wait, INVALID_HANDLE_VALUE);
        CHECK(CloseHandle(thread));
    }
    CHECK(!RegisterWaitForSingleObject(&wait, NULL, waited, NULL, INFINITE, 0));
    CHECK(GetLastError() == ERROR_INVALID_HANDLE);
}

int main(void)
{
    event = CreateEventA(NULL, FALSE, FALSE, NULL);
    gate = CreateEventA(NULL, TRUE, FALSE, NULL);
    timers();
    waits();
    return 0;
}
