/* S-067, S-321, S-337, and the order of calls that wait among operations in flight. */
#include "sockets.h"

#define REGION (sizeof(struct sockaddr_in) + 16)

static SOCKET shared;

static DWORD WINAPI receives(void *result)
{
    *(int *)result = recv(shared, (char *)result + sizeof(int), 1, 0);
    return 0;
}

struct worker {
    HANDLE port, reached;
    SOCKET s;
};

/* Takes a packet, and then waits in a receive. */
static DWORD WINAPI works(void *parameter)
{
    struct worker *worker = parameter;
    char byte;
    CHECK(take(worker->port, INFINITE).ok);
    SetEvent(worker->reached);
    CHECK(recv(worker->s, &byte, 1, 0) == 1);
    return 0;
}

int main(void)
{
    SOCKET server, a, b;
    HANDLE port, thread;
    OVERLAPPED ov;
    char buf[2 * REGION], byte;
    struct packet p;
    u_long on = 1, off = 0;
    DWORD ms = 100, got;
    ULONGLONG begin;
    struct {
        int result;
        char byte;
    } theirs = {0, 0};

    start();
    port = new_port();
    memset(&ov, 0, sizeof ov);

    /* A listener that does not wait; the accepted socket does, and its operations do not care. */
    server = listener();
    associate(server, port, 1);
    CHECK(ioctlsocket(server, FIONBIO, &on) == 0);
    CHECK(accept(server, NULL, NULL) == INVALID_SOCKET && WSAGetLastError() == WSAEWOULDBLOCK);
    a = tcp();
    CHECK(!AcceptEx(server, a, buf, 0, REGION, REGION, &got, &ov));
    CHECK(WSAGetLastError() == WSA_IO_PENDING);
    b = client_of(server);
    CHECK(take(port, INFINITE).ok);
    shared = a;
    thread = CreateThread(NULL, 0, receives, &theirs, 0, NULL);
    CHECK(WaitForSingleObject(thread, 50) == WAIT_TIMEOUT);
    CHECK(send(b, "1", 1, 0) == 1);
    CHECK(WaitForSingleObject(thread, INFINITE) == WAIT_OBJECT_0);
    CHECK(theirs.result == 1 && theirs.byte == '1');

    CHECK(ioctlsocket(a, FIONBIO, &on) == 0);
    CHECK(FAILS(recv(a, &byte, 1, 0), WSAEWOULDBLOCK));
    CHECK(FAILS(receive(a, &byte, 1, NULL, NULL), WSAEWOULDBLOCK));
    associate(a, port, 2);
    CHECK(FAILS(receive(a, &byte, 1, NULL, &ov), WSA_IO_PENDING));
    CHECK(send(b, "2", 1, 0) == 1);
    p = take(port, INFINITE);
    CHECK(p.ok && p.key == 2 && p.bytes == 1 && byte == '2');

    /* Not all of it, if it does not wait; all of it, if it does. */
    {
        static char big[8 << 20];
        int sent = send(a, big, sizeof big, 0), total = 0, n;
        CHECK(sent > 0 && sent < (int)sizeof big);
        CHECK(FAILS(send(a, big, sizeof big, 0), WSAEWOULDBLOCK) || sent > 0);
        while (total < sent) {
            n = recv(b, big, sizeof big, 0);
            CHECK(n > 0);
            total += n;
        }
    }
    CHECK(ioctlsocket(a, FIONBIO, &off) == 0);

    /* A call that waits comes after what is in flight. */
    CHECK(FAILS(receive(a, &byte, 1, NULL, &ov), WSA_IO_PENDING));
    thread = CreateThread(NULL, 0, receives, &theirs, 0, NULL);
    CHECK(WaitForSingleObject(thread, 50) == WAIT_TIMEOUT);
    while (ioctlsocket(b, FIONREAD, &off) == 0 && off > 0)
        recv(b, buf, sizeof buf, 0);
    CHECK(send(b, "34", 2, 0) == 2);
    CHECK(WaitForSingleObject(thread, INFINITE) == WAIT_OBJECT_0);
    CHECK(take(port, INFINITE).ok && byte == '3' && theirs.byte == '4');

    /* Times to wait. */
    CHECK(setsockopt(a, SOL_SOCKET, SO_RCVTIMEO, (char *)&ms, sizeof ms) == 0);
    begin = GetTickCount64();
    CHECK(FAILS(recv(a, &byte, 1, 0), WSAETIMEDOUT));
    CHECK(GetTickCount64() - begin >= 90);
    CHECK(FAILS(receive(a, &byte, 1, NULL, NULL), WSAETIMEDOUT));
    /* They do not concern operations. */
    CHECK(FAILS(receive(a, &byte, 1, NULL, &ov), WSA_IO_PENDING));
    Sleep(200);
    CHECK(!HasOverlappedIoCompleted(&ov));
    CHECK(send(b, "5", 1, 0) == 1);
    CHECK(take(port, INFINITE).ok && byte == '5');

    /* A worker that waits gives its place in the port to another. */
    {
        struct worker first, second;
        HANDLE narrow = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1), threads[2];
        pair(&first.s, &a);
        pair(&second.s, &b);
        first.port = second.port = narrow;
        first.reached = CreateEventW(NULL, TRUE, FALSE, NULL);
        second.reached = CreateEventW(NULL, TRUE, FALSE, NULL);
        threads[0] = CreateThread(NULL, 0, works, &first, 0, NULL);
        CHECK(PostQueuedCompletionStatus(narrow, 0, 0, NULL));
        CHECK(WaitForSingleObject(first.reached, INFINITE) == WAIT_OBJECT_0);
        threads[1] = CreateThread(NULL, 0, works, &second, 0, NULL);
        CHECK(PostQueuedCompletionStatus(narrow, 0, 0, NULL));
        CHECK(WaitForSingleObject(second.reached, INFINITE) == WAIT_OBJECT_0);
        CHECK(send(a, "x", 1, 0) == 1 && send(b, "x", 1, 0) == 1);
        CHECK(WaitForMultipleObjects(2, threads, TRUE, INFINITE) == WAIT_OBJECT_0);
    }
    return 0;
}
