/* The console, character by character. */
#ifndef IOCP_CONIO_H
#define IOCP_CONIO_H
#pragma GCC system_header

#include "iocpcrt.h"

IOCP_C_BEGIN

/* These read the terminal, or standard input where there is none. _getch and _getche give 0 or
   0xE0 before the code of a function key. */
int _kbhit(void);
int _getch(void);
int _getche(void);
int _ungetch(int c);
int _putch(int c);
int _cputs(const char *s);
wint_t _getwch(void) IOCP_WIDE(_getwch);
wint_t _getwche(void) IOCP_WIDE(_getwche);
wint_t _ungetwch(wint_t c) IOCP_WIDE(_ungetwch);
wint_t _putwch(wchar_t c) IOCP_WIDE(_putwch);
int _cputws(const wchar_t *s) IOCP_WIDE(_cputws);

IOCP_C_END

IOCP_CRT_BEGIN

IOCP_CRT int iocp_console_print(struct iocp_text *text)
{
    int length = (int)text->length;
    const char *bytes = iocp_text_bytes(text);
    if (bytes == NULL || _cputs(bytes) != 0)
        length = -1;
    iocp_text_end(text);
    return length;
}

IOCP_CRT int _vcprintf(const char *format, va_list list)
{
    struct iocp_text text;
    iocp_format_narrow(&text, format, list);
    return iocp_console_print(&text);
}

IOCP_CRT int _vcwprintf(const wchar_t *format, va_list list)
{
    struct iocp_text text;
    iocp_format_wide(&text, format, list);
    return iocp_console_print(&text);
}

IOCP_VARIADIC(_cprintf, (const char *format, ...), format, _vcprintf(format, list))
IOCP_VARIADIC(_cprintf_s, (const char *format, ...), format, _vcprintf(format, list))
IOCP_VARIADIC(_cwprintf, (const wchar_t *format, ...), format, _vcwprintf(format, list))
IOCP_VARIADIC(_cwprintf_s, (const wchar_t *format, ...), format, _vcwprintf(format, list))

/* The names without an underscore. */
IOCP_CRT int kbhit(void)
{
    return _kbhit();
}

IOCP_CRT int getch(void)
{
    return _getch();
}

IOCP_CRT int getche(void)
{
    return _getche();
}

IOCP_CRT int ungetch(int c)
{
    return _ungetch(c);
}

IOCP_CRT int putch(int c)
{
    return _putch(c);
}

IOCP_CRT int cputs(const char *s)
{
    return _cputs(s);
}

IOCP_CRT_END

#endif
