/*
 * An echo server as servers for completion ports are written: connections are accepted by
 * AcceptEx, every operation has a context of its own, two workers take the packets.
 *
 *     echo_acceptex          checks itself with clients of its own
 *     echo_acceptex 7000     serves port 7000 until Enter is pressed
 */
#include <winsock2.h>
#include <mswsock.h>
#include <windows.h>

#include "echo.h"

#define WORKERS 2
#define ACCEPTS 4
#define ROOM (sizeof(struct sockaddr_in) + 16)

enum what { ACCEPTED, RECEIVED, SENT };

typedef struct {
    OVERLAPPED ov;
    enum what what;
    SOCKET s;
    WSABUF wsabuf;
    char buf[2048];
} CONTEXT_OF_IO;

static HANDLE port;
static SOCKET listener;
static volatile LONG alive;

static void drop(CONTEXT_OF_IO *io)
{
    if (io->s != INVALID_SOCKET)
        closesocket(io->s);
    free(io);
    InterlockedDecrement(&alive);
}

static void accept_next(CONTEXT_OF_IO *io)
{
    DWORD bytes;
    memset(&io->ov, 0, sizeof(io->ov));
    io->what = ACCEPTED;
    io->s = WSASocketA(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, WSA_FLAG_OVERLAPPED);
    if (!AcceptEx(listener, io->s, io->buf, 0, ROOM, ROOM, &bytes, &io->ov)
        && WSAGetLastError() != ERROR_IO_PENDING)
        drop(io);
}

static void receive(CONTEXT_OF_IO *io)
{
    DWORD flags = 0;
    memset(&io->ov, 0, sizeof(io->ov));
    io->what = RECEIVED;
    io->wsabuf.buf = io->buf;
    io->wsabuf.len = sizeof(io->buf);
    if (WSARecv(io->s, &io->wsabuf, 1, NULL, &flags, &io->ov, NULL) == SOCKET_ERROR
        && WSAGetLastError() != WSA_IO_PENDING)
        drop(io);
}

static void send_back(CONTEXT_OF_IO *io, DWORD bytes)
{
    memset(&io->ov, 0, sizeof(io->ov));
    io->what = SENT;
    io->wsabuf.len = bytes;
    if (WSASend(io->s, &io->wsabuf, 1, NULL, 0, &io->ov, NULL) == SOCKET_ERROR
        && WSAGetLastError() != WSA_IO_PENDING)
        drop(io);
}

static CONTEXT_OF_IO *new_context(void)
{
    CONTEXT_OF_IO *io = (CONTEXT_OF_IO *)calloc(1, sizeof(*io));
    io->s = INVALID_SOCKET;
    InterlockedIncrement(&alive);
    return io;
}

static void accepted(CONTEXT_OF_IO *io)
{
    /* The socket becomes one like the listener, and belongs to the port. */
    setsockopt(io->s, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT, (char *)&listener, sizeof(listener));
    if (CreateIoCompletionPort((HANDLE)io->s, port, 1, 0) == NULL)
        die("CreateIoCompletionPort");
    accept_next(new_context());
    receive(io);
}

static unsigned __stdcall worker(void *unused)
{
    (void)unused;
    for (;;) {
        DWORD bytes;
        ULONG_PTR key;
        OVERLAPPED *ov;
        BOOL ok = GetQueuedCompletionStatus(port, &bytes, &key, &ov, INFINITE);
        CONTEXT_OF_IO *io;

        if (ov == NULL)
            return 0;
        io = CONTAINING_RECORD(ov, CONTEXT_OF_IO, ov);
        if (!ok || (io->what == RECEIVED && bytes == 0))
            drop(io);
        else if (io->what == ACCEPTED)
            accepted(io);
        else if (io->what == RECEIVED)
            send_back(io, bytes);
        else
            receive(io);
    }
}

int main(int argc, char **argv)
{
    HANDLE workers[WORKERS];
    const char *number = argc > 1 ? argv[1] : NULL;
    WSADATA data;
    u_short bound;
    int i, result;

    if (WSAStartup(MAKEWORD(2, 2), &data) != 0)
        die("WSAStartup");
    port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    listener = listener_on(number, &bound);
    CreateIoCompletionPort((HANDLE)listener, port, 0, 0);
    for (i = 0; i < WORKERS; i++)
        workers[i] = (HANDLE)_beginthreadex(NULL, 0, worker, NULL, 0, NULL);
    for (i = 0; i < ACCEPTS; i++)
        accept_next(new_context());

    result = serve_or_check(number, bound);

    /* Closing the listener ends the pending AcceptEx calls, each with a packet. */
    closesocket(listener);
    while (alive > 0)
        Sleep(1);
    for (i = 0; i < WORKERS; i++)
        PostQueuedCompletionStatus(port, 0, 0, NULL);
    WaitForMultipleObjects(WORKERS, workers, TRUE, INFINITE);
    CloseHandle(port);
    WSACleanup();
    printf("shut down, nothing left\n");
    return result;
}
