// variants: short clang
/* wsprintf's formats, in both directions of narrow and wide. */
#include <windows.h>
#include <string.h>
#include <wchar.h>
#include "check.h"

static const char *format(const char *text, ...)
{
    static char made[1025];
    va_list list;
    int length;
    va_start(list, text);
    length = wvsprintfA(made, text, list);
    va_end(list);
    CHECK(length == (int)strlen(made));
    return made;
}

int main(void)
{
    WCHAR wide[1025];
    char narrow[1025];
    char long_text[2000];
    CHECK(wsprintfA(narrow, "%d %u %x %08lX", -5, 7u, 255, 0xbeefL) == 16);
    CHECK(strcmp(narrow, "-5 7 ff 0000BEEF") == 0);
    CHECK(strcmp(format("%d|%5d|%-5d|%05d", 1, 2, 3, -4), "1|    2|3    |-0004") == 0);
    CHECK(strcmp(format("%I64d %I64u", -1LL, 1ULL << 40), "-1 1099511627776") == 0);
    CHECK(strcmp(format("%s %S %hs %ls", "a", L"b", "c", L"d"), "a b c d") == 0);
    CHECK(strcmp(format("%c%C%%", 'x', L'y'), "xy%") == 0);
    CHECK(strcmp(format("%.3s|%6.2s|", "abcdef", "xyz"), "abc|    xy|") == 0);
    /* More than six arguments: the rest is on the stack. */
    CHECK(strcmp(format("%d%d%d%d%d%d%d%d%s", 1, 2, 3, 4, 5, 6, 7, 8, "!"), "12345678!") == 0);
    CHECK(wsprintfW(wide, L"%s %S %hs %d", L"w", "n", "h", 5) == 7);
    CHECK(wcscmp(wide, L"w n h 5") == 0);
    memset(long_text, 'x', sizeof long_text);
    long_text[sizeof long_text - 1] = 0;
    CHECK(wsprintfA(narrow, "%s", long_text) == 1023 && strlen(narrow) == 1023);
    return 0;
}
