// variants: short
/* Files and nothing as memory: sizes, protection, names, views. */
#include <windows.h>
#include "check.h"

static void of_file(void)
{
    char *view, *other;
    DWORD bytes;
    HANDLE mapping, small;
    HANDLE file = CreateFileA("file", GENERIC_READ | GENERIC_WRITE, 7, NULL, CREATE_ALWAYS, 0, NULL);
    CHECK(file != INVALID_HANDLE_VALUE);
    CHECK(!CreateFileMappingA(file, NULL, PAGE_READWRITE, 0, 0, NULL));
    CHECK(GetLastError() == ERROR_FILE_INVALID);
    CHECK(WriteFile(file, "0123456789", 10, &bytes, NULL));
    CHECK(!CreateFileMappingA(file, NULL, PAGE_READONLY, 0, 11, NULL));
    CHECK(GetLastError() == ERROR_NOT_ENOUGH_MEMORY);
    CHECK(!CreateFileMappingA(file, NULL, 0, 0, 0, NULL));
    CHECK(GetLastError() == ERROR_INVALID_PARAMETER);

    SetLastError(12345);
    small = CreateFileMappingA(file, NULL, PAGE_READONLY, 0, 0, NULL);
    CHECK(small != NULL && GetLastError() == 0);
    CHECK(!MapViewOfFile(small, FILE_MAP_WRITE, 0, 0, 0) && GetLastError() == ERROR_ACCESS_DENIED);
    CHECK(!MapViewOfFile(small, FILE_MAP_READ, 0, 0, 11) && GetLastError() == ERROR_ACCESS_DENIED);
    CHECK(!MapViewOfFile(small, FILE_MAP_READ, 0, 100, 0));
    CHECK(GetLastError() == ERROR_MAPPED_ALIGNMENT);
    view = MapViewOfFile(small, FILE_MAP_READ, 0, 0, 0);
    CHECK(view != NULL && !memcmp(view, "0123456789", 10));
    CHECK(CloseHandle(small)); /* The view stays. */
    CHECK(view[9] == '9');
    CHECK(UnmapViewOfFile(view));
    CHECK(!UnmapViewOfFile(view) && GetLastError() == ERROR_INVALID_ADDRESS);

    /* A larger size makes the file larger; changes reach it, or stay in a copy. */
    mapping = CreateFileMappingA(file, NULL, PAGE_READWRITE, 0, 200000, NULL);
    CHECK(mapping != NULL && GetFileSize(file, NULL) == 200000);
    view = MapViewOfFile(mapping, FILE_MAP_ALL_ACCESS, 0, 65536, 0);
    other = MapViewOfFile(mapping, FILE_MAP_COPY, 0, 65536, 100);
    CHECK(view != NULL && other != NULL && other != view);
    view[0] = 'w';
    CHECK(other[0] == 'w');
    other[0] = 'c';
    CHECK(view[0] == 'w');
    CHECK(FlushViewOfFile(view, 0) && FlushViewOfFile(view + 10, 5));
    CHECK(!FlushViewOfFile(&bytes, 1));
    {
        char byte;
        OVERLAPPED ov = {0};
        ov.Offset = 65536;
        CHECK(ReadFile(file, &byte, 1, &bytes, &ov) && byte == 'w');
    }
    CHECK(UnmapViewOfFile(other));
    CHECK(MapViewOfFileEx(mapping, FILE_MAP_READ, 0, 0, 100, view) == NULL);
    CHECK(GetLastError() == ERROR_INVALID_ADDRESS);
    CHECK(UnmapViewOfFile(view));
    other = MapViewOfFileEx(mapping, FILE_MAP_READ, 0, 0, 100, view);
    CHECK(other == view && !memcmp(other, "0123", 4));
    CHECK(UnmapViewOfFile(other) && CloseHandle(mapping) && CloseHandle(file));
}

static void of_nothing(void)
{
    WCHAR name[64];
    char narrow[64];
    HANDLE first, second;
    char *one, *two;
    int i;

    sprintf(narrow, "Local\\iocp memory %lu", (unsigned long)GetCurrentProcessId());
    for (i = 0; narrow[i]; i++)
        name[i] = narrow[i];
    name[i] = 0;
    CHECK(!CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 0, NULL));
    CHECK(GetLastError() == ERROR_INVALID_PARAMETER);
    CHECK(!OpenFileMappingA(FILE_MAP_READ, FALSE, narrow));
    CHECK(GetLastError() == ERROR_FILE_NOT_FOUND);
    SetLastError(12345);
    first = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 5000, narrow);
    CHECK(first != NULL && GetLastError() == 0);
    second = CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 9999, name);
    CHECK(second != NULL && GetLastError() == ERROR_ALREADY_EXISTS);
    CHECK(CloseHandle(second));
    second = OpenFileMappingW(FILE_MAP_WRITE, FALSE, name);
    CHECK(second != NULL);
    one = MapViewOfFile(first, FILE_MAP_WRITE, 0, 0, 5000);
    two = MapViewOfFile(second, FILE_MAP_WRITE, 0, 0, 0);
    CHECK(one != NULL && two != NULL && one[4999] == 0);
    one[4999] = 'x';
    CHECK(two[4999] == 'x');
    CHECK(CloseHandle(first) && CloseHandle(second));
    CHECK(UnmapViewOfFile(one));
    first = OpenFileMappingA(FILE_MAP_READ, FALSE, narrow);
    CHECK(first != NULL && CloseHandle(first)); /* A view keeps it. */
    CHECK(UnmapViewOfFile(two));
    CHECK(!OpenFileMappingA(FILE_MAP_READ, FALSE, narrow));
    first = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 100, NULL);
    CHECK(first != NULL && CloseHandle(first));
}

int main(void)
{
    of_file();
    of_nothing();
    return 0;
}
