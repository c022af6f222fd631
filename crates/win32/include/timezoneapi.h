/* Calendar time and time zones. */
#ifndef IOCP_TIMEZONEAPI_H
#define IOCP_TIMEZONEAPI_H
#pragma GCC system_header

#include "minwinbase.h"

#define TIME_ZONE_ID_INVALID ((DWORD)0xFFFFFFFF)

typedef struct _TIME_ZONE_INFORMATION {
    LONG Bias;
    WCHAR StandardName[32];
    SYSTEMTIME StandardDate;
    LONG StandardBias;
    WCHAR DaylightName[32];
    SYSTEMTIME DaylightDate;
    LONG DaylightBias;
} TIME_ZONE_INFORMATION, *PTIME_ZONE_INFORMATION, *LPTIME_ZONE_INFORMATION;

IOCP_C_BEGIN

WINBASEAPI BOOL WINAPI FileTimeToSystemTime(CONST FILETIME *file_time, LPSYSTEMTIME system_time);
WINBASEAPI BOOL WINAPI SystemTimeToFileTime(CONST SYSTEMTIME *system_time, LPFILETIME file_time);
WINBASEAPI DWORD WINAPI GetTimeZoneInformation(
    LPTIME_ZONE_INFORMATION zone) IOCP_WIDE(GetTimeZoneInformation);
WINBASEAPI BOOL WINAPI SystemTimeToTzSpecificLocalTime(CONST TIME_ZONE_INFORMATION *zone,
    CONST SYSTEMTIME *universal, LPSYSTEMTIME local) IOCP_WIDE(SystemTimeToTzSpecificLocalTime);
WINBASEAPI BOOL WINAPI TzSpecificLocalTimeToSystemTime(CONST TIME_ZONE_INFORMATION *zone,
    CONST SYSTEMTIME *local, LPSYSTEMTIME universal) IOCP_WIDE(TzSpecificLocalTimeToSystemTime);

IOCP_C_END

#endif
