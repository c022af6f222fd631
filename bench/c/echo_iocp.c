/*
 * An echo server of the classic kind, for Windows, Wine and the library's C interface alike.
 *
 *     echo_iocp WORKERS CONCURRENCY [skip]
 *
 * With "skip", an operation that is done at once brings no packet.
 */
#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>
#include <windows.h>
#include <process.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ACCEPTS 64
#define BACKLOG 4096
#define RECEIVE_BYTES 4096
#define ADDRESS_BYTES (sizeof(struct sockaddr_in) + 16)

enum what { ACCEPTED, RECEIVED, SENT };

typedef struct {
    OVERLAPPED ov;
    enum what what;
    SOCKET s;
    WSABUF part;
    char buf[RECEIVE_BYTES];
} CONNECTION;

static HANDLE port;
static SOCKET listener;
static int skip;

static void die(const char *what)
{
    fprintf(stderr, "%s: error %d\n", what, WSAGetLastError());
    exit(1);
}

static void accept_next(void)
{
    CONNECTION *c = (CONNECTION *)calloc(1, sizeof(*c));
    DWORD bytes;

    c->what = ACCEPTED;
    c->s = WSASocketA(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, WSA_FLAG_OVERLAPPED);
    if (c->s == INVALID_SOCKET)
        die("WSASocket");
    if (!AcceptEx(listener, c->s, c->buf, 0, ADDRESS_BYTES, ADDRESS_BYTES, &bytes, &c->ov)
        && WSAGetLastError() != ERROR_IO_PENDING)
        die("AcceptEx");
}

/* Starts an operation; whether it is done already, and brings no packet. */
static int is_done(CONNECTION *c, int result)
{
    if (result == 0)
        return skip;
    if (WSAGetLastError() == WSA_IO_PENDING)
        return 0;
    closesocket(c->s);
    free(c);
    return 0;
}

static int receive(CONNECTION *c, DWORD *bytes)
{
    DWORD flags = 0;

    memset(&c->ov, 0, sizeof(c->ov));
    c->what = RECEIVED;
    c->part.buf = c->buf;
    c->part.len = sizeof(c->buf);
    return is_done(c, WSARecv(c->s, &c->part, 1, bytes, &flags, &c->ov, NULL));
}

static int send_back(CONNECTION *c, DWORD *bytes)
{
    memset(&c->ov, 0, sizeof(c->ov));
    c->what = SENT;
    c->part.len = *bytes;
    return is_done(c, WSASend(c->s, &c->part, 1, bytes, 0, &c->ov, NULL));
}

static void accepted(CONNECTION *c)
{
    BOOL yes = TRUE;

    setsockopt(c->s, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT, (char *)&listener, sizeof(listener));
    setsockopt(c->s, IPPROTO_TCP, TCP_NODELAY, (char *)&yes, sizeof(yes));
    if (CreateIoCompletionPort((HANDLE)c->s, port, 1, 0) == NULL)
        die("CreateIoCompletionPort");
    if (skip && !SetFileCompletionNotificationModes((HANDLE)c->s,
                                                    FILE_SKIP_COMPLETION_PORT_ON_SUCCESS))
        die("SetFileCompletionNotificationModes");
    accept_next();
}

static unsigned __stdcall worker(void *unused)
{
    (void)unused;
    for (;;) {
        DWORD bytes;
        ULONG_PTR key;
        OVERLAPPED *ov;
        BOOL ok = GetQueuedCompletionStatus(port, &bytes, &key, &ov, INFINITE);
        CONNECTION *c;
        int goes_on = 1;

        if (ov == NULL)
            die("GetQueuedCompletionStatus");
        c = CONTAINING_RECORD(ov, CONNECTION, ov);
        while (goes_on) {
            if (!ok || (c->what == RECEIVED && bytes == 0)) {
                closesocket(c->s);
                free(c);
                break;
            }
            if (c->what == ACCEPTED)
                accepted(c);
            goes_on = c->what == RECEIVED ? send_back(c, &bytes) : receive(c, &bytes);
        }
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct sockaddr_in local;
    int length = sizeof(local), workers, i;
    WSADATA data;

    if (argc < 3)
        return 2;
    workers = atoi(argv[1]);
    skip = argc > 3 && strcmp(argv[3], "skip") == 0;
    if (WSAStartup(MAKEWORD(2, 2), &data) != 0)
        die("WSAStartup");
    port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, (DWORD)atoi(argv[2]));
    listener = WSASocketA(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, WSA_FLAG_OVERLAPPED);
    memset(&local, 0, sizeof(local));
    local.sin_family = AF_INET;
    local.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (listener == INVALID_SOCKET
        || bind(listener, (struct sockaddr *)&local, sizeof(local)) == SOCKET_ERROR
        || listen(listener, BACKLOG) == SOCKET_ERROR
        || getsockname(listener, (struct sockaddr *)&local, &length) == SOCKET_ERROR)
        die("listen");
    if (CreateIoCompletionPort((HANDLE)listener, port, 0, 0) == NULL)
        die("CreateIoCompletionPort");
    for (i = 0; i < ACCEPTS; i++)
        accept_next();
    for (i = 1; i < workers; i++)
        _beginthreadex(NULL, 0, worker, NULL, 0, NULL);
    printf("port %d\n", ntohs(local.sin_port));
    fflush(stdout);
    worker(NULL);
    return 0;
}
