/* S-304: a wait of the pool is either satisfied or over its time: what it takes of an event is not
   lost between the two. */
#include <windows.h>
#include "check.h"

enum { ROUNDS = 20000 };

static volatile LONG calls, timeouts;
static HANDLE event;

static VOID CALLBACK ended(PTP_CALLBACK_INSTANCE instance, PVOID context, PTP_WAIT wait,
                           TP_WAIT_RESULT result)
{
    (void)instance, (void)context, (void)wait;
    if (result == WAIT_TIMEOUT)
        InterlockedIncrement(&timeouts);
    InterlockedIncrement(&calls);
}

static VOID CALLBACK over(PVOID context, BOOLEAN timed_out)
{
    (void)context;
    if (timed_out)
        InterlockedIncrement(&timeouts);
    InterlockedIncrement(&calls);
}

static void hesitate(int round)
{
    volatile int i;

    for (i = 0; i < round % 3000; i++)
        ;
}

/* The event was set once; one callback has come or comes, and has taken it or left it there. */
static void settled(LONG calls_before, LONG timeouts_before)
{
    while (calls == calls_before)
        SwitchToThread();
    CHECK(calls == calls_before + 1);
    CHECK(WaitForSingleObject(event, 0)
          == (timeouts == timeouts_before ? WAIT_TIMEOUT : WAIT_OBJECT_0));
}

int main(void)
{
    FILETIME due = {(DWORD)-100, (DWORD)-1};
    PTP_WAIT wait = CreateThreadpoolWait(ended, NULL, NULL);
    int i;

    event = CreateEventA(NULL, FALSE, FALSE, NULL);
    CHECK(wait != NULL && event != NULL);
    for (i = 0; i < ROUNDS; i++) {
        LONG calls_before = calls, timeouts_before = timeouts;
        SetThreadpoolWait(wait, event, &due);
        hesitate(i);
        CHECK(SetEvent(event));
        settled(calls_before, timeouts_before);
        WaitForThreadpoolWaitCallbacks(wait, FALSE);
    }
    CloseThreadpoolWait(wait);
    for (i = 0; i < ROUNDS / 20; i++) {
        LONG calls_before = calls, timeouts_before = timeouts;
        HANDLE registered;
        CHECK(RegisterWaitForSingleObject(&registered, event, over, NULL, i % 2, WT_EXECUTEONLYONCE));
        if (i % 2)
            Sleep(1);
        hesitate(i);
        CHECK(SetEvent(event));
        settled(calls_before, timeouts_before);
        CHECK(UnregisterWaitEx(registered, INVALID_HANDLE_VALUE));
    }
    return 0;
}
