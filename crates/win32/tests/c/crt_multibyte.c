// variants: short clang
/* mbstowcs and its like are UTF-8 without any setlocale; handlers of invalid parameters. */
#include <windows.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include "check.h"

#ifndef __COMPLETION_PORT__
int main(void)
{
    return 77;
}
#else

static int calls;

static void handler(const wchar_t *expression, const wchar_t *function, const wchar_t *file,
                    unsigned int line, uintptr_t reserved)
{
    (void)expression;
    (void)function;
    (void)file;
    (void)line;
    (void)reserved;
    calls++;
}

int main(void)
{
    wchar_t wide[8];
    wchar_t one = 0;
    char bytes[8];
    char far_character[] = "\xf0\x9f\xa6\x80";
    CHECK(mbstowcs(NULL, "a\xed\x95\x9c", 0) == 2);
    CHECK(mbstowcs(wide, "a\xed\x95\x9c", 8) == 2 && wide[1] == 0xd55c && wide[2] == 0);
    memset(wide, 0x55, sizeof wide);
    CHECK(mbstowcs(wide, "abc", 2) == 2 && wide[1] == 'b' && wide[2] != 0);
    CHECK(wcstombs(NULL, L"a\xd55c", 0) == 4);
    CHECK(wcstombs(bytes, L"a\xd55c", 8) == 4 && strcmp(bytes, "a\xed\x95\x9c") == 0);
    memset(bytes, 'x', sizeof bytes);
    CHECK(wcstombs(bytes, L"a\xd55c", 3) == 1 && bytes[0] == 'a' && bytes[1] == 'x');
    CHECK(mbtowc(&one, "\xed\x95\x9c", 4) == 3 && one == 0xd55c);
    CHECK(mbtowc(&one, "\xff", 4) == -1 && mbtowc(&one, "", 1) == 0 && mbtowc(NULL, NULL, 0) == 0);
    CHECK(wctomb(bytes, 0xae00) == 3 && memcmp(bytes, "\xea\xb8\x80", 3) == 0);
    CHECK(mbstowcs(wide, far_character, 8) == (sizeof(wchar_t) == 2 ? 2 : 1));
    CHECK(wcstombs(bytes, wide, 8) == 4 && strcmp(bytes, far_character) == 0);

    CHECK(_set_invalid_parameter_handler(handler) == NULL);
    CHECK(_get_invalid_parameter_handler() == handler);
    CHECK(strcpy_s(bytes, 2, "too long") != 0 && calls == 1);
    CHECK(_set_thread_local_invalid_parameter_handler(handler) == NULL);
    CHECK(_set_invalid_parameter_handler(NULL) == handler);
    CHECK(strcpy_s(bytes, 2, "too long") != 0 && calls == 2);
    return 0;
}
#endif
