/* ReadFileScatter and WriteFileGather: pages that lie apart, both flags needed. */
#include <windows.h>
#include "check.h"

#define PAGES 5

int main(void)
{
    SYSTEM_INFO info;
    FILE_SEGMENT_ELEMENT segments[PAGES + 1];
    OVERLAPPED ov;
    DWORD bytes, size, i;
    HANDLE file, plain;
    char *memory;

    GetSystemInfo(&info);
    size = info.dwPageSize;
    memory = VirtualAlloc(NULL, 2 * PAGES * size, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
    CHECK(memory != NULL);
    memset(segments, 0, sizeof(segments));
    for (i = 0; i < PAGES; i++) {
        segments[i].Buffer = memory + (PAGES - 1 - i) * size;
        memset(memory + (PAGES - 1 - i) * size, 'a' + (int)i, size);
    }
    file = CreateFileA("file", GENERIC_READ | GENERIC_WRITE, 7, NULL, CREATE_ALWAYS,
                       FILE_FLAG_OVERLAPPED | FILE_FLAG_NO_BUFFERING, NULL);
    CHECK(file != INVALID_HANDLE_VALUE);
    memset(&ov, 0, sizeof(ov));
    if (!WriteFileGather(file, segments, PAGES * size, NULL, &ov))
        CHECK(GetLastError() == ERROR_IO_PENDING);
    CHECK(GetOverlappedResult(file, &ov, &bytes, TRUE) && bytes == PAGES * size);

    for (i = 0; i < PAGES; i++)
        segments[i].Buffer = memory + (PAGES + i) * size;
    memset(&ov, 0, sizeof(ov));
    if (!ReadFileScatter(file, segments, PAGES * size, NULL, &ov))
        CHECK(GetLastError() == ERROR_IO_PENDING);
    CHECK(GetOverlappedResult(file, &ov, &bytes, TRUE) && bytes == PAGES * size);
    for (i = 0; i < PAGES; i++) {
        CHECK(memory[(PAGES + i) * size] == 'a' + (int)i);
        CHECK(memory[(PAGES + i + 1) * size - 1] == 'a' + (int)i);
    }

    plain = CreateFileA("file", GENERIC_READ, 7, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
    CHECK(!ReadFileScatter(plain, segments, PAGES * size, NULL, &ov));
    CHECK(GetLastError() == ERROR_INVALID_PARAMETER);
    return 0;
}
