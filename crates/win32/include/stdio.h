/* The C library's header, then Microsoft's additions to it. The C library declares the functions
   that differ under hidden names, so that iocpcrt.h can define them. */
#pragma GCC system_header
#ifndef IOCP_STDIO_H
#define IOCP_STDIO_H
#define printf iocp_hidden_printf
#define fprintf iocp_hidden_fprintf
#define sprintf iocp_hidden_sprintf
#define snprintf iocp_hidden_snprintf
#define vprintf iocp_hidden_vprintf
#define vfprintf iocp_hidden_vfprintf
#define vsprintf iocp_hidden_vsprintf
#define vsnprintf iocp_hidden_vsnprintf
#define scanf iocp_hidden_scanf
#define fscanf iocp_hidden_fscanf
#define sscanf iocp_hidden_sscanf
#define vscanf iocp_hidden_vscanf
#define vfscanf iocp_hidden_vfscanf
#define vsscanf iocp_hidden_vsscanf
#define fopen iocp_hidden_fopen
#define freopen iocp_hidden_freopen
#define remove iocp_hidden_remove
#define rename iocp_hidden_rename
#include_next <stdio.h>
#undef printf
#undef fprintf
#undef sprintf
#undef snprintf
#undef vprintf
#undef vfprintf
#undef vsprintf
#undef vsnprintf
#undef scanf
#undef fscanf
#undef sscanf
#undef vscanf
#undef vfscanf
#undef vsscanf
#undef fopen
#undef freopen
#undef remove
#undef rename
#include <stdarg.h>
#include "iocplink.h"
IOCP_CRT_BEGIN
IOCP_CRT int printf(const char *format, ...) IOCP_LABEL(printf);
IOCP_CRT int fprintf(FILE *stream, const char *format, ...) IOCP_LABEL(fprintf);
IOCP_CRT int sprintf(char *buffer, const char *format, ...) IOCP_LABEL(sprintf);
IOCP_CRT int snprintf(char *buffer, size_t size, const char *format, ...) IOCP_LABEL(snprintf);
IOCP_CRT int vprintf(const char *format, va_list list) IOCP_LABEL(vprintf);
IOCP_CRT int vfprintf(FILE *stream, const char *format, va_list list) IOCP_LABEL(vfprintf);
IOCP_CRT int vsprintf(char *buffer, const char *format, va_list list) IOCP_LABEL(vsprintf);
IOCP_CRT int vsnprintf(char *buffer, size_t size, const char *format, va_list list)
    IOCP_LABEL(vsnprintf);
IOCP_CRT int scanf(const char *format, ...) IOCP_LABEL(scanf);
IOCP_CRT int fscanf(FILE *stream, const char *format, ...) IOCP_LABEL(fscanf);
IOCP_CRT int sscanf(const char *text, const char *format, ...) IOCP_LABEL(sscanf);
IOCP_CRT int vscanf(const char *format, va_list list) IOCP_LABEL(vscanf);
IOCP_CRT int vfscanf(FILE *stream, const char *format, va_list list) IOCP_LABEL(vfscanf);
IOCP_CRT int vsscanf(const char *text, const char *format, va_list list) IOCP_LABEL(vsscanf);
IOCP_CRT FILE *fopen(const char *path, const char *mode) IOCP_LABEL(fopen);
IOCP_CRT FILE *freopen(const char *path, const char *mode, FILE *stream) IOCP_LABEL(freopen);
IOCP_CRT int remove(const char *path) IOCP_LABEL(remove);
IOCP_CRT int rename(const char *from, const char *to) IOCP_LABEL(rename);
IOCP_CRT_END
#else
#include_next <stdio.h>
#endif
#include "iocpcrt.h"
