/* S-210, S-366: a ConnectEx that is to send data is found by a cancel at any moment: while it waits
   for the connection, while it sends, and between the two. */
#include "sockets.h"

/* More than the system takes without a receiver, which is a little over 4 MiB on Linux. */
enum { SOCKETS = 128, DATA = 8 << 20 };

static char data[DATA];
static HANDLE port;
static volatile LONG over;

/* Makes the connections, while the other thread cancels. */
static DWORD WINAPI drives(void *parameter)
{
    (void)parameter;
    while (!over)
        CHECK(!take(port, 1).ok);
    return 0;
}

static int is_connected(SOCKET s)
{
    DWORD seconds;
    int length = sizeof seconds;

    CHECK(getsockopt(s, SOL_SOCKET, SO_CONNECT_TIME, (char *)&seconds, &length) == 0);
    return seconds != 0xffffffff;
}

static void cancels_at_the_connection(LPFN_CONNECTEX connect_ex)
{
    static OVERLAPPED ov[SOCKETS];
    SOCKET s[SOCKETS], server = tcp();
    HANDLE events[SOCKETS];
    int cancelled[SOCKETS] = {0}, i, left = SOCKETS;
    struct sockaddr_in to;
    DWORD bytes, flags;

    bind_any(server);
    CHECK(listen(server, 1) == 0);
    to = name_of(server);
    memset(ov, 0, sizeof ov);
    for (i = 0; i < SOCKETS; i++) {
        s[i] = tcp();
        bind_any(s[i]);
        associate(s[i], port, 5);
        events[i] = CreateEventW(NULL, TRUE, FALSE, NULL);
        CHECK(events[i] != NULL);
        /* Told by the event alone: the other thread is to take no packet. */
        ov[i].hEvent = (HANDLE)((ULONG_PTR)events[i] | 1);
        CHECK(!connect_ex(s[i], (struct sockaddr *)&to, sizeof to, data, DATA, &bytes, &ov[i])
              && WSAGetLastError() == WSA_IO_PENDING);
    }
    /* The listener had no room for most of them. Now it has, and in a second they try again. */
    CHECK(listen(server, SOMAXCONN) == 0);
    while (left > 0)
        for (i = 0; i < SOCKETS; i++)
            if (!cancelled[i] && is_connected(s[i])) {
                /* Nobody receives, so that it cannot have ended. */
                CHECK(CancelIoEx((HANDLE)s[i], &ov[i]));
                cancelled[i] = 1;
                left--;
            }
    for (i = 0; i < SOCKETS; i++) {
        CHECK(WaitForSingleObject(events[i], 20000) == WAIT_OBJECT_0);
        CHECK(!WSAGetOverlappedResult(s[i], &ov[i], &bytes, FALSE, &flags));
        CHECK(WSAGetLastError() == WSA_OPERATION_ABORTED && bytes < DATA);
        CHECK(!CancelIoEx((HANDLE)s[i], &ov[i]) && GetLastError() == ERROR_NOT_FOUND);
        CHECK(closesocket(s[i]) == 0 && CloseHandle(events[i]));
    }
    CHECK(closesocket(server) == 0);
}

int main(void)
{
    GUID id = WSAID_CONNECTEX;
    LPFN_CONNECTEX connect_ex;
    HANDLE thread;
    SOCKET s;
    int round;

    start();
    port = new_port();
    s = tcp();
    connect_ex = (LPFN_CONNECTEX)extension(s, id);
    thread = CreateThread(NULL, 0, drives, NULL, 0, NULL);
    CHECK(thread != NULL);
    for (round = 0; round < 4; round++)
        cancels_at_the_connection(connect_ex);
    InterlockedExchange(&over, 1);
    CHECK(WaitForSingleObject(thread, INFINITE) == WAIT_OBJECT_0);
    return 0;
}
