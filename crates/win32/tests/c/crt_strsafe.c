// variants: short clang
/* Strings that never overflow: what is stored, and what the result says. */
#include <windows.h>
#include <strsafe.h>

#include "check.h"

int main(void)
{
    char s[8];
    WCHAR w[8], *end;
    size_t n;
    CHECK(StringCchCopyA(s, 8, "abc") == S_OK && strcmp(s, "abc") == 0);
    CHECK(StringCchCopyA(s, 3, "abc") == STRSAFE_E_INSUFFICIENT_BUFFER && strcmp(s, "ab") == 0);
    CHECK(StringCchCopyA(s, 0, "abc") == STRSAFE_E_INVALID_PARAMETER);
    CHECK(StringCchCatA(s, 8, "cd") == S_OK && strcmp(s, "abcd") == 0);
    CHECK(StringCchCatA(s, 6, "efg") == STRSAFE_E_INSUFFICIENT_BUFFER && strcmp(s, "abcde") == 0);
    CHECK(StringCchCopyNA(s, 8, "abcdef", 2) == S_OK && strcmp(s, "ab") == 0);
    CHECK(StringCchPrintfA(s, 8, "%d-%s", 12, "x") == S_OK && strcmp(s, "12-x") == 0);
    CHECK(StringCchPrintfA(s, 4, "%d-%s", 12, "x") == STRSAFE_E_INSUFFICIENT_BUFFER);
    CHECK(strcmp(s, "12-") == 0);
    CHECK(StringCchPrintfW(w, 8, L"%s", L"abc") == S_OK && wcscmp(w, L"abc") == 0);
    CHECK(StringCbCopyW(w, 3 * sizeof(WCHAR), L"abc") == STRSAFE_E_INSUFFICIENT_BUFFER);
    CHECK(wcscmp(w, L"ab") == 0);
    CHECK(StringCbCopyNW(w, sizeof w, L"abcdef", 4 * sizeof(WCHAR)) == S_OK);
    CHECK(wcscmp(w, L"abcd") == 0);
    CHECK(StringCbLengthW(w, sizeof w, &n) == S_OK && n == 4 * sizeof(WCHAR));
    CHECK(StringCchLengthA("abc", 3, &n) == STRSAFE_E_INVALID_PARAMETER);
    CHECK(StringCchCopyExW(w, 8, L"abc", &end, &n, 0) == S_OK && end == w + 3 && n == 5);
    CHECK(StringCbPrintfExW(w, sizeof w, &end, &n, 0, L"%d", 42) == S_OK);
    CHECK(end == w + 2 && n == 6 * sizeof(WCHAR) && wcscmp(w, L"42") == 0);
    CHECK(StringCchCopyExA(s, 3, "abc", NULL, NULL, STRSAFE_NULL_ON_FAILURE) != S_OK);
    CHECK(s[0] == 0);
    return 0;
}
