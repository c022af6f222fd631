// variants: clang
/* Timers and waits of the pool. */
#include <windows.h>
#include "check.h"

static volatile LONG called, results[2];
static HANDLE event, object;

static VOID CALLBACK ticks(PTP_CALLBACK_INSTANCE instance, PVOID context, PTP_TIMER timer)
{
    (void)instance;
    CHECK(timer != NULL && context == &called);
    InterlockedIncrement(&called);
    SetEvent(event);
}

static VOID CALLBACK waited(PTP_CALLBACK_INSTANCE instance, PVOID context, PTP_WAIT wait,
                            TP_WAIT_RESULT result)
{
    (void)instance;
    CHECK(context == &called);
    CHECK(result == WAIT_OBJECT_0 || result == WAIT_TIMEOUT);
    InterlockedIncrement(&results[result == WAIT_TIMEOUT]);
    if (results[0] == 2 && result == WAIT_OBJECT_0)
        SetThreadpoolWait(wait, object, NULL);
    SetEvent(event);
}

static FILETIME after(LONGLONG milliseconds)
{
    LARGE_INTEGER due;
    FILETIME time;

    due.QuadPart = -milliseconds * 10000;
    time.dwLowDateTime = due.LowPart;
    time.dwHighDateTime = (DWORD)due.HighPart;
    return time;
}

static void happens(void)
{
    CHECK(WaitForSingleObject(event, 20000) == WAIT_OBJECT_0);
}

static void timers(void)
{
    PTP_TIMER timer = CreateThreadpoolTimer(ticks, (PVOID)&called, NULL);
    FILETIME due = after(20);
    LONG before;

    CHECK(timer && !IsThreadpoolTimerSet(timer));
    SetThreadpoolTimer(timer, &due, 0, 0);
    CHECK(IsThreadpoolTimerSet(timer));
    happens();
    CHECK(called == 1 && !IsThreadpoolTimerSet(timer));
    due = after(0);
    SetThreadpoolTimer(timer, &due, 10, 0);
    happens();
    happens();
    happens();
    CHECK(IsThreadpoolTimerSet(timer));
    CHECK(SetThreadpoolTimerEx(timer, NULL, 0, 0) && !IsThreadpoolTimerSet(timer));
    WaitForThreadpoolTimerCallbacks(timer, TRUE);
    ResetEvent(event);
    before = called;
    CHECK(before >= 4);
    CHECK(WaitForSingleObject(event, 60) == WAIT_TIMEOUT && called == before);
    due = after(20000);
    CHECK(!SetThreadpoolTimerEx(timer, &due, 0, 0));
    due = after(5);
    CHECK(SetThreadpoolTimerEx(timer, &due, 0, 0));
    happens();
    due = after(5);
    SetThreadpoolTimer(timer, &due, 0, 0);
    CloseThreadpoolTimer(timer);
}

static void waits(void)
{
    PTP_WAIT wait = CreateThreadpoolWait(waited, (PVOID)&called, NULL);
    FILETIME due = after(20);

    object = CreateEventA(NULL, FALSE, FALSE, NULL);
    ResetEvent(event);
    SetThreadpoolWait(wait, object, NULL);
    CHECK(WaitForSingleObject(event, 30) == WAIT_TIMEOUT);
    SetEvent(object);
    happens();
    CHECK(results[0] == 1 && results[1] == 0);
    /* It must be set anew for each time. */
    SetEvent(object);
    CHECK(WaitForSingleObject(event, 30) == WAIT_TIMEOUT);
    SetThreadpoolWait(wait, object, NULL);
    happens();
    CHECK(results[0] == 2);
    WaitForThreadpoolWaitCallbacks(wait, FALSE);
    /* The callback has set it. */
    SetEvent(object);
    happens();
    CHECK(results[0] == 3);
    SetThreadpoolWait(wait, object, &due);
    happens();
    CHECK(results[1] == 1);
    due = after(20000);
    CHECK(!SetThreadpoolWaitEx(wait, object, &due, NULL));
    CHECK(SetThreadpoolWaitEx(wait, NULL, NULL, NULL));
    SetEvent(object);
    CHECK(WaitForSingleObject(event, 30) == WAIT_TIMEOUT);
    CHECK(WaitForSingleObject(object, 0) == WAIT_OBJECT_0);
    WaitForThreadpoolWaitCallbacks(wait, TRUE);
    CloseThreadpoolWait(wait);
    CHECK(CloseHandle(object));
}

int main(void)
{
    event = CreateEventA(NULL, FALSE, FALSE, NULL);
    timers();
    waits();
    return 0;
}
