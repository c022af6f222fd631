/* S-393: when a timer or a wait of the pool is set no more and its callbacks have been waited for,
   nothing is called any more: what they use may be freed. */
#include <windows.h>
#include "check.h"

enum { ROUNDS = 20000 };

static volatile LONG late, calls;

struct used {
    volatile LONG over;
};

static void count(struct used *used)
{
    InterlockedIncrement(&calls);
    if (used->over)
        InterlockedIncrement(&late);
}

static VOID CALLBACK fired(PTP_CALLBACK_INSTANCE instance, PVOID context, PTP_TIMER timer)
{
    (void)instance, (void)timer;
    count(context);
}

static VOID CALLBACK signaled(PTP_CALLBACK_INSTANCE instance, PVOID context, PTP_WAIT wait,
                              TP_WAIT_RESULT result)
{
    (void)instance, (void)wait, (void)result;
    count(context);
}

static void hesitate(int round)
{
    volatile int i;

    for (i = 0; i < round % 4000; i++)
        ;
}

int main(void)
{
    static struct used used[ROUNDS];
    FILETIME due = {(DWORD)-1, (DWORD)-1};
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    int i;

    for (i = 0; i < ROUNDS; i++) {
        PTP_TIMER timer = CreateThreadpoolTimer(fired, &used[i], NULL);
        CHECK(timer != NULL);
        SetThreadpoolTimer(timer, &due, 0, 0);
        hesitate(i);
        SetThreadpoolTimer(timer, NULL, 0, 0);
        WaitForThreadpoolTimerCallbacks(timer, i % 2);
        used[i].over = 1;
        CloseThreadpoolTimer(timer);
    }
    CHECK(late == 0);
    memset(used, 0, sizeof used);
    for (i = 0; i < ROUNDS; i++) {
        PTP_WAIT wait = CreateThreadpoolWait(signaled, &used[i], NULL);
        CHECK(wait != NULL);
        SetThreadpoolWait(wait, event, &due);
        hesitate(i);
        SetThreadpoolWait(wait, NULL, NULL);
        WaitForThreadpoolWaitCallbacks(wait, i % 2);
        used[i].over = 1;
        CloseThreadpoolWait(wait);
    }
    CHECK(late == 0);
    CHECK(calls > 0);
    return 0;
}
