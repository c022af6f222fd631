// variants: short clang
/* printf in Microsoft's dialect: sizes of integers, wide and narrow text, results of functions that
   stop at the end of a buffer. */
#include <windows.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "check.h"

#define NARROW(expected, ...)                                   \
    do {                                                        \
        char text[400];                                         \
        int length = sprintf(text, __VA_ARGS__);                \
        if (strcmp(text, expected) != 0)                        \
            fprintf(stderr, "%s, not %s\n", text, expected);    \
        CHECK(strcmp(text, expected) == 0);                     \
        CHECK(length == (int)strlen(expected));                 \
    } while (0)

#define WIDE(expected, ...)                                     \
    do {                                                        \
        wchar_t text[400];                                      \
        int length = _snwprintf(text, 400, __VA_ARGS__);        \
        CHECK(wcscmp(text, expected) == 0);                     \
        CHECK(length == (int)wcslen(expected));                 \
    } while (0)

static void integers(void)
{
    long long large = 1234567890123;
    LONG negative = -5;
    DWORD huge = 4000000000u;
    NARROW("1234567890123", "%I64d", large);
    NARROW("11f71fb04cb", "%I64x", large);
    NARROW("  1234567890123|1234567890123  |", "%15I64d|%-15I64u|", large, large);
    NARROW("+7 00007", "%+I64d %05I64d", 7LL, 7LL);
    NARROW("-5 4000000000 0xee6b2800", "%ld %lu 0x%lx", negative, huge, huge);
    NARROW("-5 12", "%I32d %Iu", negative, (size_t)12);
    NARROW("a 1 2 3 4 5 6 7 8", "a %d %ld %I64d %d %d %d %d %ld", 1, 2, 3LL, 4, 5, 6, 7, 8);
    NARROW("1.0 2.0 3.0 4.0 5.0 6.0 7.0 8.0 9.0 10 11",
           "%.1f %.1f %.1f %.1f %.1f %.1f %.1f %.1f %.1f %ld %I64d", 1.0, 2.0, 3.0, 4.0, 5.0, 6.0,
           7.0, 8.0, 9.0, 10, 11LL);
    NARROW("  5|5  |007", "%*d|%-*d|%.*I64d", 3, 5, 3, 5, 3, 7LL);
    NARROW("0000000000001234", "%p", (void *)0x1234);
    NARROW("100% 1.50 ff", "%d%% %.2f %x", 100, 1.5, 255);
}

static void texts(void)
{
    NARROW("x wide y", "x %S y", L"wide");
    NARROW("x wide y", "x %ls y", L"wide");
    NARROW("x narrow y", "x %hs y", "narrow");
    NARROW("  ab|ab  |a", "%4S|%-4S|%.1S", L"ab", L"ab", L"ab");
    NARROW("x|y", "%c|%C", 'x', L'y');
    WIDE(L"wide narrow", L"%s %S", L"wide", "narrow");
    WIDE(L"narrow wide", L"%hs %ls", "narrow", L"wide");
    WIDE(L"5 1234567890123 x", L"%d %I64d %c", 5, 1234567890123LL, L'x');
    WIDE(L"  ab|ab  |a", L"%4s|%-4s|%.1s", L"ab", L"ab", L"ab");
}

/* Texts longer than any buffer inside. */
static void lengths(void)
{
    static char source[1501], text[3000];
    memset(source, 'x', 1500);
    CHECK(sprintf(text, "%s%ld", source, 7) == 1501 && text[1500] == '7');
    CHECK(sprintf(text, "%1200ld", 7) == 1200 && text[1199] == '7');
    CHECK(sprintf(text, "%.1000f%ld", 0.5, 1) == 1003);
}

static int checked(char *buffer, size_t size, const char *format, ...)
{
    va_list list;
    int result;
    va_start(list, format);
    result = _vsnprintf(buffer, size, format, list);
    va_end(list);
    return result;
}

static void ends(void)
{
    char text[16];
    wchar_t wide[16];
    CHECK(_snprintf(text, 4, "%s", "abc") == 3 && strcmp(text, "abc") == 0);
    memset(text, '#', sizeof text);
    CHECK(_snprintf(text, 3, "%s", "abc") == 3 && memcmp(text, "abc#", 4) == 0);
    memset(text, '#', sizeof text);
    CHECK(_snprintf(text, 3, "%s", "abcd") == -1 && memcmp(text, "abc#", 4) == 0);
    CHECK(checked(text, 16, "%I64d", 77LL) == 2 && strcmp(text, "77") == 0);
    CHECK(checked(text, 2, "%s", "abcd") == -1);
    CHECK(snprintf(text, 3, "%I64d", 1234567890123LL) == 13 && strcmp(text, "12") == 0);
    CHECK(_scprintf("%I64d", 1234567890123LL) == 13 && _scwprintf(L"%s", L"abc") == 3);
    CHECK(_snprintf_s(text, 4, _TRUNCATE, "%s", "abcdef") == -1 && strcmp(text, "abc") == 0);
    CHECK(_snprintf_s(text, 10, 2, "%s", "abcdef") == -1 && strcmp(text, "ab") == 0);
    CHECK(_snprintf_s(text, 10, 9, "%s", "abc") == 3 && strcmp(text, "abc") == 0);
    CHECK(sprintf_s(text, 4, "%s", "abc") == 3 && strcmp(text, "abc") == 0);
    CHECK(swprintf_s(wide, 16, L"%s-%d", L"x", 3) == 3 && wcscmp(wide, L"x-3") == 0);
    CHECK(_snwprintf_s(wide, 4, _TRUNCATE, L"%s", L"abcdef") == -1);
    CHECK(wcscmp(wide, L"abc") == 0);
    CHECK(_snwprintf(wide, 3, L"%s", L"abcd") == -1 && wmemcmp(wide, L"abc", 3) == 0);
}

int main(void)
{
    integers();
    texts();
    lengths();
    ends();
    return 0;
}
