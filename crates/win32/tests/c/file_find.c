// variants: short clang
/* FindFirstFile and its like: order, wildcards, errors. */
#include <windows.h>
#include "check.h"

static void make(const char *name)
{
    DWORD bytes;
    HANDLE file = CreateFileA(name, GENERIC_WRITE, 0, NULL, CREATE_NEW, 0, NULL);
    CHECK(file != INVALID_HANDLE_VALUE);
    CHECK(WriteFile(file, "12345", 5, &bytes, NULL) && CloseHandle(file));
}

static const char *list(const char *pattern)
{
    static char text[1024];
    WIN32_FIND_DATAA data;
    HANDLE find;
    text[0] = 0;
    find = FindFirstFileA(pattern, &data);
    if (find == INVALID_HANDLE_VALUE) {
        sprintf(text, "error %lu", (unsigned long)GetLastError());
        return text;
    }
    do {
        strcat(text, data.cFileName);
        strcat(text, data.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY ? "/;" : ";");
        if (!(data.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY))
            CHECK(data.nFileSizeLow == 5 && data.nFileSizeHigh == 0);
    } while (FindNextFileA(find, &data));
    CHECK(GetLastError() == ERROR_NO_MORE_FILES);
    CHECK(FindClose(find));
    return text;
}

static BOOL is(const char *pattern, const char *expected)
{
    const char *found = list(pattern);
    if (strcmp(found, expected))
        fprintf(stderr, "%s: %s, not %s\n", pattern, found, expected);
    return !strcmp(found, expected);
}

int main(void)
{
    WIN32_FIND_DATAW wide;
    HANDLE find;

    CHECK(CreateDirectoryA("d", NULL) && CreateDirectoryA("d\\sub", NULL));
    make("d\\b.txt");
    make("d\\A.TXT");
    make("d\\c.text");
    make("d\\noext");

    CHECK(is("d\\*", "./;../;A.TXT;b.txt;c.text;noext;sub/;"));
    CHECK(is("d\\*.*", "./;../;A.TXT;b.txt;c.text;noext;sub/;"));
    CHECK(is("D/*.txt", "A.TXT;b.txt;"));
    CHECK(is("d\\?.txt", "A.TXT;b.txt;"));
    CHECK(is("d\\*x*", "A.TXT;b.txt;c.text;noext;"));
    CHECK(is("d\\B.TXT", "b.txt;"));
    CHECK(is("d", "d/;"));
    CHECK(is("d\\", "error 2"));
    CHECK(is("d\\*.none", "error 2"));
    CHECK(is("d\\none", "error 2"));
    CHECK(is("none\\*", "error 3"));
    CHECK(is("none\\none", "error 3"));
    CHECK(is("", "error 3"));

    find = FindFirstFileExW(L"d\\*", FindExInfoBasic, &wide, FindExSearchLimitToDirectories, NULL,
                            FIND_FIRST_EX_LARGE_FETCH);
    CHECK(find != INVALID_HANDLE_VALUE && wide.cFileName[0] == '.' && wide.cFileName[1] == 0);
    CHECK(wide.ftLastWriteTime.dwHighDateTime != 0);
    CHECK(FindClose(find));
    CHECK(!FindClose(find) && GetLastError() == ERROR_INVALID_HANDLE);
    CHECK(!FindNextFileW(find, &wide) && GetLastError() == ERROR_INVALID_HANDLE);
    return 0;
}
