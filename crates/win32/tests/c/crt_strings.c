// variants: short clang
/* Strings with a size, strings without regard to case, numbers as strings. */
#include <windows.h>
#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "check.h"

static int calls;

static void handler(const wchar_t *expression, const wchar_t *function, const wchar_t *file,
                    unsigned line, uintptr_t reserved)
{
    (void)expression;
    (void)function;
    (void)file;
    (void)line;
    (void)reserved;
    calls++;
}

static void copies(void)
{
    char s[16];
    wchar_t w[16];
    CHECK(strcpy_s(s, 4, "abc") == 0 && strcmp(s, "abc") == 0 && calls == 0);
    CHECK(strcpy_s(s, 3, "abc") == ERANGE && s[0] == 0 && calls == 1);
    CHECK(strcpy_s(s, 3, NULL) == EINVAL && calls == 2);
    CHECK(strncpy_s(s, 4, "abcdef", _TRUNCATE) == STRUNCATE && strcmp(s, "abc") == 0);
    CHECK(strncpy_s(s, 4, "abcdef", 3) == 0 && strcmp(s, "abc") == 0);
    CHECK(strncpy_s(s, 4, "abcdef", 4) == ERANGE && s[0] == 0);
    CHECK(strncpy_s(s, 10, "ab", 5) == 0 && strcmp(s, "ab") == 0);
    CHECK(strcat_s(s, 5, "cd") == 0 && strcmp(s, "abcd") == 0);
    CHECK(strcat_s(s, 5, "e") == ERANGE && s[0] == 0);
    CHECK(strcpy_s(s, 5, "ab") == 0 && strncat_s(s, 5, "cdef", 2) == 0 && strcmp(s, "abcd") == 0);
    CHECK(strcpy_s(s, 5, "ab") == 0 && strncat_s(s, 5, "cdef", _TRUNCATE) == STRUNCATE);
    CHECK(strcmp(s, "abcd") == 0);
    CHECK(wcscpy_s(w, 4, L"abc") == 0 && wcscmp(w, L"abc") == 0);
    CHECK(wcscat_s(w, 8, L"de") == 0 && wcscmp(w, L"abcde") == 0);
    CHECK(wcsncpy_s(w, 3, L"abcdef", _TRUNCATE) == STRUNCATE && wcscmp(w, L"ab") == 0);
    memset(s, 1, sizeof s);
    CHECK(memcpy_s(s, 3, "abcd", 4) == ERANGE && s[0] == 0 && s[2] == 0 && s[3] == 1);
    CHECK(memcpy_s(s, 4, "abcd", 4) == 0 && memcmp(s, "abcd", 4) == 0);
    CHECK(memmove_s(s + 1, 4, s, 3) == 0 && memcmp(s, "aabc", 4) == 0);
    CHECK(strnlen_s("abc", 10) == 3 && strnlen_s("abc", 2) == 2 && strnlen_s(NULL, 3) == 0);
}

static void tokens(void)
{
    char s[] = ",a,b;;c", *rest = NULL;
    wchar_t w[] = L"x y", *wide_rest = NULL;
    CHECK(strcmp(strtok_s(s, ",;", &rest), "a") == 0);
    CHECK(strcmp(strtok_s(NULL, ",;", &rest), "b") == 0);
    CHECK(strcmp(strtok_s(NULL, ";", &rest), "c") == 0);
    CHECK(strtok_s(NULL, ",;", &rest) == NULL);
    CHECK(wcscmp(wcstok_s(w, L" ", &wide_rest), L"x") == 0);
    CHECK(wcscmp(wcstok_s(NULL, L" ", &wide_rest), L"y") == 0);
}

static void letters(void)
{
    char s[] = "AbC", *copy = _strdup(s);
    wchar_t w[] = L"AbC";
    CHECK(_stricmp("AbC", "aBc") == 0 && _stricmp("a", "B") < 0 && _stricmp("b", "A") > 0);
    CHECK(_strnicmp("abX", "ABy", 2) == 0 && _strnicmp("abX", "ABy", 3) < 0);
    CHECK(_wcsicmp(L"AbC", L"aBc") == 0 && _wcsnicmp(L"ab", L"AC", 1) == 0);
    CHECK(strcmp(_strlwr(s), "abc") == 0 && strcmp(_strupr(s), "ABC") == 0);
    CHECK(wcscmp(_wcsupr(w), L"ABC") == 0 && strcmp(_strrev(s), "CBA") == 0);
    CHECK(strcmp(copy, "AbC") == 0);
    free(copy);
}

static void numbers(void)
{
    char s[80];
    wchar_t w[80];
    CHECK(strcmp(_itoa(-255, s, 16), "ffffff01") == 0 && strcmp(_itoa(-255, s, 10), "-255") == 0);
    CHECK(strcmp(_ltoa(-1, s, 16), "ffffffff") == 0 && strcmp(_ultoa(7, s, 2), "111") == 0);
    CHECK(strcmp(_i64toa(-1, s, 16), "ffffffffffffffff") == 0);
    CHECK(wcscmp(_itow(-77, w, 10), L"-77") == 0);
    CHECK(_itoa_s(123, s, 3, 10) == ERANGE && s[0] == 0);
    CHECK(_itow_s(123, w, 4, 10) == 0 && wcscmp(w, L"123") == 0);
    CHECK(_ui64tow_s(18446744073709551615ull, w, 80, 10) == 0);
    CHECK(wcscmp(w, L"18446744073709551615") == 0);
    CHECK(_wtoi(L" -42x") == -42 && _wtoi64(L"99") == 99);
    CHECK(_atoi64("123456789012") == 123456789012 && _wcstoui64(L"0xff", NULL, 16) == 255);
}

static void memory(void)
{
    char *block = _aligned_malloc(100, 64);
    int i;
    CHECK(((uintptr_t)block & 63) == 0);
    for (i = 0; i < 100; i++)
        block[i] = (char)i;
    block = _aligned_realloc(block, 10000, 64);
    CHECK(((uintptr_t)block & 63) == 0);
    for (i = 0; i < 100; i++)
        CHECK(block[i] == (char)i);
    _aligned_free(block);
}

int main(void)
{
    _set_invalid_parameter_handler(handler);
    copies();
    tokens();
    letters();
    numbers();
    memory();
    return 0;
}
