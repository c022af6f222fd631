/* Position and size: SetFilePointer, SetFilePointerEx, SetEndOfFile, GetFileSize, SetFileValidData. */
#include <windows.h>
#include "check.h"

int main(void)
{
    LARGE_INTEGER far_away, at;
    LONG high;
    DWORD bytes, low;
    HANDLE file = CreateFileA("file", GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    CHECK(file != INVALID_HANDLE_VALUE);
    CHECK(WriteFile(file, "0123456789", 10, &bytes, NULL));

    CHECK(SetFilePointer(file, -4, NULL, FILE_END) == 6);
    CHECK(SetFilePointer(file, -2, NULL, FILE_CURRENT) == 4);
    CHECK(SetFilePointer(file, -5, NULL, FILE_CURRENT) == INVALID_SET_FILE_POINTER);
    CHECK(GetLastError() == ERROR_NEGATIVE_SEEK);
    CHECK(SetFilePointer(file, 0, NULL, 3) == INVALID_SET_FILE_POINTER);
    CHECK(GetLastError() == ERROR_INVALID_PARAMETER);
    CHECK(SetFilePointer(file, 0, NULL, FILE_CURRENT) == 4);

    /* A lower half that looks like failure. */
    high = 1;
    SetLastError(12345);
    CHECK(SetFilePointer(file, -1, &high, FILE_BEGIN) == 0xFFFFFFFF);
    CHECK(GetLastError() == 0 && high == 1);
    CHECK(SetFilePointer(file, 1, NULL, FILE_CURRENT) == INVALID_SET_FILE_POINTER);
    CHECK(GetLastError() == ERROR_INVALID_PARAMETER);

    far_away.QuadPart = 5000000000LL;
    CHECK(SetFilePointerEx(file, far_away, &at, FILE_BEGIN) && at.QuadPart == far_away.QuadPart);
    CHECK(SetEndOfFile(file));
    low = GetFileSize(file, &bytes);
    CHECK(bytes == 1 && low == (DWORD)far_away.QuadPart);
    far_away.QuadPart = 3;
    CHECK(SetFilePointerEx(file, far_away, NULL, FILE_BEGIN) && SetEndOfFile(file));
    CHECK(GetFileSize(file, NULL) == 3);
    CHECK(GetFileSizeEx(file, &at) && at.QuadPart == 3);
    CHECK(!SetFileValidData(file, 4) && GetLastError() == ERROR_INVALID_PARAMETER);
    CHECK(GetFileType(file) == FILE_TYPE_DISK);
    CHECK(GetFileType((HANDLE)0x1234568) == FILE_TYPE_UNKNOWN);
    CHECK(GetLastError() == ERROR_INVALID_HANDLE);
    CHECK(CloseHandle(file));
    CHECK(!GetFileSizeEx(file, &at) && GetLastError() == ERROR_INVALID_HANDLE);
    return 0;
}
