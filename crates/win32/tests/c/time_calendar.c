// variants: short clang
/* FILETIME, SYSTEMTIME and time zones. */
#include <windows.h>
#include <string.h>
#include <stdlib.h>
#include <time.h>
#include "check.h"

static void both_ways(void)
{
    SYSTEMTIME words = {2024, 2, 0, 29, 13, 14, 15, 167};
    SYSTEMTIME back;
    FILETIME time, same, later;
    CHECK(SystemTimeToFileTime(&words, &time));
    CHECK(time.dwHighDateTime == 0x01da6b11 && time.dwLowDateTime == 0x319a68f0);
    CHECK(FileTimeToSystemTime(&time, &back));
    words.wDayOfWeek = 4;
    CHECK(memcmp(&words, &back, sizeof words) == 0);
    words.wMilliseconds++;
    CHECK(SystemTimeToFileTime(&words, &later) && SystemTimeToFileTime(&back, &same));
    CHECK(CompareFileTime(&time, &same) == 0 && CompareFileTime(&time, &later) == -1);
    CHECK(CompareFileTime(&later, &time) == 1);
    words.wDay = 30;
    CHECK(!SystemTimeToFileTime(&words, &time) && GetLastError() == ERROR_INVALID_PARAMETER);
    time.dwHighDateTime = 0x80000000;
    CHECK(!FileTimeToSystemTime(&time, &back) && GetLastError() == ERROR_INVALID_PARAMETER);
}

/* Two Sundays a year, as in Berlin, but by a zone of the program's own. */
static void given_zone(void)
{
    TIME_ZONE_INFORMATION zone;
    SYSTEMTIME winter = {2024, 1, 1, 15, 12, 0, 0, 0};
    SYSTEMTIME summer = {2024, 7, 1, 15, 12, 0, 0, 0};
    SYSTEMTIME local, universal;
    memset(&zone, 0, sizeof zone);
    zone.Bias = -60;
    zone.DaylightBias = -60;
    zone.StandardDate.wMonth = 10;
    zone.StandardDate.wDay = 5;
    zone.StandardDate.wHour = 3;
    zone.DaylightDate.wMonth = 3;
    zone.DaylightDate.wDay = 5;
    zone.DaylightDate.wHour = 2;
    CHECK(SystemTimeToTzSpecificLocalTime(&zone, &winter, &local) && local.wHour == 13);
    CHECK(TzSpecificLocalTimeToSystemTime(&zone, &local, &universal) && universal.wHour == 12);
    CHECK(SystemTimeToTzSpecificLocalTime(&zone, &summer, &local) && local.wHour == 14);
    CHECK(TzSpecificLocalTimeToSystemTime(&zone, &local, &universal) && universal.wHour == 12);
}

#ifdef __COMPLETION_PORT__
static void own_zone(void)
{
    TIME_ZONE_INFORMATION zone;
    SYSTEMTIME summer = {2024, 7, 1, 15, 12, 0, 0, 0};
    SYSTEMTIME local, universal;
    FILETIME time, moved, back;
    DWORD id;
    /* The rules stand in the variable, so no files of zones are needed. */
    CHECK(setenv("TZ", "XST5XDT,M3.2.0,M11.1.0", 1) == 0);
    tzset();
    id = GetTimeZoneInformation(&zone);
    CHECK(id == TIME_ZONE_ID_STANDARD || id == TIME_ZONE_ID_DAYLIGHT);
    CHECK(zone.Bias == 300 && zone.StandardBias == 0 && zone.DaylightBias == -60);
    CHECK(zone.DaylightDate.wMonth == 3 && zone.DaylightDate.wDay == 2);
    CHECK(zone.DaylightDate.wDayOfWeek == 0 && zone.DaylightDate.wHour == 2);
    CHECK(zone.StandardDate.wMonth == 11 && zone.StandardDate.wDay == 1);
    CHECK(zone.StandardName[0] == 'X' && zone.StandardName[1] == 'S');
    CHECK(zone.DaylightName[1] == 'D' && zone.DaylightName[3] == 0);
    CHECK(SystemTimeToTzSpecificLocalTime(NULL, &summer, &local) && local.wHour == 8);
    CHECK(TzSpecificLocalTimeToSystemTime(NULL, &local, &universal) && universal.wHour == 12);
    GetSystemTimeAsFileTime(&time);
    CHECK(FileTimeToLocalFileTime(&time, &moved) && CompareFileTime(&moved, &time) < 0);
    CHECK(LocalFileTimeToFileTime(&moved, &back) && CompareFileTime(&back, &time) == 0);
    CHECK(setenv("TZ", "UTC0", 1) == 0);
    tzset();
    CHECK(GetTimeZoneInformation(&zone) == TIME_ZONE_ID_UNKNOWN && zone.Bias == 0);
}
#else
static void own_zone(void)
{
}
#endif

static void now(void)
{
    SYSTEMTIME first, second;
    FILETIME time;
    GetSystemTime(&first);
    CHECK(first.wYear >= 2024 && first.wMonth >= 1 && first.wMonth <= 12 && first.wSecond < 60);
    CHECK(SystemTimeToFileTime(&first, &time) && FileTimeToSystemTime(&time, &second));
    CHECK(first.wDayOfWeek == second.wDayOfWeek);
    GetLocalTime(&second);
    CHECK(second.wYear >= 2024 && second.wMilliseconds < 1000);
}

int main(void)
{
    both_ways();
    given_zone();
    own_zone();
    now();
    return 0;
}
