/* Before the C library's <stdlib.h>: declares the functions that differ here, and hides those of
   the C library, which under _FORTIFY_SOURCE come with definitions. Narrow text is UTF-8 in every
   locale. A header that includes this includes iocpshow.h behind. */
#pragma GCC system_header

#ifndef IOCP_HIDE_H
#define IOCP_HIDE_H

#include "iocplink.h"

IOCP_C_BEGIN

int mbtowc(wchar_t *wide, const char *s, size_t size) IOCP_NO_THROW IOCP_SYMBOL_WIDE(mbtowc);
int wctomb(char *s, wchar_t c) IOCP_NO_THROW IOCP_SYMBOL_WIDE(wctomb);
size_t mbstowcs(wchar_t *wide, const char *s, size_t size) IOCP_NO_THROW
    IOCP_SYMBOL_WIDE(mbstowcs);
size_t wcstombs(char *s, const wchar_t *wide, size_t size) IOCP_NO_THROW
    IOCP_SYMBOL_WIDE(wcstombs);

IOCP_C_END

#endif

#define mbtowc iocp_hidden_mbtowc
#define wctomb iocp_hidden_wctomb
#define mbstowcs iocp_hidden_mbstowcs
#define wcstombs iocp_hidden_wcstombs
