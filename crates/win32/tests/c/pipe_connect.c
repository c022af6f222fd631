// variants: short
/* S-161, S-380, S-384: instances, who gets in, what ConnectNamedPipe says. */
#include <windows.h>
#include "check.h"

static char name[64];

static HANDLE server(DWORD open, DWORD mode, DWORD max)
{
    return CreateNamedPipeA(name, open, mode, max, 4096, 4096, 100, NULL);
}

static HANDLE client(DWORD access)
{
    return CreateFileA(name, access, 0, NULL, OPEN_EXISTING, 0, NULL);
}

static DWORD WINAPI connect_later(void *parameter)
{
    (void)parameter;
    Sleep(50);
    CHECK(client(GENERIC_READ | GENERIC_WRITE) != INVALID_HANDLE_VALUE);
    return 0;
}

int main(void)
{
    const DWORD both = GENERIC_READ | GENERIC_WRITE;
    const DWORD duplex = PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED;
    HANDLE first, second, end, port, event, thread;
    OVERLAPPED ov, *out;
    DWORD bytes, flags, max;
    ULONG_PTR key;
    WCHAR wide[64];
    int i;

    sprintf(name, "\\\\.\\pipe\\iocp test %lu", (unsigned long)GetCurrentProcessId());

    /* Nobody there. */
    CHECK(client(both) == INVALID_HANDLE_VALUE && GetLastError() == ERROR_FILE_NOT_FOUND);
    CHECK(!WaitNamedPipeA(name, 10) && GetLastError() == ERROR_FILE_NOT_FOUND);
    CHECK(CreateNamedPipeA("no pipe", duplex, 0, 1, 0, 0, 0, NULL) == INVALID_HANDLE_VALUE);
    CHECK(GetLastError() == ERROR_INVALID_NAME);
    CHECK(server(0, 0, 1) == INVALID_HANDLE_VALUE && GetLastError() == ERROR_INVALID_PARAMETER);
    CHECK(CreateNamedPipeA("\\\\.\\pipe\\pipe_connect none", duplex, 0, 0, 0, 0, 0, NULL) ==
          INVALID_HANDLE_VALUE);
    CHECK(GetLastError() == ERROR_INVALID_PARAMETER);
    CHECK(server(duplex, PIPE_READMODE_MESSAGE, 1) == INVALID_HANDLE_VALUE);
    CHECK(GetLastError() == ERROR_INVALID_PARAMETER);

    /* The first instance and the second; there may be two. */
    SetLastError(12345);
    first = server(duplex | FILE_FLAG_FIRST_PIPE_INSTANCE, 0, 2);
    CHECK(first != INVALID_HANDLE_VALUE && GetLastError() == 0);
    CHECK(server(duplex | FILE_FLAG_FIRST_PIPE_INSTANCE, 0, 2) == INVALID_HANDLE_VALUE);
    CHECK(GetLastError() == ERROR_ACCESS_DENIED);
    CHECK(server(duplex, PIPE_TYPE_MESSAGE, 2) == INVALID_HANDLE_VALUE);
    CHECK(GetLastError() == ERROR_ACCESS_DENIED);
    second = server(duplex, 0, 2);
    CHECK(second != INVALID_HANDLE_VALUE && GetLastError() == ERROR_ALREADY_EXISTS);
    CHECK(server(duplex, 0, 2) == INVALID_HANDLE_VALUE && GetLastError() == ERROR_PIPE_BUSY);
    CHECK(GetNamedPipeInfo(first, &flags, NULL, NULL, &max) && max == 2 && flags == PIPE_SERVER_END);

    /* A client is there before anybody asks: no packet, and Internal is left (S-161). */
    port = CreateIoCompletionPort(first, NULL, 5, 0);
    CHECK(port != NULL && CreateIoCompletionPort(second, port, 6, 0) == port);
    end = client(both);
    CHECK(end != INVALID_HANDLE_VALUE);
    memset(&ov, 0, sizeof(ov));
    CHECK(!ConnectNamedPipe(first, &ov) && GetLastError() == ERROR_PIPE_CONNECTED);
    CHECK(ov.Internal == 0x103);
    CHECK(!GetQueuedCompletionStatus(port, &bytes, &key, &out, 20));

    /* The other instance is waited for. */
    memset(&ov, 0, sizeof(ov));
    ov.hEvent = event = CreateEventA(NULL, TRUE, TRUE, NULL);
    CHECK(!ConnectNamedPipe(second, &ov) && GetLastError() == ERROR_IO_PENDING);
    CHECK(WaitForSingleObject(event, 0) == WAIT_TIMEOUT);
    CHECK(WaitNamedPipeA(name, 10));
    MultiByteToWideChar(CP_UTF8, 0, name, -1, wide, 64);
    {
        HANDLE other = CreateFileW(wide, both, 0, NULL, OPEN_EXISTING, 0, NULL);
        CHECK(other != INVALID_HANDLE_VALUE);
        CHECK(GetQueuedCompletionStatus(port, &bytes, &key, &out, 5000));
        CHECK(out == &ov && key == 6 && bytes == 0 && ov.Internal == 0);
        CHECK(WaitForSingleObject(event, 0) == WAIT_OBJECT_0);
        /* All are busy. */
        CHECK(client(both) == INVALID_HANDLE_VALUE && GetLastError() == ERROR_PIPE_BUSY);
        CHECK(!WaitNamedPipeA(name, 10) && GetLastError() == ERROR_SEM_TIMEOUT);
        CHECK(CloseHandle(other));
    }

    /* A client that has gone and was not sent away. */
    for (i = 0; i < 100; i++)
        if (!ConnectNamedPipe(second, &ov) && GetLastError() == ERROR_NO_DATA)
            break;
    CHECK(i < 100);
    CHECK(DisconnectNamedPipe(second));
    CHECK(!DisconnectNamedPipe(second) && GetLastError() == ERROR_PIPE_NOT_CONNECTED);
    CHECK(client(both) == INVALID_HANDLE_VALUE && GetLastError() == ERROR_PIPE_BUSY);

    /* It listens again only when it is asked to; and can be called off. */
    memset(&ov, 0, sizeof(ov));
    CHECK(!ConnectNamedPipe(second, &ov) && GetLastError() == ERROR_IO_PENDING);
    CHECK(CancelIoEx(second, &ov));
    CHECK(!GetQueuedCompletionStatus(port, &bytes, &key, &out, 5000));
    CHECK(GetLastError() == ERROR_OPERATION_ABORTED && out == &ov && key == 6);
    CHECK(CloseHandle(second) && CloseHandle(first) && CloseHandle(end));
    CHECK(client(both) == INVALID_HANDLE_VALUE && GetLastError() == ERROR_FILE_NOT_FOUND);

    /* One direction: the client must not ask for the other. */
    first = server(PIPE_ACCESS_INBOUND, 0, PIPE_UNLIMITED_INSTANCES);
    CHECK(client(GENERIC_READ) == INVALID_HANDLE_VALUE && GetLastError() == ERROR_ACCESS_DENIED);
    CHECK((end = client(GENERIC_WRITE)) != INVALID_HANDLE_VALUE);
    CHECK(!WriteFile(first, "x", 1, &bytes, NULL) && GetLastError() == ERROR_ACCESS_DENIED);
    CHECK(CloseHandle(first) && CloseHandle(end));

    /* Synchronous: waits. */
    first = server(PIPE_ACCESS_DUPLEX, 0, 1);
    thread = CreateThread(NULL, 0, connect_later, NULL, 0, NULL);
    CHECK(ConnectNamedPipe(first, NULL));
    CHECK(WaitForSingleObject(thread, 5000) == WAIT_OBJECT_0);
    CHECK(CloseHandle(first));

    /* PIPE_NOWAIT: says what is the case. */
    first = server(PIPE_ACCESS_DUPLEX, PIPE_NOWAIT, 1);
    CHECK(!ConnectNamedPipe(first, NULL) && GetLastError() == ERROR_PIPE_LISTENING);
    CHECK((end = client(both)) != INVALID_HANDLE_VALUE);
    CHECK(!ConnectNamedPipe(first, NULL) && GetLastError() == ERROR_PIPE_CONNECTED);
    CHECK(!ReadFile(first, &flags, 1, &bytes, NULL) && GetLastError() == ERROR_NO_DATA);
    /* The client has gone, and the pipe was not disconnected. */
    CHECK(CloseHandle(end));
    CHECK(!ConnectNamedPipe(first, NULL) && GetLastError() == ERROR_NO_DATA);
    CHECK(!ConnectNamedPipe(first, NULL) && GetLastError() == ERROR_NO_DATA);
    /* After that the first call has it listen, which is a success, and the next ones only look. */
    CHECK(DisconnectNamedPipe(first));
    CHECK(ConnectNamedPipe(first, NULL));
    CHECK(!ConnectNamedPipe(first, NULL) && GetLastError() == ERROR_PIPE_LISTENING);
    CHECK((end = client(both)) != INVALID_HANDLE_VALUE);
    CHECK(!ConnectNamedPipe(first, NULL) && GetLastError() == ERROR_PIPE_CONNECTED);
    CHECK(CloseHandle(first) && CloseHandle(end));
    return 0;
}
