/* S-381, S-382, S-150 (warning row): messages, whole and in parts; transactions. */
#include <windows.h>
#include "check.h"

static char name[64];

static DWORD WINAPI answer(void *parameter)
{
    HANDLE server = (HANDLE)parameter;
    char buffer[256];
    DWORD bytes, i;
    CHECK(ConnectNamedPipe(server, NULL) || GetLastError() == ERROR_PIPE_CONNECTED);
    while (ReadFile(server, buffer, sizeof(buffer), &bytes, NULL)) {
        for (i = 0; i < bytes; i++)
            buffer[i] = (char)(buffer[i] + 1);
        CHECK(WriteFile(server, buffer, bytes, &bytes, NULL));
    }
    CHECK(GetLastError() == ERROR_BROKEN_PIPE);
    return 0;
}

int main(void)
{
    const DWORD both = GENERIC_READ | GENERIC_WRITE;
    const DWORD message = PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE;
    HANDLE server, client, port, thread;
    char buffer[64];
    DWORD bytes, available, left, mode, i;
    OVERLAPPED ov = {0}, *out;
    ULONG_PTR key;
    char *big = malloc(600000);

    sprintf(name, "\\\\.\\pipe\\iocp-messages-%lu", (unsigned long)GetCurrentProcessId());
    server = CreateNamedPipeA(name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, message, 1, 4096,
                              4096, 0, NULL);
    client = CreateFileA(name, both, 0, NULL, OPEN_EXISTING, 0, NULL);
    CHECK(big && server != INVALID_HANDLE_VALUE && client != INVALID_HANDLE_VALUE);
    port = CreateIoCompletionPort(server, NULL, 3, 0);
    CHECK(port != NULL);

    /* A client reads bytes until it says otherwise. */
    CHECK(WriteFile(server, "one", 3, &bytes, NULL) && WriteFile(server, "two", 3, &bytes, NULL));
    CHECK(ReadFile(client, buffer, 64, &bytes, NULL) && bytes == 6 && !memcmp(buffer, "onetwo", 6));
    mode = PIPE_READMODE_MESSAGE;
    CHECK(SetNamedPipeHandleState(client, &mode, NULL, NULL));
    CHECK(WriteFile(server, "one", 3, &bytes, NULL) && WriteFile(server, "two", 3, &bytes, NULL));
    CHECK(PeekNamedPipe(client, buffer, 2, &bytes, &available, &left));
    CHECK(bytes == 2 && available == 6 && left == 1);
    CHECK(ReadFile(client, buffer, 64, &bytes, NULL) && bytes == 3 && !memcmp(buffer, "one", 3));

    /* S-381: the rest stays, for both kinds of read. */
    CHECK(!ReadFile(client, buffer, 2, &bytes, NULL) && GetLastError() == ERROR_MORE_DATA);
    CHECK(bytes == 2 && !memcmp(buffer, "tw", 2));
    CHECK(PeekNamedPipe(client, NULL, 0, NULL, &available, &left) && available == 1 && left == 1);
    CHECK(ReadFile(client, buffer, 64, &bytes, NULL) && bytes == 1 && buffer[0] == 'o');

    CHECK(!ReadFile(server, buffer, 4, NULL, &ov) && GetLastError() == ERROR_IO_PENDING);
    CHECK(WriteFile(client, "12345678", 8, &bytes, NULL));
    CHECK(!GetQueuedCompletionStatus(port, &bytes, &key, &out, 5000));
    CHECK(GetLastError() == ERROR_MORE_DATA && bytes == 4 && out == &ov);
    CHECK(ov.Internal == 0x80000005 && ov.InternalHigh == 4);
    /* At once: the warning and a packet. */
    CHECK(!ReadFile(server, buffer, 3, &bytes, &ov) && GetLastError() == ERROR_MORE_DATA);
    CHECK(!GetQueuedCompletionStatus(port, &bytes, &key, &out, 5000));
    CHECK(GetLastError() == ERROR_MORE_DATA && bytes == 3 && !memcmp(buffer, "567", 3));
    CHECK(ReadFile(server, buffer, 64, &bytes, &ov) && bytes == 1 && buffer[0] == '8');
    CHECK(GetQueuedCompletionStatus(port, &bytes, &key, &out, 5000) && bytes == 1);

    /* S-382: nothing is a message, too. */
    CHECK(WriteFile(client, buffer, 0, &bytes, NULL));
    CHECK(WriteFile(client, "next", 4, &bytes, NULL));
    CHECK(ReadFile(server, buffer, 64, &bytes, &ov) && bytes == 0);
    CHECK(GetQueuedCompletionStatus(port, &bytes, &key, &out, 5000) && bytes == 0 && out == &ov);
    CHECK(ReadFile(server, buffer, 64, &bytes, &ov) && bytes == 4);
    CHECK(GetQueuedCompletionStatus(port, &bytes, &key, &out, 5000) && bytes == 4);

    /* A message that is larger than everything in between. */
    for (i = 0; i < 600000; i++)
        big[i] = (char)(i * 7);
    CHECK(!WriteFile(server, big, 600000, NULL, &ov) && GetLastError() == ERROR_IO_PENDING);
    {
        char *copy = malloc(600000);
        CHECK(copy && ReadFile(client, copy, 600000, &bytes, NULL) && bytes == 600000);
        CHECK(!memcmp(copy, big, 600000));
        free(copy);
    }
    CHECK(GetQueuedCompletionStatus(port, &bytes, &key, &out, 5000) && bytes == 600000);
    CHECK(CloseHandle(server) && CloseHandle(client));

    /* Messages cannot be read from a pipe of bytes. */
    server = CreateNamedPipeA(name, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 1, 0, 0, 0, NULL);
    client = CreateFileA(name, both, 0, NULL, OPEN_EXISTING, 0, NULL);
    CHECK(!SetNamedPipeHandleState(client, &mode, NULL, NULL));
    CHECK(GetLastError() == ERROR_INVALID_PARAMETER);
    CHECK(!TransactNamedPipe(client, "x", 1, buffer, 64, &bytes, NULL));
    CHECK(GetLastError() == ERROR_BAD_PIPE);
    CHECK(CloseHandle(server) && CloseHandle(client));

    /* Question and answer in one. */
    server = CreateNamedPipeA(name, PIPE_ACCESS_DUPLEX, message, 1, 0, 0, 0, NULL);
    thread = CreateThread(NULL, 0, answer, server, 0, NULL);
    client = CreateFileA(name, both, 0, NULL, OPEN_EXISTING, 0, NULL);
    CHECK(SetNamedPipeHandleState(client, &mode, NULL, NULL));
    CHECK(TransactNamedPipe(client, "HAL", 3, buffer, 64, &bytes, NULL));
    CHECK(bytes == 3 && !memcmp(buffer, "IBM", 3));
    CHECK(!TransactNamedPipe(client, "HAL", 3, buffer, 2, &bytes, NULL));
    CHECK(GetLastError() == ERROR_MORE_DATA && bytes == 2);
    CHECK(!TransactNamedPipe(client, "HAL", 3, buffer, 2, &bytes, NULL));
    CHECK(GetLastError() == ERROR_PIPE_BUSY);
    CHECK(ReadFile(client, buffer, 64, &bytes, NULL) && bytes == 1 && buffer[0] == 'M');
    CHECK(CloseHandle(client));
    CHECK(WaitForSingleObject(thread, 5000) == WAIT_OBJECT_0);
    CHECK(DisconnectNamedPipe(server));
    thread = CreateThread(NULL, 0, answer, server, 0, NULL);
    CHECK(CallNamedPipeA(name, "HAL", 3, buffer, 64, &bytes, NMPWAIT_WAIT_FOREVER));
    CHECK(bytes == 3 && !memcmp(buffer, "IBM", 3));
    CHECK(WaitForSingleObject(thread, 5000) == WAIT_OBJECT_0);
    free(big);
    return 0;
}
