/* S-300 to S-302, S-023: completion routines of file operations. */
#include <windows.h>
#include "check.h"

static DWORD calls, last_error, last_bytes;
static OVERLAPPED *last_overlapped;

static VOID CALLBACK routine(DWORD error, DWORD bytes, LPOVERLAPPED overlapped)
{
    calls++;
    last_error = error;
    last_bytes = bytes;
    last_overlapped = overlapped;
}

int main(void)
{
    char buffer[16];
    OVERLAPPED ov;
    HANDLE port;
    HANDLE file = CreateFileA("file", GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS,
                              FILE_FLAG_OVERLAPPED, NULL);
    CHECK(file != INVALID_HANDLE_VALUE);

    memset(&ov, 0, sizeof(ov));
    ov.hEvent = (HANDLE)0x77; /* The program's own. */
    CHECK(WriteFileEx(file, "hello", 5, &ov, routine));
    Sleep(20);
    CHECK(calls == 0);
    CHECK(SleepEx(5000, TRUE) == WAIT_IO_COMPLETION);
    CHECK(calls == 1 && last_error == 0 && last_bytes == 5 && last_overlapped == &ov);
    CHECK(ov.hEvent == (HANDLE)0x77 && ov.Internal == 0 && ov.InternalHigh == 5);

    CHECK(ReadFileEx(file, buffer, 16, &ov, routine));
    CHECK(SleepEx(5000, TRUE) == WAIT_IO_COMPLETION);
    CHECK(calls == 2 && last_error == 0 && last_bytes == 5 && !memcmp(buffer, "hello", 5));

    ov.Offset = 5;
    CHECK(ReadFileEx(file, buffer, 16, &ov, routine));
    CHECK(SleepEx(5000, TRUE) == WAIT_IO_COMPLETION);
    CHECK(calls == 3 && last_error == ERROR_HANDLE_EOF && last_bytes == 0);

    /* S-302: what is refused calls nobody. */
    ov.Offset = ov.OffsetHigh = 0xFFFFFFFF;
    CHECK(!ReadFileEx(file, buffer, 16, &ov, routine));
    CHECK(GetLastError() == ERROR_INVALID_PARAMETER);
    CHECK(!ReadFileEx(file, buffer, 16, NULL, routine));
    CHECK(GetLastError() == ERROR_INVALID_PARAMETER);
    CHECK(SleepEx(20, TRUE) == 0 && calls == 3);

    /* S-023 */
    port = CreateIoCompletionPort(file, NULL, 0, 0);
    CHECK(port != NULL);
    ov.Offset = ov.OffsetHigh = 0;
    ov.Internal = 0x5555;
    CHECK(!ReadFileEx(file, buffer, 16, &ov, routine));
    CHECK(GetLastError() == ERROR_INVALID_PARAMETER && ov.Internal == 0x5555);
    CHECK(SleepEx(20, TRUE) == 0 && calls == 3);
    return 0;
}
