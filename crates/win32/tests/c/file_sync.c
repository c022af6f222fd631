// variants: clang
/* S-252 to S-254, S-258 to S-262, S-265 to S-267: synchronous handles. */
#include <windows.h>
#include "check.h"

static HANDLE file;

static LONGLONG pointer(void)
{
    LARGE_INTEGER zero = {0}, at;
    CHECK(SetFilePointerEx(file, zero, &at, FILE_CURRENT));
    return at.QuadPart;
}

static void place(OVERLAPPED *ov, DWORD low, DWORD high)
{
    memset(ov, 0, sizeof(*ov));
    ov->Internal = ov->InternalHigh = 0x5555;
    ov->Offset = low;
    ov->OffsetHigh = high;
}

int main(void)
{
    char buffer[64];
    DWORD bytes;
    OVERLAPPED ov;
    LARGE_INTEGER size;

    file = CreateFileA("file", GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    CHECK(file != INVALID_HANDLE_VALUE);
    SetLastError(12345);
    CHECK(WriteFile(file, "0123456789abcdef", 16, &bytes, NULL) && bytes == 16);
    CHECK(GetLastError() == 12345 && pointer() == 16);

    /* S-252: at the offset, then the pointer follows. */
    place(&ov, 4, 0);
    CHECK(ReadFile(file, buffer, 3, &bytes, &ov) && bytes == 3 && !memcmp(buffer, "456", 3));
    CHECK(pointer() == 7 && ov.Internal == 0 && ov.InternalHigh == 3 && ov.Offset == 4);
    CHECK(ReadFile(file, buffer, 2, &bytes, NULL) && bytes == 2 && !memcmp(buffer, "78", 2));
    CHECK(pointer() == 9);
    place(&ov, 10, 0);
    CHECK(WriteFile(file, "WXYZ", 4, &bytes, &ov) && bytes == 4 && pointer() == 14);

    /* S-253, S-254: at the end, at the pointer, and what is no offset. */
    place(&ov, 0xFFFFFFFF, 0xFFFFFFFF);
    CHECK(WriteFile(file, "end", 3, &bytes, &ov) && bytes == 3 && pointer() == 19);
    CHECK(SetFilePointer(file, 2, NULL, FILE_BEGIN) == 2);
    place(&ov, 0xFFFFFFFE, 0xFFFFFFFF);
    CHECK(WriteFile(file, "p", 1, &bytes, &ov) && pointer() == 3);
    place(&ov, 0xFFFFFFFE, 0xFFFFFFFF);
    CHECK(ReadFile(file, buffer, 1, &bytes, &ov) && buffer[0] == '3' && pointer() == 4);
    place(&ov, 0xFFFFFFFF, 0xFFFFFFFF);
    CHECK(!ReadFile(file, buffer, 1, &bytes, &ov) && GetLastError() == ERROR_INVALID_PARAMETER);
    place(&ov, 0xFFFFFFFD, 0xFFFFFFFF);
    CHECK(!WriteFile(file, "x", 1, &bytes, &ov) && GetLastError() == ERROR_INVALID_PARAMETER);
    CHECK(pointer() == 4);

    /* S-259 to S-262: the end of the file. */
    CHECK(SetFilePointer(file, 17, NULL, FILE_BEGIN) == 17);
    CHECK(ReadFile(file, buffer, 64, &bytes, NULL) && bytes == 2 && !memcmp(buffer, "nd", 2));
    SetLastError(12345);
    CHECK(ReadFile(file, buffer, 64, &bytes, NULL) && bytes == 0 && GetLastError() == 12345);
    place(&ov, 19, 0);
    bytes = 99;
    CHECK(!ReadFile(file, buffer, 64, &bytes, &ov) && GetLastError() == ERROR_HANDLE_EOF);
    CHECK(bytes == 0 && ov.Internal == 0xC0000011 && ov.InternalHigh == 0);
    place(&ov, 19, 0);
    CHECK(ReadFile(file, buffer, 0, &bytes, &ov) && bytes == 0 && ov.Internal == 0);
    place(&ov, 100, 0);
    CHECK(WriteFile(file, buffer, 0, &bytes, &ov) && bytes == 0);
    CHECK(GetFileSizeEx(file, &size) && size.QuadPart == 19);

    /* S-266: what is skipped reads as zeros. */
    place(&ov, 24, 0);
    CHECK(WriteFile(file, "z", 1, &bytes, &ov));
    place(&ov, 19, 0);
    CHECK(ReadFile(file, buffer, 6, &bytes, &ov) && bytes == 6);
    CHECK(!memcmp(buffer, "\0\0\0\0\0z", 6));

    /* S-265: bad buffers. */
    bytes = 99;
    CHECK(SetFilePointer(file, 0, NULL, FILE_BEGIN) == 0);
    CHECK(!ReadFile(file, NULL, 5, &bytes, NULL) && GetLastError() == ERROR_NOACCESS && bytes == 0);
    CHECK(!WriteFile(file, NULL, 5, &bytes, NULL) && GetLastError() == 1784 /* ERROR_INVALID_USER_BUFFER */);

    /* S-180: the count is 0 before anything is looked at. */
    bytes = 99;
    CHECK(!ReadFile((HANDLE)0x1234568, buffer, 1, &bytes, NULL));
    CHECK(GetLastError() == ERROR_INVALID_HANDLE && bytes == 0);
    CHECK(CloseHandle(file));

    /* S-267 */
    file = CreateFileA("file", GENERIC_READ, 7, NULL, OPEN_EXISTING, 0, NULL);
    CHECK(!WriteFile(file, "x", 1, &bytes, NULL) && GetLastError() == ERROR_ACCESS_DENIED);
    CHECK(!SetEndOfFile(file) && GetLastError() == ERROR_ACCESS_DENIED);
    CHECK(!FlushFileBuffers(file) && GetLastError() == ERROR_ACCESS_DENIED);
    CHECK(CloseHandle(file));
    file = CreateFileA("file", GENERIC_WRITE, 7, NULL, OPEN_EXISTING, 0, NULL);
    CHECK(!ReadFile(file, buffer, 1, &bytes, NULL) && GetLastError() == ERROR_ACCESS_DENIED);
    CHECK(FlushFileBuffers(file));
    CHECK(CloseHandle(file));

    /* S-255: append only. */
    file = CreateFileA("file", FILE_APPEND_DATA, 7, NULL, OPEN_EXISTING, 0, NULL);
    place(&ov, 0, 0);
    CHECK(WriteFile(file, "tail", 4, &bytes, &ov) && bytes == 4);
    CHECK(WriteFile(file, "!", 1, &bytes, NULL) && bytes == 1);
    CHECK(CloseHandle(file));
    file = CreateFileA("file", GENERIC_READ, 7, NULL, OPEN_EXISTING, 0, NULL);
    CHECK(SetFilePointer(file, -5, NULL, FILE_END) == 25);
    CHECK(ReadFile(file, buffer, 64, &bytes, NULL) && bytes == 5 && !memcmp(buffer, "tail!", 5));
    CHECK(CloseHandle(file));
    return 0;
}
