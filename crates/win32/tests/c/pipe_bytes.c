/* S-251, S-383, S-385, S-230, S-210, S-216: bytes, the end of a pipe, anonymous pipes, cancelling. */
#include <windows.h>
#include "check.h"

static char name[64];
static HANDLE server, client, port;

static void connected(DWORD flags)
{
    server = CreateNamedPipeA(name, PIPE_ACCESS_DUPLEX | flags, PIPE_TYPE_BYTE, 4, 4096, 4096, 0,
                              NULL);
    CHECK(server != INVALID_HANDLE_VALUE);
    client = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, flags, NULL);
    CHECK(client != INVALID_HANDLE_VALUE);
}

static void packet(OVERLAPPED *ov, BOOL result, DWORD error, DWORD bytes)
{
    DWORD got = 77;
    ULONG_PTR key = 0;
    OVERLAPPED *out = NULL;
    CHECK(GetQueuedCompletionStatus(port, &got, &key, &out, 5000) == result);
    CHECK(result || GetLastError() == error);
    CHECK(out == ov && key == 9 && got == bytes);
}

static void no_packet(void)
{
    DWORD got;
    ULONG_PTR key;
    OVERLAPPED *out;
    CHECK(!GetQueuedCompletionStatus(port, &got, &key, &out, 20) && out == NULL);
}

static void overlapped_pipe(void)
{
    char buffer[64], second[64];
    OVERLAPPED ov = {0}, ov2 = {0};
    DWORD bytes;

    connected(FILE_FLAG_OVERLAPPED);
    port = CreateIoCompletionPort(server, NULL, 9, 0);
    CHECK(port != NULL);

    /* In call order, as bytes come. */
    CHECK(!ReadFile(server, buffer, 4, NULL, &ov) && GetLastError() == ERROR_IO_PENDING);
    CHECK(!ReadFile(server, second, 64, NULL, &ov2) && GetLastError() == ERROR_IO_PENDING);
    CHECK(WriteFile(client, "abcdefg", 7, &bytes, NULL) && bytes == 7);
    packet(&ov, TRUE, 0, 4);
    packet(&ov2, TRUE, 0, 3);
    CHECK(!memcmp(buffer, "abcd", 4) && !memcmp(second, "efg", 3));

    /* What is there already is success at once, with its packet. */
    CHECK(WriteFile(client, "now", 3, &bytes, NULL));
    CHECK(ReadFile(server, buffer, 64, &bytes, &ov) && bytes == 3);
    packet(&ov, TRUE, 0, 3);

    /* S-251: without an OVERLAPPED it waits. */
    CHECK(WriteFile(server, "answer", 6, &bytes, NULL) && bytes == 6);
    CHECK(ReadFile(client, buffer, 64, &bytes, NULL) && bytes == 6);
    no_packet();

    /* Cancelled, by OVERLAPPED and all. */
    CHECK(!ReadFile(server, buffer, 64, NULL, &ov) && GetLastError() == ERROR_IO_PENDING);
    CHECK(!ReadFile(server, second, 64, NULL, &ov2) && GetLastError() == ERROR_IO_PENDING);
    CHECK(CancelIoEx(server, &ov2));
    packet(&ov2, FALSE, ERROR_OPERATION_ABORTED, 0);
    CHECK(CancelIo(server));
    packet(&ov, FALSE, ERROR_OPERATION_ABORTED, 0);
    CHECK(!CancelIoEx(server, NULL) && GetLastError() == ERROR_NOT_FOUND);

    /* S-383: what was sent is read, then it is broken; told at once, without a packet. */
    CHECK(WriteFile(client, "last", 4, &bytes, NULL));
    CHECK(CloseHandle(client));
    CHECK(ReadFile(server, buffer, 64, &bytes, &ov) && bytes == 4);
    packet(&ov, TRUE, 0, 4);
    CHECK(!ReadFile(server, buffer, 64, &bytes, &ov) && GetLastError() == ERROR_BROKEN_PIPE);
    CHECK(!WriteFile(server, "x", 1, &bytes, &ov) && GetLastError() == ERROR_NO_DATA);
    no_packet();
    CHECK(DisconnectNamedPipe(server));
    CHECK(!ReadFile(server, buffer, 64, &bytes, &ov) && GetLastError() == ERROR_PIPE_NOT_CONNECTED);
    CHECK(!WriteFile(server, "x", 1, &bytes, &ov) && GetLastError() == ERROR_PIPE_NOT_CONNECTED);
    CHECK(CloseHandle(server));

    /* A read in flight when the other end closes; when the own end closes. */
    connected(FILE_FLAG_OVERLAPPED);
    CHECK(CreateIoCompletionPort(server, port, 9, 0) == port);
    CHECK(!ReadFile(server, buffer, 64, NULL, &ov) && GetLastError() == ERROR_IO_PENDING);
    CHECK(CloseHandle(client));
    packet(&ov, FALSE, ERROR_BROKEN_PIPE, 0);
    CHECK(ov.Internal == 0xC000014B);
    CHECK(CloseHandle(server));
    connected(FILE_FLAG_OVERLAPPED);
    CHECK(CreateIoCompletionPort(server, port, 9, 0) == port);
    CHECK(!ReadFile(server, buffer, 64, NULL, &ov) && GetLastError() == ERROR_IO_PENDING);
    CHECK(CloseHandle(server));
    packet(&ov, FALSE, ERROR_BROKEN_PIPE, 0);
    CHECK(CloseHandle(client));

    /* The server disconnects: what was not read is lost, at the other end too. */
    connected(FILE_FLAG_OVERLAPPED);
    CHECK(WriteFile(server, "lost", 4, &bytes, NULL));
    CHECK(DisconnectNamedPipe(server));
    CHECK(!ReadFile(client, buffer, 64, &bytes, NULL));
    CHECK(GetLastError() == ERROR_PIPE_NOT_CONNECTED);
    CHECK(CloseHandle(client));
    /* And the same instance takes the next client, in the same port. */
    CHECK(CreateIoCompletionPort(server, port, 9, 0) == port);
    CHECK(!ConnectNamedPipe(server, &ov) && GetLastError() == ERROR_IO_PENDING);
    client = CreateFileA(name, GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    CHECK(client != INVALID_HANDLE_VALUE);
    packet(&ov, TRUE, 0, 0);
    CHECK(!ReadFile(server, buffer, 64, NULL, &ov) && GetLastError() == ERROR_IO_PENDING);
    CHECK(WriteFile(client, "again", 5, &bytes, NULL));
    packet(&ov, TRUE, 0, 5);
    CHECK(CloseHandle(client) && CloseHandle(server));
}

static DWORD WINAPI read_all(void *parameter)
{
    char buffer[1000];
    DWORD bytes, sum = 0;
    while (ReadFile((HANDLE)parameter, buffer, sizeof(buffer), &bytes, NULL))
        sum += bytes;
    CHECK(GetLastError() == ERROR_BROKEN_PIPE);
    return sum;
}

static DWORD WINAPI read_one(void *parameter)
{
    char byte;
    DWORD bytes = 99;
    if (ReadFile((HANDLE)parameter, &byte, 1, &bytes, NULL))
        return 0;
    return bytes == 0 ? GetLastError() : 1;
}

static void anonymous_pipe(void)
{
    HANDLE reading, writing, thread;
    char *memory = calloc(1, 1000000);
    DWORD bytes, sum, code;
    int i;

    CHECK(memory && CreatePipe(&reading, &writing, NULL, 0));
    CHECK(!CreateIoCompletionPort(reading, NULL, 0, 0));
    CHECK(GetLastError() == ERROR_INVALID_PARAMETER);
    CHECK(!WriteFile(reading, "x", 1, &bytes, NULL) && GetLastError() == ERROR_ACCESS_DENIED);
    CHECK(GetFileType(reading) == FILE_TYPE_PIPE);
    CHECK(WriteFile(writing, "hello", 5, &bytes, NULL) && bytes == 5);
    CHECK(PeekNamedPipe(reading, memory, 3, &bytes, &sum, NULL) && bytes == 3 && sum == 5);
    CHECK(!memcmp(memory, "hel", 3));
    CHECK(ReadFile(reading, memory, 100, &bytes, NULL) && bytes == 5);
    CHECK(PeekNamedPipe(reading, NULL, 0, NULL, &sum, NULL) && sum == 0);

    /* A writer that is ahead waits for its reader. */
    thread = CreateThread(NULL, 0, read_all, reading, 0, NULL);
    for (i = 0; i < 3; i++)
        CHECK(WriteFile(writing, memory, 1000000, &bytes, NULL) && bytes == 1000000);
    CHECK(FlushFileBuffers(writing));
    CHECK(CloseHandle(writing));
    CHECK(WaitForSingleObject(thread, 10000) == WAIT_OBJECT_0);
    CHECK(GetExitCodeThread(thread, &sum) && sum == 3000000);
    CHECK(!PeekNamedPipe(reading, NULL, 0, NULL, &sum, NULL));
    CHECK(GetLastError() == ERROR_BROKEN_PIPE);
    CHECK(CloseHandle(reading));

    /* S-216: a thread that waits is called off. */
    CHECK(CreatePipe(&reading, &writing, NULL, 0));
    thread = CreateThread(NULL, 0, read_one, reading, 0, NULL);
    for (i = 0; i < 500 && !CancelSynchronousIo(thread); i++) {
        CHECK(GetLastError() == ERROR_NOT_FOUND);
        Sleep(10);
    }
    CHECK(i < 500 && WaitForSingleObject(thread, 5000) == WAIT_OBJECT_0);
    CHECK(GetExitCodeThread(thread, &code) && code == ERROR_OPERATION_ABORTED);

    /* S-215: so does whoever cancels everything on the handle. */
    thread = CreateThread(NULL, 0, read_one, reading, 0, NULL);
    for (i = 0; i < 500 && !CancelIoEx(reading, NULL); i++)
        Sleep(10);
    CHECK(i < 500 && WaitForSingleObject(thread, 5000) == WAIT_OBJECT_0);
    CHECK(GetExitCodeThread(thread, &code) && code == ERROR_OPERATION_ABORTED);
    CHECK(CloseHandle(reading) && CloseHandle(writing));
    free(memory);
}

int main(void)
{
    sprintf(name, "\\\\.\\pipe\\iocp-bytes-%lu", (unsigned long)GetCurrentProcessId());
    overlapped_pipe();
    anonymous_pipe();
    return 0;
}
