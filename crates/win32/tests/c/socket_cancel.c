/* S-210 to S-217: cancelling. */
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
