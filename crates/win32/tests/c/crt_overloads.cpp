// variants: short clang
/* What C++ adds to the C run-time library: sizes from arrays, names in std, methods with the names
   of functions. */
#include <windows.h>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <cwchar>
#include <string>

#include "check.h"

struct names {
    int printf(int a) { return a; }
    int fopen(int a) { return a; }
    int system(int a) { return a; }
    int remove(int a) { return a; }
    int wcslen(int a) { return a; }
};

static void sizes()
{
    char s[8], copy[] = "a b", *rest = nullptr;
    wchar_t w[8];
    CHECK(strcpy_s(s, "abc") == 0 && strcat_s(s, "de") == 0 && strcmp(s, "abcde") == 0);
    CHECK(strncpy_s(s, "abcdefghij", _TRUNCATE) == STRUNCATE && strcmp(s, "abcdefg") == 0);
    CHECK(sprintf_s(s, "%d-%s", 5, "x") == 3 && strcmp(s, "5-x") == 0);
    CHECK(_snprintf_s(s, _TRUNCATE, "%s", "abcdefghij") == -1 && strcmp(s, "abcdefg") == 0);
    CHECK(wcscpy_s(w, L"abc") == 0 && wcscat_s(w, L"d") == 0 && wcscmp(w, L"abcd") == 0);
    CHECK(swprintf_s(w, L"%s", L"ab") == 2 && wcscmp(w, L"ab") == 0);
    CHECK(_itoa_s(77, s, 10) == 0 && strcmp(s, "77") == 0);
    CHECK(_itow_s(77, w, 10) == 0 && wcscmp(w, L"77") == 0);
    CHECK(strcmp(strtok_s(copy, " ", &rest), "a") == 0);
    CHECK(_countof(w) == 8 && sizeof(s) == _countof(s));
}

static void standard()
{
    char s[32];
    wchar_t w[32];
    CHECK(std::snprintf(s, 32, "%I64d", 5LL) == 1 && std::sprintf(s, "%ld", LONG(-5)) == 2);
    CHECK(strcmp(s, "-5") == 0);
    CHECK(std::swprintf(w, 32, L"%ls", L"x") == 1 && std::wcslen(w) == 1);
    CHECK(std::wcschr(L"abc", L'b') != nullptr && std::wcstol(L"12", nullptr, 10) == 12);
    CHECK(std::to_string(1.5) == "1.500000" && std::to_string(-7L) == "-7");
    std::FILE *file = std::fopen("crt_overloads.txt", "w");
    CHECK(file != nullptr && std::fprintf(file, "%I64d", 7LL) == 1);
    std::fclose(file);
    CHECK(std::remove("crt_overloads.txt") == 0);
}

int main()
{
    names object;
    CHECK(object.printf(1) + object.fopen(1) + object.system(1) + object.remove(1) == 4);
    CHECK(object.wcslen(2) == 2);
    sizes();
    standard();
    return 0;
}
