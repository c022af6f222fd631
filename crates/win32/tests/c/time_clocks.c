// variants: clang
/* Clocks go forward and agree with each other. */
#include <windows.h>
#include <mmsystem.h>
#include <time.h>
#include "check.h"

static ULONGLONG number(FILETIME time)
{
    return (ULONGLONG)time.dwHighDateTime << 32 | time.dwLowDateTime;
}

int main(void)
{
    LARGE_INTEGER frequency, start, end;
    FILETIME coarse, precise;
    ULONGLONG ticks, later, unbiased;
    time_t seconds;
    TIMECAPS caps;
    CHECK(QueryPerformanceFrequency(&frequency) && frequency.QuadPart > 0);
    CHECK(QueryPerformanceCounter(&start));
    ticks = GetTickCount64();
    Sleep(50);
    later = GetTickCount64();
    CHECK(QueryPerformanceCounter(&end));
    /* The clocks of a machine that is busy differ by little more than they are coarse. */
    CHECK(later - ticks >= 30 && end.QuadPart > start.QuadPart);
    CHECK((end.QuadPart - start.QuadPart) * 1000 / frequency.QuadPart >= 45);
    CHECK(GetTickCount() - (DWORD)later < 1000 && timeGetTime() > 0);
    CHECK(QueryUnbiasedInterruptTime(&unbiased) && unbiased > 0);
    CHECK(timeBeginPeriod(1) == TIMERR_NOERROR && timeEndPeriod(1) == TIMERR_NOERROR);
    CHECK(timeBeginPeriod(0) == TIMERR_NOCANDO);
    CHECK(timeGetDevCaps(&caps, sizeof caps) == TIMERR_NOERROR && caps.wPeriodMin >= 1);
    seconds = time(NULL);
    GetSystemTimeAsFileTime(&coarse);
    GetSystemTimePreciseAsFileTime(&precise);
    CHECK(CompareFileTime(&coarse, &precise) <= 0);
    /* 1970, counted in seconds from 1601. */
    CHECK(number(precise) / 10000000 - 11644473600ULL - (ULONGLONG)seconds <= 1);
    return 0;
}
