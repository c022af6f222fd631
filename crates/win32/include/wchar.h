/* The C library's header, then Microsoft's additions to it. The C library declares the functions
   that differ under hidden names, so that iocpcrt.h can define them; with 16-bit wchar_t that is
   everything that touches a wide string. */
#pragma GCC system_header
#ifndef IOCP_WCHAR_H
#define IOCP_WCHAR_H
#define fwprintf iocp_hidden_fwprintf
#define wprintf iocp_hidden_wprintf
#define swprintf iocp_hidden_swprintf
#define vfwprintf iocp_hidden_vfwprintf
#define vwprintf iocp_hidden_vwprintf
#define vswprintf iocp_hidden_vswprintf
#define fwscanf iocp_hidden_fwscanf
#define wscanf iocp_hidden_wscanf
#define swscanf iocp_hidden_swscanf
#define vfwscanf iocp_hidden_vfwscanf
#define vwscanf iocp_hidden_vwscanf
#define vswscanf iocp_hidden_vswscanf
#define fgetwc iocp_hidden_fgetwc
#define getwc iocp_hidden_getwc
#define getwchar iocp_hidden_getwchar
#define fputwc iocp_hidden_fputwc
#define putwc iocp_hidden_putwc
#define putwchar iocp_hidden_putwchar
#define ungetwc iocp_hidden_ungetwc
#define fgetws iocp_hidden_fgetws
#define fputws iocp_hidden_fputws
#if __SIZEOF_WCHAR_T__ == 2
#define wcslen iocp_hidden_wcslen
#define wcsnlen iocp_hidden_wcsnlen
#define wmemcpy iocp_hidden_wmemcpy
#define wmemmove iocp_hidden_wmemmove
#define wmempcpy iocp_hidden_wmempcpy
#define wmemset iocp_hidden_wmemset
#define wmemcmp iocp_hidden_wmemcmp
#define wmemchr iocp_hidden_wmemchr
#define wcscpy iocp_hidden_wcscpy
#define wcpcpy iocp_hidden_wcpcpy
#define wcsncpy iocp_hidden_wcsncpy
#define wcscat iocp_hidden_wcscat
#define wcsncat iocp_hidden_wcsncat
#define wcscmp iocp_hidden_wcscmp
#define wcsncmp iocp_hidden_wcsncmp
#define wcscasecmp iocp_hidden_wcscasecmp
#define wcsncasecmp iocp_hidden_wcsncasecmp
#define wcscoll iocp_hidden_wcscoll
#define wcsxfrm iocp_hidden_wcsxfrm
#define wcschr iocp_hidden_wcschr
#define wcsrchr iocp_hidden_wcsrchr
#define wcsstr iocp_hidden_wcsstr
#define wcspbrk iocp_hidden_wcspbrk
#define wcsspn iocp_hidden_wcsspn
#define wcscspn iocp_hidden_wcscspn
#define wcstok iocp_hidden_wcstok
#define wcsdup iocp_hidden_wcsdup
#define wcstol iocp_hidden_wcstol
#define wcstoul iocp_hidden_wcstoul
#define wcstoll iocp_hidden_wcstoll
#define wcstoull iocp_hidden_wcstoull
#define wcstod iocp_hidden_wcstod
#define wcstof iocp_hidden_wcstof
#define wcstold iocp_hidden_wcstold
#define wcsftime iocp_hidden_wcsftime
#define mbrtowc iocp_hidden_mbrtowc
#define mbrlen iocp_hidden_mbrlen
#define wcrtomb iocp_hidden_wcrtomb
#define mbsrtowcs iocp_hidden_mbsrtowcs
#define wcsrtombs iocp_hidden_wcsrtombs
#endif
#include_next <wchar.h>
#undef fwprintf
#undef wprintf
#undef swprintf
#undef vfwprintf
#undef vwprintf
#undef vswprintf
#undef fwscanf
#undef wscanf
#undef swscanf
#undef vfwscanf
#undef vwscanf
#undef vswscanf
#undef fgetwc
#undef getwc
#undef getwchar
#undef fputwc
#undef putwc
#undef putwchar
#undef ungetwc
#undef fgetws
#undef fputws
#if __SIZEOF_WCHAR_T__ == 2
#undef wcslen
#undef wcsnlen
#undef wmemcpy
#undef wmemmove
#undef wmempcpy
#undef wmemset
#undef wmemcmp
#undef wmemchr
#undef wcscpy
#undef wcpcpy
#undef wcsncpy
#undef wcscat
#undef wcsncat
#undef wcscmp
#undef wcsncmp
#undef wcscasecmp
#undef wcsncasecmp
#undef wcscoll
#undef wcsxfrm
#undef wcschr
#undef wcsrchr
#undef wcsstr
#undef wcspbrk
#undef wcsspn
#undef wcscspn
#undef wcstok
#undef wcsdup
#undef wcstol
#undef wcstoul
#undef wcstoll
#undef wcstoull
#undef wcstod
#undef wcstof
#undef wcstold
#undef wcsftime
#undef mbrtowc
#undef mbrlen
#undef wcrtomb
#undef mbsrtowcs
#undef wcsrtombs
/* The declarations below are the pairs that C++ asks for, whoever the compiler is. */
#ifndef __CORRECT_ISO_CPP_WCHAR_H_PROTO
#define __CORRECT_ISO_CPP_WCHAR_H_PROTO
#endif
/* libstdc++.so holds a std::wstring of 32-bit characters. This is libstdc++'s own switch that makes
   the program instantiate the template instead. Its wide streams have no such switch: they do not
   work with 16-bit wchar_t. */
#ifdef _GLIBCXX_EXTERN_TEMPLATE
#undef _GLIBCXX_EXTERN_TEMPLATE
#define _GLIBCXX_EXTERN_TEMPLATE -1
#endif
#endif
#include <stdarg.h>
#include <bits/types/FILE.h>
#include "iocplink.h"
IOCP_CRT_BEGIN
IOCP_CRT int fwprintf(FILE *stream, const wchar_t *format, ...) IOCP_LABEL(fwprintf);
IOCP_CRT int wprintf(const wchar_t *format, ...) IOCP_LABEL(wprintf);
IOCP_CRT int swprintf(wchar_t *buffer, size_t size, const wchar_t *format, ...)
    IOCP_LABEL(swprintf);
IOCP_CRT int vfwprintf(FILE *stream, const wchar_t *format, va_list list) IOCP_LABEL(vfwprintf);
IOCP_CRT int vwprintf(const wchar_t *format, va_list list) IOCP_LABEL(vwprintf);
IOCP_CRT int vswprintf(wchar_t *buffer, size_t size, const wchar_t *format, va_list list)
    IOCP_LABEL(vswprintf);
IOCP_CRT int fwscanf(FILE *stream, const wchar_t *format, ...) IOCP_LABEL(fwscanf);
IOCP_CRT int wscanf(const wchar_t *format, ...) IOCP_LABEL(wscanf);
IOCP_CRT int swscanf(const wchar_t *text, const wchar_t *format, ...) IOCP_LABEL(swscanf);
IOCP_CRT int vfwscanf(FILE *stream, const wchar_t *format, va_list list) IOCP_LABEL(vfwscanf);
IOCP_CRT int vwscanf(const wchar_t *format, va_list list) IOCP_LABEL(vwscanf);
IOCP_CRT int vswscanf(const wchar_t *text, const wchar_t *format, va_list list)
    IOCP_LABEL(vswscanf);
IOCP_CRT wint_t fgetwc(FILE *stream) IOCP_LABEL(fgetwc);
IOCP_CRT wint_t getwc(FILE *stream) IOCP_LABEL(getwc);
IOCP_CRT wint_t getwchar(void) IOCP_LABEL(getwchar);
IOCP_CRT wint_t fputwc(wchar_t c, FILE *stream) IOCP_LABEL(fputwc);
IOCP_CRT wint_t putwc(wchar_t c, FILE *stream) IOCP_LABEL(putwc);
IOCP_CRT wint_t putwchar(wchar_t c) IOCP_LABEL(putwchar);
IOCP_CRT wint_t ungetwc(wint_t c, FILE *stream) IOCP_LABEL(ungetwc);
IOCP_CRT wchar_t *fgetws(wchar_t *s, int size, FILE *stream) IOCP_LABEL(fgetws);
IOCP_CRT int fputws(const wchar_t *s, FILE *stream) IOCP_LABEL(fputws);
#if __SIZEOF_WCHAR_T__ == 2
IOCP_CRT size_t wcslen(const wchar_t *s) IOCP_LABEL(wcslen);
IOCP_CRT size_t wcsnlen(const wchar_t *s, size_t size) IOCP_LABEL(wcsnlen);
IOCP_CRT wchar_t *wmemcpy(wchar_t *to, const wchar_t *from, size_t n) IOCP_LABEL(wmemcpy);
IOCP_CRT wchar_t *wmemmove(wchar_t *to, const wchar_t *from, size_t n) IOCP_LABEL(wmemmove);
IOCP_CRT wchar_t *wmempcpy(wchar_t *to, const wchar_t *from, size_t n) IOCP_LABEL(wmempcpy);
IOCP_CRT wchar_t *wmemset(wchar_t *s, wchar_t c, size_t n) IOCP_LABEL(wmemset);
IOCP_CRT int wmemcmp(const wchar_t *a, const wchar_t *b, size_t n) IOCP_LABEL(wmemcmp);
IOCP_CRT wchar_t *wcscpy(wchar_t *to, const wchar_t *from) IOCP_LABEL(wcscpy);
IOCP_CRT wchar_t *wcpcpy(wchar_t *to, const wchar_t *from) IOCP_LABEL(wcpcpy);
IOCP_CRT wchar_t *wcsncpy(wchar_t *to, const wchar_t *from, size_t size) IOCP_LABEL(wcsncpy);
IOCP_CRT wchar_t *wcscat(wchar_t *to, const wchar_t *from) IOCP_LABEL(wcscat);
IOCP_CRT wchar_t *wcsncat(wchar_t *to, const wchar_t *from, size_t size) IOCP_LABEL(wcsncat);
IOCP_CRT int wcscmp(const wchar_t *a, const wchar_t *b) IOCP_LABEL(wcscmp);
IOCP_CRT int wcsncmp(const wchar_t *a, const wchar_t *b, size_t n) IOCP_LABEL(wcsncmp);
IOCP_CRT int wcscasecmp(const wchar_t *a, const wchar_t *b) IOCP_LABEL(wcscasecmp);
IOCP_CRT int wcsncasecmp(const wchar_t *a, const wchar_t *b, size_t n) IOCP_LABEL(wcsncasecmp);
IOCP_CRT int wcscoll(const wchar_t *a, const wchar_t *b) IOCP_LABEL(wcscoll);
IOCP_CRT size_t wcsxfrm(wchar_t *to, const wchar_t *from, size_t size) IOCP_LABEL(wcsxfrm);
IOCP_CRT size_t wcsspn(const wchar_t *s, const wchar_t *set) IOCP_LABEL(wcsspn);
IOCP_CRT size_t wcscspn(const wchar_t *s, const wchar_t *set) IOCP_LABEL(wcscspn);
IOCP_CRT wchar_t *wcstok(wchar_t *s, const wchar_t *set, wchar_t **rest) IOCP_LABEL(wcstok);
IOCP_CRT wchar_t *wcsdup(const wchar_t *s) IOCP_LABEL(wcsdup);
IOCP_CRT long wcstol(const wchar_t *s, wchar_t **end, int base) IOCP_LABEL(wcstol);
IOCP_CRT unsigned long wcstoul(const wchar_t *s, wchar_t **end, int base) IOCP_LABEL(wcstoul);
IOCP_CRT long long wcstoll(const wchar_t *s, wchar_t **end, int base) IOCP_LABEL(wcstoll);
IOCP_CRT unsigned long long wcstoull(const wchar_t *s, wchar_t **end, int base)
    IOCP_LABEL(wcstoull);
IOCP_CRT double wcstod(const wchar_t *s, wchar_t **end) IOCP_LABEL(wcstod);
IOCP_CRT float wcstof(const wchar_t *s, wchar_t **end) IOCP_LABEL(wcstof);
IOCP_CRT long double wcstold(const wchar_t *s, wchar_t **end) IOCP_LABEL(wcstold);
IOCP_CRT size_t wcsftime(wchar_t *s, size_t size, const wchar_t *format, const struct tm *time)
    IOCP_LABEL(wcsftime);
IOCP_CRT size_t mbrtowc(wchar_t *wide, const char *s, size_t size, mbstate_t *state)
    IOCP_LABEL(mbrtowc);
IOCP_CRT size_t mbrlen(const char *s, size_t size, mbstate_t *state) IOCP_LABEL(mbrlen);
IOCP_CRT size_t wcrtomb(char *s, wchar_t c, mbstate_t *state) IOCP_LABEL(wcrtomb);
IOCP_CRT size_t mbsrtowcs(wchar_t *wide, const char **s, size_t size, mbstate_t *state)
    IOCP_LABEL(mbsrtowcs);
IOCP_CRT size_t wcsrtombs(char *s, const wchar_t **wide, size_t size, mbstate_t *state)
    IOCP_LABEL(wcsrtombs);
#ifdef __cplusplus
IOCP_CRT const wchar_t *wcschr(const wchar_t *s, wchar_t c) IOCP_LABEL(wcschr);
IOCP_CRT const wchar_t *wcsrchr(const wchar_t *s, wchar_t c) IOCP_LABEL(wcsrchr);
IOCP_CRT const wchar_t *wcsstr(const wchar_t *s, const wchar_t *part) IOCP_LABEL(wcsstr);
IOCP_CRT const wchar_t *wcspbrk(const wchar_t *s, const wchar_t *set) IOCP_LABEL(wcspbrk);
IOCP_CRT const wchar_t *wmemchr(const wchar_t *s, wchar_t c, size_t n) IOCP_LABEL(wmemchr);
IOCP_CRT wchar_t *wcschr(wchar_t *s, wchar_t c) IOCP_LABEL(wcschr);
IOCP_CRT wchar_t *wcsrchr(wchar_t *s, wchar_t c) IOCP_LABEL(wcsrchr);
IOCP_CRT wchar_t *wcsstr(wchar_t *s, const wchar_t *part) IOCP_LABEL(wcsstr);
IOCP_CRT wchar_t *wcspbrk(wchar_t *s, const wchar_t *set) IOCP_LABEL(wcspbrk);
IOCP_CRT wchar_t *wmemchr(wchar_t *s, wchar_t c, size_t n) IOCP_LABEL(wmemchr);
#else
IOCP_CRT wchar_t *wcschr(const wchar_t *s, wchar_t c) IOCP_LABEL(wcschr);
IOCP_CRT wchar_t *wcsrchr(const wchar_t *s, wchar_t c) IOCP_LABEL(wcsrchr);
IOCP_CRT wchar_t *wcsstr(const wchar_t *s, const wchar_t *part) IOCP_LABEL(wcsstr);
IOCP_CRT wchar_t *wcspbrk(const wchar_t *s, const wchar_t *set) IOCP_LABEL(wcspbrk);
IOCP_CRT wchar_t *wmemchr(const wchar_t *s, wchar_t c, size_t n) IOCP_LABEL(wmemchr);
#endif
#endif
IOCP_CRT_END
#else
#include_next <wchar.h>
#endif
#include "iocpcrt.h"
