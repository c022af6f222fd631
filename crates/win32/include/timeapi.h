/* The multimedia clock. */
#ifndef IOCP_TIMEAPI_H
#define IOCP_TIMEAPI_H
#pragma GCC system_header

#include "mmsyscom.h"

#define TIMERR_NOERROR (0)
#define TIMERR_NOCANDO (TIMERR_BASE + 1)
#define TIMERR_STRUCT (TIMERR_BASE + 33)

#pragma pack(push, 1)
typedef struct timecaps_tag {
    UINT wPeriodMin;
    UINT wPeriodMax;
} TIMECAPS, *PTIMECAPS, *NPTIMECAPS, *LPTIMECAPS;
#pragma pack(pop)

IOCP_C_BEGIN

WINMMAPI DWORD WINAPI timeGetTime(VOID);
WINMMAPI MMRESULT WINAPI timeGetDevCaps(LPTIMECAPS caps, UINT length);
WINMMAPI MMRESULT WINAPI timeBeginPeriod(UINT milliseconds);
WINMMAPI MMRESULT WINAPI timeEndPeriod(UINT milliseconds);

IOCP_C_END

#endif
