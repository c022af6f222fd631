// variants: clang
/* S-150, S-152, S-153, S-170 to S-176, S-250, S-251, S-253, S-254, S-256, S-259, S-260, S-263, S-269:
   overlapped files, with a port and without. */
#include <windows.h>
#include "check.h"

static HANDLE port;

static void place(OVERLAPPED *ov, DWORD low, DWORD high)
{
    memset(ov, 0, sizeof(*ov));
    ov->Offset = low;
    ov->OffsetHigh = high;
}

/* One packet: what it says, and that it is the only one. */
static void packet(OVERLAPPED *ov, BOOL result, DWORD error, DWORD bytes)
{
    DWORD got = 77;
    ULONG_PTR key = 0;
    OVERLAPPED *out = NULL;
    SetLastError(12345);
    CHECK(GetQueuedCompletionStatus(port, &got, &key, &out, 5000) == result);
    CHECK(GetLastError() == (result ? 12345 : error));
    CHECK(out == ov && key == 42 && got == bytes && ov->InternalHigh == bytes);
    CHECK(!GetQueuedCompletionStatus(port, &got, &key, &out, 0) && out == NULL);
}

static void pends(BOOL result)
{
    CHECK(!result && GetLastError() == ERROR_IO_PENDING);
}

static void with_port(HANDLE file)
{
    char buffer[64];
    OVERLAPPED ov;
    DWORD bytes = 99;
    LARGE_INTEGER size, zero = {0};

    place(&ov, 0, 0);
    pends(WriteFile(file, "0123456789", 10, &bytes, &ov));
    CHECK(bytes == 0);
    packet(&ov, TRUE, 0, 10);
    place(&ov, 3, 0);
    pends(ReadFile(file, buffer, 4, NULL, &ov));
    packet(&ov, TRUE, 0, 4);
    CHECK(!memcmp(buffer, "3456", 4) && ov.Internal == 0 && ov.Offset == 3);
    place(&ov, 8, 0);
    pends(ReadFile(file, buffer, 64, NULL, &ov));
    packet(&ov, TRUE, 0, 2);
    place(&ov, 10, 0);
    pends(ReadFile(file, buffer, 64, NULL, &ov));
    packet(&ov, FALSE, ERROR_HANDLE_EOF, 0);
    CHECK(ov.Internal == 0xC0000011);
    place(&ov, 1000, 0);
    pends(ReadFile(file, buffer, 1, NULL, &ov));
    packet(&ov, FALSE, ERROR_HANDLE_EOF, 0);
    place(&ov, 1000, 0);
    pends(ReadFile(file, buffer, 0, NULL, &ov));
    packet(&ov, TRUE, 0, 0);
    place(&ov, 1000, 0);
    pends(WriteFile(file, buffer, 0, NULL, &ov));
    packet(&ov, TRUE, 0, 0);
    CHECK(GetFileSizeEx(file, &size) && size.QuadPart == 10);
    place(&ov, 0xFFFFFFFF, 0xFFFFFFFF);
    pends(WriteFile(file, "end", 3, NULL, &ov));
    packet(&ov, TRUE, 0, 3);
    CHECK(GetFileSizeEx(file, &size) && size.QuadPart == 13);

    /* S-250: there is no file pointer in all this. */
    CHECK(SetFilePointerEx(file, zero, &size, FILE_CURRENT) && size.QuadPart == 0);

    /* S-150, S-176, S-251, S-254: what is refused causes nothing. */
    place(&ov, 0xFFFFFFFE, 0xFFFFFFFF);
    CHECK(!WriteFile(file, "x", 1, NULL, &ov) && GetLastError() == ERROR_INVALID_PARAMETER);
    place(&ov, 0xFFFFFFFF, 0xFFFFFFFF);
    CHECK(!ReadFile(file, buffer, 1, NULL, &ov) && GetLastError() == ERROR_INVALID_PARAMETER);
    CHECK(!ReadFile(file, buffer, 1, &bytes, NULL) && GetLastError() == ERROR_INVALID_PARAMETER);
    CHECK(!WriteFile(file, "x", 1, &bytes, NULL) && GetLastError() == ERROR_INVALID_PARAMETER);
    place(&ov, 0, 0);
    CHECK(!ReadFile(file, NULL, 5, NULL, &ov) && GetLastError() == ERROR_NOACCESS);

    /* S-153: no packet for an event with its lowest bit set. */
    place(&ov, 0, 0);
    ov.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
    CHECK(ov.hEvent != NULL);
    {
        HANDLE event = ov.hEvent;
        ov.hEvent = (HANDLE)((ULONG_PTR)event | 1);
        pends(ReadFile(file, buffer, 2, NULL, &ov));
        CHECK(WaitForSingleObject(event, 5000) == WAIT_OBJECT_0);
        CHECK(GetOverlappedResult(file, &ov, &bytes, TRUE) && bytes == 2);
        ov.hEvent = event;
        pends(ReadFile(file, buffer, 3, NULL, &ov));
        packet(&ov, TRUE, 0, 3);
        CHECK(WaitForSingleObject(event, 0) == WAIT_OBJECT_0);
        CloseHandle(event);
    }

    /* S-152: success at once and no packet; an error has one all the same. */
    CHECK(SetFileCompletionNotificationModes(file, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS));
    place(&ov, 0, 0);
    bytes = 99;
    if (WriteFile(file, "abc", 3, &bytes, &ov))
        CHECK(bytes == 3 && ov.Internal == 0 && ov.InternalHigh == 3);
    else
        packet(&ov, TRUE, 0, 3);
    place(&ov, 1000, 0);
    pends(ReadFile(file, buffer, 1, NULL, &ov));
    packet(&ov, FALSE, ERROR_HANDLE_EOF, 0);
}

static void without_port(void)
{
    char buffer[16];
    OVERLAPPED ov;
    DWORD bytes = 99;
    HANDLE file = CreateFileA("file", GENERIC_READ, 7, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED,
                              NULL);
    CHECK(file != INVALID_HANDLE_VALUE);
    place(&ov, 1, 0);
    pends(ReadFile(file, buffer, 2, NULL, &ov));
    CHECK(GetOverlappedResult(file, &ov, &bytes, TRUE) && bytes == 2 && !memcmp(buffer, "bc", 2));
    CHECK(WaitForSingleObject(file, 5000) == WAIT_OBJECT_0);
    place(&ov, 100, 0);
    pends(ReadFile(file, buffer, 2, NULL, &ov));
    CHECK(!GetOverlappedResult(file, &ov, &bytes, TRUE) && GetLastError() == ERROR_HANDLE_EOF);
    CHECK(bytes == 0);
    CHECK(CloseHandle(file));
}

/* S-269: whole sectors. */
static void unbuffered(void)
{
    char *memory = VirtualAlloc(NULL, 8192, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
    OVERLAPPED ov;
    DWORD bytes;
    HANDLE file = CreateFileA("direct", GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS,
                              FILE_FLAG_OVERLAPPED | FILE_FLAG_NO_BUFFERING, NULL);
    CHECK(memory != NULL && file != INVALID_HANDLE_VALUE);
    memset(memory, 'd', 8192);
    place(&ov, 0, 0);
    CHECK(!WriteFile(file, memory, 100, NULL, &ov) && GetLastError() == ERROR_INVALID_PARAMETER);
    place(&ov, 100, 0);
    CHECK(!WriteFile(file, memory, 4096, NULL, &ov) && GetLastError() == ERROR_INVALID_PARAMETER);
    place(&ov, 0, 0);
    if (!WriteFile(file, memory, 8192, NULL, &ov))
        CHECK(GetLastError() == ERROR_IO_PENDING);
    CHECK(GetOverlappedResult(file, &ov, &bytes, TRUE) && bytes == 8192);
    CHECK(SetFilePointer(file, 5000, NULL, FILE_BEGIN) == 5000 && SetEndOfFile(file));
    place(&ov, 4096, 0);
    if (!ReadFile(file, memory, 4096, NULL, &ov))
        CHECK(GetLastError() == ERROR_IO_PENDING);
    CHECK(GetOverlappedResult(file, &ov, &bytes, TRUE) && bytes == 5000 - 4096);

    /* A buffer at an odd address is nobody's error. */
    memset(memory, 0, 8192);
    if (!ReadFile(file, memory + 1, 4096, NULL, &ov))
        CHECK(GetLastError() == ERROR_IO_PENDING);
    CHECK(GetOverlappedResult(file, &ov, &bytes, TRUE) && bytes == 5000 - 4096);
    CHECK(memory[0] == 0 && memory[1] == 'd' && memory[904] == 'd' && memory[905] == 0);
    memset(memory + 3, 'e', 4096);
    place(&ov, 0, 0);
    if (!WriteFile(file, memory + 3, 4096, NULL, &ov))
        CHECK(GetLastError() == ERROR_IO_PENDING);
    CHECK(GetOverlappedResult(file, &ov, &bytes, TRUE) && bytes == 4096);
    /* S-220: what the device is at when the file is closed finishes normally. */
    memset(memory, 'e', 8192);
    memset(&ov, 0, sizeof(ov));
    ov.Offset = 1048576;
    if (!WriteFile(file, memory, 8192, NULL, &ov))
        CHECK(GetLastError() == ERROR_IO_PENDING);
    CHECK(CloseHandle(file));
    CHECK(GetOverlappedResult(NULL, &ov, &bytes, TRUE) && bytes == 8192);
    file = CreateFileA("direct", GENERIC_READ, 0, NULL, OPEN_EXISTING, FILE_FLAG_NO_BUFFERING, NULL);
    CHECK(ReadFile(file, memory + 5, 4096, &bytes, NULL) && bytes == 4096);
    CHECK(memory[5] == 'e' && memory[5 + 4095] == 'e');
    CHECK(CloseHandle(file));
    CHECK(VirtualFree(memory, 0, MEM_RELEASE));
}

int main(void)
{
    HANDLE file = CreateFileA("file", GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS,
                              FILE_FLAG_OVERLAPPED, NULL);
    HANDLE plain = CreateFileA("plain", GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    CHECK(file != INVALID_HANDLE_VALUE && plain != INVALID_HANDLE_VALUE);
    port = CreateIoCompletionPort(file, NULL, 42, 0);
    CHECK(port != NULL);
    /* S-017 */
    CHECK(!CreateIoCompletionPort(plain, port, 1, 0) && GetLastError() == ERROR_INVALID_PARAMETER);
    with_port(file);
    CHECK(CloseHandle(file));
    without_port();
    unbuffered();
    return 0;
}
