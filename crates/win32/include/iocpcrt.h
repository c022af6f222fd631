/* The C run-time library of Microsoft, as far as it differs from or exceeds the C library of the
   system. Not a Microsoft header: <stdio.h>, <string.h> and the other headers in this directory
   include the system's header of the same name and then this one, because Microsoft's compiler
   offers these names there.

   Nearly everything is an inline function over the C library, so it costs nothing unless it is
   used, and it fits both widths of wchar_t. What needs a state of the process (console, threads,
   the handler of invalid parameters) lives in libiocp. */
#ifndef IOCP_CRT_H
#define IOCP_CRT_H
#pragma GCC system_header

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wchar.h>
#include <wctype.h>

#include "iocplink.h"

typedef int errno_t;
typedef size_t rsize_t;
typedef long long __time64_t;
typedef int __time32_t;

#define _TRUNCATE ((size_t)-1)
#ifndef STRUNCATE
#define STRUNCATE 80
#endif
#ifndef RSIZE_MAX
#define RSIZE_MAX (SIZE_MAX >> 1)
#endif
#define _CRT_SIZE_MAX SIZE_MAX

#define _CRTIMP
#define _ACRTIMP
#define _CRT_INSECURE_DEPRECATE(replacement)
#define _CRT_WIDE_(text) L##text
#define _CRT_WIDE(text) _CRT_WIDE_(text)
#define _CRT_STRINGIZE_(text) #text
#define _CRT_STRINGIZE(text) _CRT_STRINGIZE_(text)
#ifndef __FILEW__
#define __FILEW__ _CRT_WIDE(__FILE__)
#endif
/* Microsoft's is a literal; this is a pointer to the same text. */
#ifndef __FUNCTIONW__
#define __FUNCTIONW__ iocp_function_name(__FUNCTION__)
#endif

IOCP_C_BEGIN

/* The handler of invalid parameters belongs to the process. Without one, a call with an invalid
   parameter writes a line to standard error and ends the process, as on Windows. */
typedef void (*_invalid_parameter_handler)(const wchar_t *expression, const wchar_t *function,
                                           const wchar_t *file, unsigned int line,
                                           uintptr_t reserved);
typedef void (*_purecall_handler)(void);
_invalid_parameter_handler _set_invalid_parameter_handler(_invalid_parameter_handler handler);
_invalid_parameter_handler _get_invalid_parameter_handler(void);
_invalid_parameter_handler
_set_thread_local_invalid_parameter_handler(_invalid_parameter_handler handler);
_invalid_parameter_handler _get_thread_local_invalid_parameter_handler(void);
void _invalid_parameter_noinfo(void);
_purecall_handler _set_purecall_handler(_purecall_handler handler);
_purecall_handler _get_purecall_handler(void);

/* Commands of the Windows shell with which programs hold or clear their console (pause, cls, title,
   color, chcp) are answered here; everything else goes to the system's shell. */
int system(const char *command) IOCP_SYMBOL(system);

/* Microsoft's clock is a watch: milliseconds since the program started, whether it ran or slept. */
clock_t clock(void) IOCP_NO_THROW IOCP_SYMBOL(clock);
#undef CLOCKS_PER_SEC
#define CLOCKS_PER_SEC ((clock_t)1000)

IOCP_C_END

#ifdef __cplusplus
extern "C" {
#endif
/* The C library's own functions under private names: the public name may be redirected here, or
   be absent under -std=c11. */
int iocp_c_vfprintf(FILE *, const char *, va_list) __asm__("vfprintf");
int iocp_c_vsnprintf(char *, size_t, const char *, va_list) __asm__("vsnprintf");
int iocp_c_snprintf(char *, size_t, const char *, ...) __asm__("snprintf");
int iocp_c_vsprintf(char *, const char *, va_list) __asm__("vsprintf");
#ifdef __GLIBC__
int iocp_c_vfscanf(FILE *, const char *, va_list) __asm__("__isoc99_vfscanf");
int iocp_c_vsscanf(const char *, const char *, va_list) __asm__("__isoc99_vsscanf");
#else
int iocp_c_vfscanf(FILE *, const char *, va_list) __asm__("vfscanf");
int iocp_c_vsscanf(const char *, const char *, va_list) __asm__("vsscanf");
#endif
FILE *iocp_c_fopen(const char *, const char *) __asm__("fopen");
FILE *iocp_c_freopen(const char *, const char *, FILE *) __asm__("freopen");
int iocp_c_fileno(FILE *) __asm__("fileno");
int iocp_c_strcasecmp(const char *, const char *) __asm__("strcasecmp");
int iocp_c_strncasecmp(const char *, const char *, size_t) __asm__("strncasecmp");
struct tm *iocp_c_localtime(const time_t *, struct tm *) __asm__("localtime_r");
struct tm *iocp_c_gmtime(const time_t *, struct tm *) __asm__("gmtime_r");
time_t iocp_c_timegm(struct tm *) __asm__("timegm");
void iocp_c_tzset(void) __asm__("tzset");
int iocp_c_clock_gettime(int, struct timespec *) __asm__("clock_gettime");
void iocp_c_sort(void *, size_t, size_t, int (*)(const void *, const void *, void *), void *)
    __asm__("qsort_r");
int iocp_c_posix_memalign(void **, size_t, size_t) __asm__("posix_memalign");
size_t iocp_c_usable_size(void *) __asm__("malloc_usable_size");
int iocp_c_setenv(const char *, const char *, int) __asm__("setenv");
int iocp_c_unsetenv(const char *) __asm__("unsetenv");
ptrdiff_t iocp_c_getrandom(void *, size_t, unsigned int) __asm__("getrandom");
char *iocp_c_realpath(const char *, char *) __asm__("realpath");
char *iocp_c_getcwd(char *, size_t) __asm__("getcwd");
int iocp_c_access(const char *, int) __asm__("access");
int iocp_c_chdir(const char *) __asm__("chdir");
int iocp_c_mkdir(const char *, unsigned int) __asm__("mkdir");
int iocp_c_rmdir(const char *) __asm__("rmdir");
int iocp_c_unlink(const char *) __asm__("unlink");
int iocp_c_open(const char *, int, ...) __asm__("open");
int iocp_c_close(int) __asm__("close");
int iocp_c_ftruncate(int, long) __asm__("ftruncate");
int iocp_c_fsync(int) __asm__("fsync");
FILE *iocp_c_fdopen(int, const char *) __asm__("fdopen");
int iocp_c_getpid(void) __asm__("getpid");
int iocp_c_rename(int, const char *, int, const char *, unsigned int) __asm__("renameat2");
char *iocp_c_setlocale(int, const char *) __asm__("setlocale");
int iocp_c_usleep(unsigned int) __asm__("usleep");
FILE *iocp_c_popen(const char *, const char *) __asm__("popen");
int iocp_c_pclose(FILE *) __asm__("pclose");
#ifdef __cplusplus
}
#endif

IOCP_CRT_BEGIN

/* Reports an invalid parameter the way every _s function does: errno, handler, result. */
IOCP_CRT errno_t iocp_invalid(errno_t code)
{
    errno = code;
    _invalid_parameter_noinfo();
    errno = code;
    return code;
}

IOCP_CRT_END

#include "iocputf.h"
#include "iocpwide.h"
#include "iocpformat.h"
#include "iocpscan.h"

IOCP_CRT_BEGIN
#define IOCP_C char
#define IOCP_NAME(narrow, wide) narrow
#include "iocpchars.h"
#undef IOCP_C
#undef IOCP_NAME
#define IOCP_C wchar_t
#define IOCP_NAME(narrow, wide) wide
#include "iocpchars.h"
#undef IOCP_C
#undef IOCP_NAME
IOCP_CRT_END

#include "iocpstdlib.h"
#include "iocptime.h"
#include "iocpfolders.h"

#endif
