// variants: short clang
/* Wide and narrow output on one stream, files by paths with either separator, UTF-8 in between. */
#include <windows.h>
#include <direct.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "check.h"

static void mixed(void)
{
    FILE *file;
    char narrow[64];
    wchar_t wide[64];
    int number;
    CHECK(_mkdir("crt_streams") == 0 || errno == EEXIST);
    CHECK(fopen_s(&file, "crt_streams\\mixed.txt", "wt") == 0);
    CHECK(fprintf(file, "narrow %I64d\n", 5LL) == 9);
    CHECK(fwprintf(file, L"%s=%d\n", L"wide", 7) == 7);
    CHECK(fputws(L"text\n", file) >= 0);
    CHECK(fprintf(file, "end\n") == 4);
    fclose(file);
    CHECK(_wfopen_s(&file, L"crt_streams/mixed.txt", L"r") == 0);
    CHECK(fgets(narrow, 64, file) == narrow && strcmp(narrow, "narrow 5\n") == 0);
    CHECK(fwscanf(file, L"%4s=%d", wide, &number) == 2 && number == 7);
    CHECK(wcscmp(wide, L"wide") == 0 && fgetwc(file) == L'\n');
    CHECK(fgetws(wide, 64, file) == wide && wcscmp(wide, L"text\n") == 0);
    CHECK(fgetc(file) == 'e' && fgetwc(file) == L'n' && ungetwc(L'n', file) == L'n');
    CHECK(fgetws(wide, 64, file) == wide && wcscmp(wide, L"nd\n") == 0);
    CHECK(fgetws(wide, 64, file) == NULL && fgetwc(file) == WEOF);
    fclose(file);
}

#ifdef __COMPLETION_PORT__
/* Beyond ASCII: UTF-8 without any locale. A character of the second plane is one of UTF-32 and two
   of UTF-16. */
static void beyond(void)
{
    static const wchar_t text[] = L"h\u00e9 \ud55c \U0001f600";
    FILE *file = fopen("crt_streams/beyond.txt", "w, ccs=UTF-8");
    char narrow[64];
    wchar_t wide[64];
    CHECK(file != NULL);
    CHECK(fwprintf(file, L"%s\n", text) == (int)wcslen(text) + 1);
    CHECK(fprintf(file, "%ls|%.4ls\n", text, L"\ud55c\ud55c") == 12 + 5);
    fclose(file);
    file = fopen("crt_streams\\beyond.txt", "r");
    CHECK(file != NULL);
    CHECK(fgetws(wide, 64, file) == wide && wmemcmp(wide, text, wcslen(text)) == 0);
    CHECK(fgets(narrow, 64, file) == narrow);
    CHECK(strcmp(narrow, "h\xc3\xa9 \xed\x95\x9c \xf0\x9f\x98\x80|\xed\x95\x9c\n") == 0);
    fclose(file);
    CHECK(remove("crt_streams\\beyond.txt") == 0);
}
#endif

/* As older programs read their console. */
static void lines(void)
{
    char line[64];
    FILE *file = fopen("crt_streams\\mixed.txt", "w");
    char full[MAX_PATH];
    CHECK(file != NULL && fputs("one\n\ntwo", file) >= 0 && fclose(file) == 0);
    CHECK(GetFullPathNameA("crt_streams\\mixed.txt", MAX_PATH, full, NULL) > 0);
    CHECK(freopen(full, "r", stdin) == stdin);
    CHECK(gets(line) == line && strcmp(line, "one") == 0);
    CHECK(gets(line) == line && strcmp(line, "") == 0);
    CHECK(gets(line) == line && strcmp(line, "two") == 0);
    CHECK(gets(line) == NULL);
    CHECK(freopen("NUL", "r", stdin) == stdin && fgetc(stdin) == EOF);
}

int main(void)
{
    FILE *file;
    mixed();
#ifdef __COMPLETION_PORT__
    beyond();
#endif
    CHECK(rename("crt_streams\\mixed.txt", "crt_streams\\other.txt") == 0);
    CHECK(fopen_s(&file, "crt_streams\\mixed.txt", "r") == ENOENT && file == NULL);
    file = fopen("crt_streams\\mixed.txt", "w");
    CHECK(file != NULL);
    fclose(file);
    CHECK(rename("crt_streams\\mixed.txt", "crt_streams\\other.txt") != 0);
    lines();
    CHECK(remove("crt_streams\\mixed.txt") == 0 && _wremove(L"crt_streams\\other.txt") == 0);
    CHECK(_rmdir("crt_streams") == 0);
    printf("narrow\n");
    wprintf(L"%s\n", L"wide");
    return 0;
}
