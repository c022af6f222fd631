/* S-210 to S-219: cancelling. */
#include "sockets.h"

static SOCKET shared;
static OVERLAPPED theirs;

static DWORD WINAPI other_thread(void *event)
{
    static char buf[1];
    CHECK(FAILS(receive(shared, buf, 1, NULL, &theirs), WSA_IO_PENDING));
    SetEvent((HANDLE)event);
    Sleep(INFINITE);
    return 0;
}

static DWORD WINAPI waits(void *error)
{
    char buf[1];
    *(int *)error = recv(shared, buf, 1, 0) == SOCKET_ERROR ? WSAGetLastError() : -1;
    return 0;
}

int main(void)
{
    SOCKET a, b;
    HANDLE port, event, thread;
    OVERLAPPED ov[3];
    char buf[3];
    struct packet p;
    int i, error = 0;

    start();
    pair(&a, &b);
    port = new_port();
    associate(a, port, 1);
    memset(ov, 0, sizeof ov);

    CHECK(!CancelIoEx((HANDLE)a, NULL) && GetLastError() == ERROR_NOT_FOUND);
    CHECK(CancelIo((HANDLE)a));
    for (i = 0; i < 3; i++)
        CHECK(FAILS(receive(a, &buf[i], 1, NULL, &ov[i]), WSA_IO_PENDING));
    /* One of them. The others stay, and in order. */
    CHECK(CancelIoEx((HANDLE)a, &ov[1]));
    p = take(port, INFINITE);
    CHECK(!p.ok && p.ov == &ov[1] && p.error == ERROR_OPERATION_ABORTED);
    CHECK(!CancelIoEx((HANDLE)a, &ov[1]) && GetLastError() == ERROR_NOT_FOUND);
    CHECK(send(b, "xy", 2, 0) == 2);
    for (i = 0; i < 3; i += 2) {
        p = take(port, INFINITE);
        CHECK(p.ok && p.ov == &ov[i]);
    }
    CHECK(buf[0] == 'x' && buf[2] == 'y');
    CHECK(!CancelIoEx((HANDLE)a, &ov[0]) && GetLastError() == ERROR_NOT_FOUND);

    /* CancelIo reaches what this thread has issued, CancelIoEx what anybody has. */
    event = CreateEventW(NULL, TRUE, FALSE, NULL);
    shared = a;
    thread = CreateThread(NULL, 0, other_thread, event, 0, NULL);
    CHECK(WaitForSingleObject(event, INFINITE) == WAIT_OBJECT_0);
    CHECK(FAILS(receive(a, buf, 1, NULL, &ov[0]), WSA_IO_PENDING));
    CHECK(CancelIo((HANDLE)a));
    p = take(port, INFINITE);
    CHECK(!p.ok && p.ov == &ov[0] && p.error == ERROR_OPERATION_ABORTED);
    CHECK(nothing(port) && !HasOverlappedIoCompleted(&theirs));
    CHECK(CancelIoEx((HANDLE)a, NULL));
    p = take(port, INFINITE);
    CHECK(!p.ok && p.ov == &theirs);
    (void)thread;

    /* S-218: what has come before the cancel is not lost. S-219: the event is set at once. */
    {
        WSABUF all;
        DWORD flags = MSG_WAITALL;
        char eight[8];
        u_long left = 3;
        all.len = sizeof eight, all.buf = eight;
        memset(&ov[0], 0, sizeof ov[0]);
        ov[0].hEvent = CreateEventW(NULL, TRUE, FALSE, NULL);
        CHECK(FAILS(WSARecv(a, &all, 1, NULL, &flags, &ov[0], NULL), WSA_IO_PENDING));
        CHECK(send(b, "123", 3, 0) == 3);
        while (left > 0)
            CHECK(ioctlsocket(a, FIONREAD, &left) == 0);
        CHECK(CancelIoEx((HANDLE)a, &ov[0]));
        CHECK(WaitForSingleObject(ov[0].hEvent, INFINITE) == WAIT_OBJECT_0);
        p = take(port, INFINITE);
        CHECK(p.ov == &ov[0]);
        CHECK(p.ok ? p.bytes == 3 && !memcmp(eight, "123", 3)
                   : p.error == ERROR_OPERATION_ABORTED);
    }

    /* S-215: a call that waits is cancelled, too; closing ends one. */
    pair(&a, &b);
    shared = a;
    thread = CreateThread(NULL, 0, waits, &error, 0, NULL);
    while (!CancelIoEx((HANDLE)a, NULL))
        Sleep(1);
    CHECK(WaitForSingleObject(thread, INFINITE) == WAIT_OBJECT_0);
    CHECK(error == WSA_OPERATION_ABORTED);
    thread = CreateThread(NULL, 0, waits, &error, 0, NULL);
    Sleep(50);
    CHECK(closesocket(a) == 0);
    CHECK(WaitForSingleObject(thread, INFINITE) == WAIT_OBJECT_0);
    CHECK(error == WSAEINTR || error == WSAENOTSOCK);

    /* S-216: and by its thread. */
    pair(&a, &b);
    shared = a;
    thread = CreateThread(NULL, 0, waits, &error, 0, NULL);
    while (!CancelSynchronousIo(thread))
        Sleep(1);
    CHECK(WaitForSingleObject(thread, INFINITE) == WAIT_OBJECT_0);
    CHECK(error == WSA_OPERATION_ABORTED);
    return 0;
}
