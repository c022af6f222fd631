// variants: clang
/* S-011, S-012, S-015 to S-017, S-019, S-020, S-022, S-024, S-031: handles and their port. */
#include <winsock2.h>
#include <windows.h>
#include "check.h"

static HANDLE open_file(DWORD flags)
{
    HANDLE file = CreateFileA("associate.tmp", GENERIC_READ | GENERIC_WRITE,
                              FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_ALWAYS, flags, NULL);

    CHECK(file != INVALID_HANDLE_VALUE);
    return file;
}

static void write_some(HANDLE file, OVERLAPPED *ov)
{
    memset(ov, 0, sizeof(*ov));
    CHECK(WriteFile(file, "0123456789", 10, NULL, ov) || GetLastError() == ERROR_IO_PENDING);
}

static BOOL take(HANDLE port, ULONG_PTR *key, OVERLAPPED **out, DWORD milliseconds)
{
    DWORD bytes;

    return GetQueuedCompletionStatus(port, &bytes, key, out, milliseconds);
}

int main(void)
{
    HANDLE port, other, file = open_file(FILE_FLAG_OVERLAPPED), plain = open_file(0), made, copy;
    HANDLE second = open_file(FILE_FLAG_OVERLAPPED), third = open_file(FILE_FLAG_OVERLAPPED);
    OVERLAPPED ov, *out;
    ULONG_PTR key = 0;
    WSADATA data;
    SOCKET one, two;
    WSABUF buffer;
    char text[10];
    DWORD flags = 0, bytes;

    port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    other = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);

    /* S-012: the same value comes back. S-016: once and for all, in either port. */
    CHECK(CreateIoCompletionPort(file, port, 0x1122334455667788ull, 99) == port);
    CHECK(CreateIoCompletionPort(file, port, 1, 0) == NULL && GetLastError() == ERROR_INVALID_PARAMETER);
    CHECK(CreateIoCompletionPort(file, other, 1, 0) == NULL && GetLastError() == ERROR_INVALID_PARAMETER);
    CHECK(CreateIoCompletionPort(file, NULL, 1, 0) == NULL && GetLastError() == ERROR_INVALID_PARAMETER);
    /* S-017 */
    CHECK(CreateIoCompletionPort(plain, port, 1, 0) == NULL && GetLastError() == ERROR_INVALID_PARAMETER);
    write_some(file, &ov);
    CHECK(take(port, &key, &out, 20000) && key == 0x1122334455667788ull && out == &ov);
    CHECK(!take(other, &key, &out, 0));

    /* S-011: a new port with it. S-020: any key, any number of handles. */
    made = CreateIoCompletionPort(second, NULL, 0, 0);
    CHECK(made && made != port && made != other);
    CHECK(CreateIoCompletionPort(third, made, 0, 0) == made);
    write_some(second, &ov);
    CHECK(take(made, &key, &out, 20000) && key == 0 && out == &ov);
    write_some(third, &ov);
    CHECK(take(made, &key, &out, 20000) && key == 0 && out == &ov);

    /* S-019: duplicates have the same port and key. */
    CHECK(DuplicateHandle(GetCurrentProcess(), file, GetCurrentProcess(), &copy, 0, FALSE,
                          DUPLICATE_SAME_ACCESS));
    CHECK(CreateIoCompletionPort(copy, port, 1, 0) == NULL);
    CHECK(CloseHandle(file));
    write_some(copy, &ov);
    CHECK(take(port, &key, &out, 20000) && key == 0x1122334455667788ull && out == &ov);

    /* S-031: after the port is gone operations go on, and nobody hears of it. */
    CHECK(CloseHandle(made));
    write_some(second, &ov);
    CHECK(GetOverlappedResult(second, &ov, &bytes, TRUE) && bytes == 10);
    CHECK(CloseHandle(second) && CloseHandle(third) && CloseHandle(copy) && CloseHandle(plain));

    /* S-022: an operation that is pending already; S-024: the handle is signaled. */
    CHECK(WSAStartup(MAKEWORD(2, 2), &data) == 0);
    one = socket(AF_INET, SOCK_DGRAM, 0);
    two = socket(AF_INET, SOCK_DGRAM, 0);
    {
        struct sockaddr_in address = {0};
        int length = sizeof(address);

        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        CHECK(bind(one, (struct sockaddr *)&address, sizeof(address)) == 0);
        CHECK(getsockname(one, (struct sockaddr *)&address, &length) == 0);
        memset(&ov, 0, sizeof(ov));
        buffer.buf = text;
        buffer.len = sizeof(text);
        CHECK(WSARecv(one, &buffer, 1, NULL, &flags, &ov, NULL) == SOCKET_ERROR);
        CHECK(WSAGetLastError() == WSA_IO_PENDING);
        CHECK(WaitForSingleObject((HANDLE)one, 0) == WAIT_TIMEOUT);
        CHECK(CreateIoCompletionPort((HANDLE)one, port, 31, 0) == port);
        CHECK(WaitForSingleObject((HANDLE)one, 0) == WAIT_OBJECT_0);
        CHECK(sendto(two, "abc", 3, 0, (struct sockaddr *)&address, sizeof(address)) == 3);
        CHECK(take(port, &key, &out, 20000) && key == 31 && out == &ov && ov.InternalHigh == 3);
    }
    CHECK(closesocket(one) == 0 && closesocket(two) == 0);
    CHECK(CloseHandle(port) && CloseHandle(other));
    return 0;
}
