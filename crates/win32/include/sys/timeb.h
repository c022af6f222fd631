/* The time with milliseconds. */
#ifndef IOCP_SYS_TIMEB_H
#define IOCP_SYS_TIMEB_H
#pragma GCC system_header

#include "iocpcrt.h"

struct _timeb {
    time_t time;
    unsigned short millitm;
    short timezone;
    short dstflag;
};

struct __timeb64 {
    __time64_t time;
    unsigned short millitm;
    short timezone;
    short dstflag;
};

IOCP_CRT_BEGIN

IOCP_CRT errno_t _ftime64_s(struct __timeb64 *to)
{
    struct timespec now;
    struct tm parts;
    time_t seconds, as_utc;
    if (to == NULL)
        return iocp_invalid(EINVAL);
    iocp_c_clock_gettime(0, &now);
    seconds = now.tv_sec;
    to->time = seconds;
    to->millitm = (unsigned short)(now.tv_nsec / 1000000);
    iocp_c_tzset();
    to->timezone = 0;
    to->dstflag = 0;
    if (iocp_c_localtime(&seconds, &parts) != NULL) {
        /* Minutes west of Greenwich, without summer time. */
        to->dstflag = (short)(parts.tm_isdst > 0);
        as_utc = iocp_c_timegm(&parts);
        to->timezone = (short)((seconds - as_utc) / 60 + (to->dstflag ? 60 : 0));
    }
    return 0;
}

IOCP_CRT void _ftime64(struct __timeb64 *to)
{
    _ftime64_s(to);
}

IOCP_CRT errno_t _ftime_s(struct _timeb *to)
{
    struct __timeb64 now;
    if (to == NULL)
        return iocp_invalid(EINVAL);
    _ftime64_s(&now);
    to->time = (time_t)now.time;
    to->millitm = now.millitm;
    to->timezone = now.timezone;
    to->dstflag = now.dstflag;
    return 0;
}

IOCP_CRT void _ftime(struct _timeb *to)
{
    _ftime_s(to);
}

IOCP_CRT_END

#define timeb _timeb
#define ftime _ftime

#endif
