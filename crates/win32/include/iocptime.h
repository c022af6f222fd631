/* Time as Microsoft's <time.h> has it: time_t has 64 bits under every name, and localtime_s and its
   like take the result first, unlike the functions of these names in the C standard. Part of
   iocpcrt.h. */
#ifndef IOCP_TIME_PART_H
#define IOCP_TIME_PART_H
#pragma GCC system_header

IOCP_CRT_BEGIN

/* Fills a time with the values that Microsoft's functions leave behind after an error. */
IOCP_CRT errno_t iocp_time_failed(struct tm *to, errno_t error)
{
    if (to != NULL) {
        memset(to, 0, sizeof *to);
        to->tm_sec = to->tm_min = to->tm_hour = to->tm_mday = to->tm_mon = to->tm_year = -1;
        to->tm_wday = to->tm_yday = to->tm_isdst = -1;
    }
    return iocp_invalid(error);
}

IOCP_CRT errno_t localtime_s(struct tm *to, const time_t *time)
{
    if (to == NULL || time == NULL || *time < 0)
        return iocp_time_failed(to, EINVAL);
    iocp_c_tzset();
    return iocp_c_localtime(time, to) == NULL ? iocp_time_failed(to, EINVAL) : 0;
}

IOCP_CRT errno_t gmtime_s(struct tm *to, const time_t *time)
{
    if (to == NULL || time == NULL || *time < 0)
        return iocp_time_failed(to, EINVAL);
    return iocp_c_gmtime(time, to) == NULL ? iocp_time_failed(to, EINVAL) : 0;
}

IOCP_CRT errno_t _localtime64_s(struct tm *to, const __time64_t *time)
{
    time_t value = time == NULL ? -1 : (time_t)*time;
    return localtime_s(to, &value);
}

IOCP_CRT errno_t _gmtime64_s(struct tm *to, const __time64_t *time)
{
    time_t value = time == NULL ? -1 : (time_t)*time;
    return gmtime_s(to, &value);
}

IOCP_CRT struct tm *_localtime64(const __time64_t *time)
{
    time_t value = (time_t)*time;
    return localtime(&value);
}

IOCP_CRT struct tm *_gmtime64(const __time64_t *time)
{
    time_t value = (time_t)*time;
    return gmtime(&value);
}

IOCP_CRT __time64_t _time64(__time64_t *to)
{
    __time64_t now = time(NULL);
    if (to != NULL)
        *to = now;
    return now;
}

IOCP_CRT __time32_t _time32(__time32_t *to)
{
    __time32_t now = (__time32_t)time(NULL);
    if (to != NULL)
        *to = now;
    return now;
}

IOCP_CRT __time64_t _mktime64(struct tm *parts)
{
    return mktime(parts);
}

IOCP_CRT time_t _mkgmtime(struct tm *parts)
{
    return iocp_c_timegm(parts);
}

IOCP_CRT __time64_t _mkgmtime64(struct tm *parts)
{
    return iocp_c_timegm(parts);
}

IOCP_CRT double _difftime64(__time64_t a, __time64_t b)
{
    return (double)(a - b);
}

IOCP_CRT char *_ctime64(const __time64_t *time)
{
    time_t value = (time_t)*time;
    return ctime(&value);
}

IOCP_CRT void _tzset(void)
{
    iocp_c_tzset();
}

/* A date has 26 characters with its line feed and terminator. */
IOCP_CRT errno_t asctime_s(char *to, size_t size, const struct tm *parts)
{
    static const char days[] = "SunMonTueWedThuFriSat";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    if (to != NULL && size > 0)
        *to = 0;
    if (to == NULL || size < 26 || parts == NULL || parts->tm_mon < 0 || parts->tm_mon > 11 ||
        parts->tm_wday < 0 || parts->tm_wday > 6)
        return iocp_invalid(EINVAL);
    iocp_c_snprintf(to, size, "%.3s %.3s %02d %02d:%02d:%02d %d\n", days + 3 * parts->tm_wday,
                    months + 3 * parts->tm_mon, parts->tm_mday, parts->tm_hour, parts->tm_min,
                    parts->tm_sec, 1900 + parts->tm_year);
    return 0;
}

IOCP_CRT errno_t ctime_s(char *to, size_t size, const time_t *time)
{
    struct tm parts;
    errno_t error;
    if (to != NULL && size > 0)
        *to = 0;
    if (to == NULL || size < 26 || time == NULL || *time < 0)
        return iocp_invalid(EINVAL);
    error = localtime_s(&parts, time);
    return error != 0 ? error : asctime_s(to, size, &parts);
}

IOCP_CRT errno_t _ctime64_s(char *to, size_t size, const __time64_t *time)
{
    time_t value = time == NULL ? -1 : (time_t)*time;
    return ctime_s(to, size, &value);
}

IOCP_CRT errno_t _wasctime_s(wchar_t *to, size_t size, const struct tm *parts)
{
    char text[64];
    errno_t error;
    if (to != NULL && size > 0)
        *to = 0;
    if (to == NULL || size < 26)
        return iocp_invalid(EINVAL);
    error = asctime_s(text, sizeof text, parts);
    if (error == 0)
        to[iocp_store_wide(to, size - 1, text, strlen(text))] = 0;
    return error;
}

IOCP_CRT errno_t _wctime_s(wchar_t *to, size_t size, const time_t *time)
{
    struct tm parts;
    errno_t error = localtime_s(&parts, time);
    return error != 0 ? error : _wasctime_s(to, size, &parts);
}

/* Today and now in the forms of the command processor. */
IOCP_CRT errno_t iocp_now(char *to, size_t size, const char *format)
{
    time_t now = time(NULL);
    struct tm parts;
    if (to == NULL || size < 9)
        return iocp_invalid(to == NULL ? EINVAL : ERANGE);
    localtime_s(&parts, &now);
    return strftime(to, size, format, &parts) == 0 ? ERANGE : 0;
}

IOCP_CRT errno_t _strdate_s(char *to, size_t size)
{
    return iocp_now(to, size, "%m/%d/%y");
}

IOCP_CRT errno_t _strtime_s(char *to, size_t size)
{
    return iocp_now(to, size, "%H:%M:%S");
}

IOCP_CRT char *_strdate(char *to)
{
    return _strdate_s(to, 9) == 0 ? to : NULL;
}

IOCP_CRT char *_strtime(char *to)
{
    return _strtime_s(to, 9) == 0 ? to : NULL;
}

#ifdef __cplusplus

/* The forms that learn the size from the array. */
template <size_t Size> IOCP_CRT errno_t asctime_s(char (&to)[Size], const struct tm *parts)
{
    return asctime_s(to, Size, parts);
}

template <size_t Size> IOCP_CRT errno_t ctime_s(char (&to)[Size], const time_t *time)
{
    return ctime_s(to, Size, time);
}

template <size_t Size> IOCP_CRT errno_t _wasctime_s(wchar_t (&to)[Size], const struct tm *parts)
{
    return _wasctime_s(to, Size, parts);
}

template <size_t Size> IOCP_CRT errno_t _wctime_s(wchar_t (&to)[Size], const time_t *time)
{
    return _wctime_s(to, Size, time);
}

template <size_t Size> IOCP_CRT errno_t _strdate_s(char (&to)[Size])
{
    return _strdate_s(to, Size);
}

template <size_t Size> IOCP_CRT errno_t _strtime_s(char (&to)[Size])
{
    return _strtime_s(to, Size);
}

#endif

IOCP_CRT_END

#endif
