// variants: clang
/* Waitable timers: once, again and again, cancelled, with a routine. */
#include <windows.h>
#include "check.h"
#include "native.h"

static LONG calls;
static ULONGLONG told;

static VOID CALLBACK routine(LPVOID argument, DWORD low, DWORD high)
{
    calls += *(LONG *)argument;
    told = (ULONGLONG)high << 32 | low;
}

static LARGE_INTEGER after(LONGLONG milliseconds)
{
    LARGE_INTEGER due;

    due.QuadPart = -milliseconds * 10000;
    return due;
}

int main(void)
{
    HANDLE manual = CreateWaitableTimerA(NULL, TRUE, NULL);
    HANDLE automatic = CreateWaitableTimerW(NULL, FALSE, L"a timer"), same;
    LARGE_INTEGER due = after(50);
    ULONGLONG begin;
    FILETIME now;
    LONG one = 1;
    int i;

    CHECK(manual && automatic);
    CHECK(WaitForSingleObject(manual, 0) == WAIT_TIMEOUT);
    begin = GetTickCount64();
    CHECK(SetWaitableTimer(manual, &due, 0, NULL, NULL, FALSE));
    CHECK(WaitForSingleObject(manual, 0) == WAIT_TIMEOUT);
    CHECK(WaitForSingleObject(manual, 20000) == WAIT_OBJECT_0);
    CHECK(GetTickCount64() - begin >= 45);
    CHECK(WaitForSingleObject(manual, 0) == WAIT_OBJECT_0);
    /* Setting it resets it. */
    due = after(20000);
    CHECK(SetWaitableTimer(manual, &due, 0, NULL, NULL, FALSE));
    CHECK(WaitForSingleObject(manual, 0) == WAIT_TIMEOUT);
    due = after(20);
    CHECK(SetWaitableTimer(manual, &due, 0, NULL, NULL, FALSE));
    CHECK(CancelWaitableTimer(manual));
    CHECK(WaitForSingleObject(manual, 100) == WAIT_TIMEOUT);
    due.QuadPart = 0;
    CHECK(SetWaitableTimer(manual, &due, 0, NULL, NULL, FALSE));
    CHECK(WaitForSingleObject(manual, 20000) == WAIT_OBJECT_0);
    /* A point in time. */
    GetSystemTimeAsFileTime(&now);
    due.LowPart = now.dwLowDateTime;
    due.HighPart = (LONG)now.dwHighDateTime;
    due.QuadPart += 50 * 10000;
    CHECK(SetWaitableTimer(manual, &due, 0, NULL, NULL, FALSE));
    CHECK(WaitForSingleObject(manual, 20000) == WAIT_OBJECT_0);

    /* Again and again; each signal satisfies one wait. */
    due = after(10);
    CHECK(SetWaitableTimer(automatic, &due, 20, NULL, NULL, FALSE));
    for (i = 0; i < 5; i++)
        CHECK(WaitForSingleObject(automatic, 20000) == WAIT_OBJECT_0);
    CHECK(CancelWaitableTimer(automatic));
    WaitForSingleObject(automatic, 0);
    CHECK(WaitForSingleObject(automatic, 100) == WAIT_TIMEOUT);

    same = OpenWaitableTimerA(TIMER_ALL_ACCESS, FALSE, "a timer");
    CHECK(same && CompareObjectHandles(same, automatic) && CloseHandle(same));

    /* The routine runs on the thread that set the timer, when that waits alertably. */
    due = after(20);
    CHECK(SetWaitableTimer(automatic, &due, 0, routine, &one, FALSE));
    CHECK(WaitForSingleObject(automatic, 20000) == WAIT_OBJECT_0 && calls == 0);
    CHECK(SleepEx(20000, TRUE) == WAIT_IO_COMPLETION && calls == 1);
    GetSystemTimeAsFileTime(&now);
    begin = (ULONGLONG)now.dwHighDateTime << 32 | now.dwLowDateTime;
    CHECK(told <= begin && begin - told < 100000000);
    CHECK(SetWaitableTimer(automatic, &due, 0, routine, &one, FALSE));
    CHECK(WaitForSingleObject(automatic, 20000) == WAIT_OBJECT_0);
    /* Cancelling takes the call back. */
    CHECK(CancelWaitableTimer(automatic));
    CHECK(SleepEx(20, TRUE) == 0 && calls == 1);

    CHECK(!SetWaitableTimer(automatic, &due, -1, NULL, NULL, FALSE));
    CHECK(GetLastError() == ERROR_INVALID_PARAMETER);
    CHECK(CloseHandle(manual) && CloseHandle(automatic));
    CHECK(!CancelWaitableTimer(manual) && GetLastError() == ERROR_INVALID_HANDLE);
    return 0;
}
