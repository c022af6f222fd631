// variants: short clang
/* Environment variables and the command line. */
#include <windows.h>
#include <shellapi.h>
#include <string.h>
#include <wchar.h>
#include "check.h"

static void variables(void)
{
    char text[64];
    WCHAR wide[64];
    CHECK(SetEnvironmentVariableA("IOCP_one", "value"));
    CHECK(GetEnvironmentVariableA("IOCP_one", text, 64) == 5 && strcmp(text, "value") == 0);
    /* In any case, and by the other width. */
    CHECK(GetEnvironmentVariableW(L"iocp_ONE", wide, 64) == 5 && wcscmp(wide, L"value") == 0);
    CHECK(GetEnvironmentVariableA("IOCP_one", text, 5) == 6);
    CHECK(GetEnvironmentVariableA("IOCP_one", NULL, 0) == 6);
    CHECK(SetEnvironmentVariableW(L"IOCP_two", L""));
    SetLastError(1);
    CHECK(GetEnvironmentVariableW(L"IOCP_two", wide, 64) == 0 && GetLastError() == ERROR_SUCCESS);
    CHECK(SetEnvironmentVariableW(L"IOCP_one", NULL));
    CHECK(GetEnvironmentVariableA("IOCP_one", text, 64) == 0);
    CHECK(GetLastError() == ERROR_ENVVAR_NOT_FOUND);
    CHECK(!SetEnvironmentVariableA("a=b", "c") && GetLastError() == ERROR_INVALID_PARAMETER);
}

static void expanding(void)
{
    char text[64];
    WCHAR wide[64];
    CHECK(SetEnvironmentVariableA("IOCP_X", "xyz"));
    CHECK(ExpandEnvironmentStringsA("a%IOCP_X%b %none% 5%", text, 64) == 16);
    CHECK(strcmp(text, "axyzb %none% 5%") == 0);
    CHECK(ExpandEnvironmentStringsW(L"%IOCP_X%", wide, 64) == 4 && wcscmp(wide, L"xyz") == 0);
    CHECK(ExpandEnvironmentStringsW(L"%IOCP_X%", NULL, 0) == 4);
}

static void block(void)
{
    WCHAR *all = GetEnvironmentStringsW();
    WCHAR *line;
    int found = 0;
    CHECK(all != NULL && SetEnvironmentVariableA("IOCP_later", "1"));
    for (line = all; *line != 0; line += wcslen(line) + 1) {
        if (wcscmp(line, L"IOCP_X=xyz") == 0)
            found++;
        CHECK(wcsncmp(line, L"IOCP_later", 10) != 0);
    }
    CHECK(found == 1 && FreeEnvironmentStringsW(all));
}

static void command_line(void)
{
    int count = 0;
    LPWSTR *words = CommandLineToArgvW(L"prog \"a b\" c\\\"d \"\"", &count);
    CHECK(words != NULL && count == 4 && words[4] == NULL);
    CHECK(wcscmp(words[0], L"prog") == 0 && wcscmp(words[1], L"a b") == 0);
    CHECK(wcscmp(words[2], L"c\"d") == 0 && words[3][0] == 0);
    CHECK(LocalFree(words) == NULL);
    words = CommandLineToArgvW(GetCommandLineW(), &count);
    CHECK(words != NULL && count == 1 && GetCommandLineW() == GetCommandLineW());
    CHECK(strlen(GetCommandLineA()) >= wcslen(words[0]));
    LocalFree(words);
}

int main(void)
{
    variables();
    expanding();
    block();
    command_line();
    return 0;
}
