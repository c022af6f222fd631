/* A server as programs write it: AcceptEx, WSARecv, WSASend, four workers, 50 clients; then it is
   ended by closing every socket while operations are in flight (S-230). */
#include "sockets.h"

#define CLIENTS 50
#define ROUNDS 200
#define ACCEPTS 8
#define WORKERS 4
#define SIZE 4096
#define REGION (sizeof(struct sockaddr_in) + 16)

enum kind { ACCEPTING, RECEIVING, SENDING };

struct connection;

/* One operation. */
struct io {
    OVERLAPPED ov;
    enum kind kind;
    struct connection *connection;
};

struct connection {
    SOCKET s;
    struct io in, out;
    DWORD wanted;
    char buf[SIZE + 2 * REGION];
};

static HANDLE port;
static SOCKET server;
static volatile LONG in_flight, is_over, echoed, aborted, accepted;
static struct connection *all[CLIENTS + ACCEPTS];
static CRITICAL_SECTION lock;
static int count;

static struct connection *new_connection(void)
{
    struct connection *c = calloc(1, sizeof *c);
    c->s = tcp();
    c->in.connection = c->out.connection = c;
    return c;
}

static void next_accept(void)
{
    struct connection *c;
    DWORD got;
    if (is_over)
        return;
    EnterCriticalSection(&lock);
    if (count == CLIENTS + ACCEPTS) {
        LeaveCriticalSection(&lock);
        return;
    }
    c = all[count++] = new_connection();
    LeaveCriticalSection(&lock);
    c->in.kind = ACCEPTING;
    InterlockedIncrement(&in_flight);
    CHECK(AcceptEx(server, c->s, c->buf, 0, REGION, REGION, &got, &c->in.ov) ||
          WSAGetLastError() == WSA_IO_PENDING);
}

static void next_receive(struct connection *c)
{
    c->in.kind = RECEIVING;
    memset(&c->in.ov, 0, sizeof c->in.ov);
    InterlockedIncrement(&in_flight);
    if (!ACCEPTED(receive(c->s, c->buf, SIZE, NULL, &c->in.ov))) {
        CHECK(is_over || WSAGetLastError() == WSAECONNRESET);
        InterlockedDecrement(&in_flight);
    }
}

static void next_send(struct connection *c, DWORD bytes)
{
    c->out.kind = SENDING;
    c->wanted = bytes;
    memset(&c->out.ov, 0, sizeof c->out.ov);
    InterlockedIncrement(&in_flight);
    if (!ACCEPTED(transmit(c->s, c->buf, bytes, NULL, &c->out.ov))) {
        CHECK(is_over || WSAGetLastError() == WSAECONNRESET);
        InterlockedDecrement(&in_flight);
    }
}

static DWORD WINAPI works(void *unused)
{
    (void)unused;
    for (;;) {
        DWORD bytes;
        ULONG_PTR key;
        LPOVERLAPPED ov;
        struct io *io;
        struct connection *c;
        BOOL ok = GetQueuedCompletionStatus(port, &bytes, &key, &ov, INFINITE);
        if (ov == NULL) {
            CHECK(ok && key == 0);
            return 0;
        }
        io = CONTAINING_RECORD(ov, struct io, ov);
        c = io->connection;
        CHECK(key == (io->kind == ACCEPTING ? (ULONG_PTR)server : (ULONG_PTR)c));
        if (!ok) {
            CHECK(is_over && GetLastError() == ERROR_OPERATION_ABORTED && bytes == 0);
            InterlockedIncrement(&aborted);
        } else if (io->kind == ACCEPTING) {
            CHECK(setsockopt(c->s, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT, (char *)&server,
                             sizeof server) == 0);
            associate(c->s, port, (ULONG_PTR)c);
            InterlockedIncrement(&accepted);
            next_receive(c);
            next_accept();
        } else if (io->kind == RECEIVING) {
            if (bytes > 0)
                next_send(c, bytes);
        } else {
            CHECK(bytes == c->wanted);
            InterlockedExchangeAdd(&echoed, (LONG)bytes);
            next_receive(c);
        }
        InterlockedDecrement(&in_flight);
    }
}

struct client {
    int index;
    SOCKET s;
    LONG sent;
};

static DWORD WINAPI asks(void *parameter)
{
    struct client *client = parameter;
    char out[SIZE], in[SIZE];
    unsigned random = 12345u + (unsigned)client->index;
    int round, i, got;

    client->s = client_of(server);
    for (round = 0; round < ROUNDS; round++) {
        int size;
        random = random * 1103515245u + 12345u;
        size = 1 + (int)(random >> 16) % SIZE;
        for (i = 0; i < size; i++)
            out[i] = (char)(client->index + round + i);
        CHECK(send(client->s, out, size, 0) == size);
        for (i = 0; i < size; i += got) {
            got = recv(client->s, in + i, size - i, 0);
            CHECK(got > 0);
        }
        CHECK(!memcmp(in, out, (size_t)size));
        client->sent += size;
    }
    return 0;
}

int main(void)
{
    static struct client clients[CLIENTS];
    HANDLE workers[WORKERS], threads[CLIENTS];
    LONG sent = 0;
    int i;

    start();
    InitializeCriticalSection(&lock);
    port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 2);
    server = listener();
    associate(server, port, (ULONG_PTR)server);
    for (i = 0; i < WORKERS; i++)
        workers[i] = CreateThread(NULL, 0, works, NULL, 0, NULL);
    for (i = 0; i < ACCEPTS; i++)
        next_accept();
    for (i = 0; i < CLIENTS; i++) {
        clients[i].index = i;
        threads[i] = CreateThread(NULL, 0, asks, &clients[i], 0, NULL);
    }
    CHECK(WaitForMultipleObjects(CLIENTS, threads, TRUE, INFINITE) == WAIT_OBJECT_0);
    for (i = 0; i < CLIENTS; i++)
        sent += clients[i].sent;
    CHECK(accepted == CLIENTS);
    while (echoed != sent)
        Sleep(1);

    /* Every client is connected and idle: each has a receive in flight, and so have the accepts. */
    while (in_flight != CLIENTS + ACCEPTS)
        Sleep(1);
    is_over = TRUE;
    CHECK(closesocket(server) == 0);
    for (i = 0; i < count; i++)
        CHECK(closesocket(all[i]->s) == 0);
    while (in_flight > 0)
        Sleep(1);
    CHECK(aborted == CLIENTS + ACCEPTS);
    for (i = 0; i < WORKERS; i++)
        CHECK(PostQueuedCompletionStatus(port, 0, 0, NULL));
    CHECK(WaitForMultipleObjects(WORKERS, workers, TRUE, INFINITE) == WAIT_OBJECT_0);
    for (i = 0; i < CLIENTS; i++) {
        char byte;
        CHECK(recv(clients[i].s, &byte, 1, 0) == 0);
        closesocket(clients[i].s);
    }
    for (i = 0; i < count; i++)
        free(all[i]);
    CHECK(CloseHandle(port));
    return WSACleanup();
}
