/* Time in Microsoft's order of arguments. */
#include <windows.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/timeb.h>
#include <time.h>

#include "check.h"

static void ignore(const wchar_t *expression, const wchar_t *function, const wchar_t *file,
                   unsigned line, uintptr_t reserved)
{
    (void)expression;
    (void)function;
    (void)file;
    (void)line;
    (void)reserved;
}

int main(void)
{
    time_t year = 365 * 86400, back = -1, now = time(NULL);
    struct tm parts;
    struct _timeb precise;
    clock_t begin;
    char text[32];
    _set_invalid_parameter_handler(ignore);
    CHECK(gmtime_s(&parts, &year) == 0 && parts.tm_year == 71 && parts.tm_yday == 0);
    CHECK(asctime_s(text, 32, &parts) == 0 && strncmp(text, "Fri Jan ", 8) == 0);
    CHECK(strcmp(text + 10, " 00:00:00 1971\n") == 0);
    CHECK(_mkgmtime(&parts) == year);
    CHECK(localtime_s(&parts, &year) == 0 && mktime(&parts) == year);
    CHECK(ctime_s(text, 26, &year) == 0 && strlen(text) == 25);
    CHECK(ctime_s(text, 10, &year) == EINVAL && text[0] == 0);
    CHECK(localtime_s(&parts, &back) == EINVAL && gmtime_s(&parts, NULL) == EINVAL);
    _ftime(&precise);
    CHECK(precise.time >= now && precise.time <= now + 5 && precise.millitm < 1000);
    CHECK(_time64(NULL) >= now);
    begin = clock();
    Sleep(50);
    CHECK(begin >= 0 && (clock() - begin) * 1000 / CLOCKS_PER_SEC >= 40);
    return 0;
}
