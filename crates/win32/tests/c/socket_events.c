/* WSAEventSelect and WSAEnumNetworkEvents. */
#include "sockets.h"

static long wait_for(SOCKET s, WSAEVENT event, int bit, int *error)
{
    WSANETWORKEVENTS events;
    CHECK(WSAWaitForMultipleEvents(1, &event, FALSE, WSA_INFINITE, FALSE) == WSA_WAIT_EVENT_0);
    CHECK(WSAEnumNetworkEvents(s, event, &events) == 0);
    CHECK(WaitForSingleObject(event, 0) == WAIT_TIMEOUT || events.lNetworkEvents == 0);
    if (error != NULL)
        *error = events.iErrorCode[bit];
    return events.lNetworkEvents;
}

static int quiet(WSAEVENT event)
{
    return WSAWaitForMultipleEvents(1, &event, FALSE, 50, FALSE) == WSA_WAIT_TIMEOUT;
}

int main(void)
{
    SOCKET server, s, client, a, b;
    WSAEVENT event = WSACreateEvent(), other = WSACreateEvent();
    struct sockaddr_in to;
    u_long off = 0;
    char buf[4];
    int error = -1;
    long events;

    start();
    event = WSACreateEvent(), other = WSACreateEvent();
    server = listener();
    to = name_of(server);
    CHECK(FAILS(WSAEventSelect(server, NULL, FD_ACCEPT), WSAEINVAL));
    CHECK(WSAEventSelect(server, event, FD_ACCEPT | FD_CLOSE) == 0);
    CHECK(quiet(event));
    /* It does not wait any more, and cannot be told to. */
    CHECK(accept(server, NULL, NULL) == INVALID_SOCKET && WSAGetLastError() == WSAEWOULDBLOCK);
    CHECK(FAILS(ioctlsocket(server, FIONBIO, &off), WSAEINVAL));

    /* Once for a connection, and anew after accept. */
    client = client_of(server);
    CHECK(wait_for(server, event, FD_ACCEPT_BIT, &error) == FD_ACCEPT && error == 0);
    CHECK(quiet(event));
    s = client_of(server);
    CHECK(quiet(event));
    a = accept(server, NULL, NULL);
    CHECK(a != INVALID_SOCKET);
    CHECK(wait_for(server, event, FD_ACCEPT_BIT, &error) == FD_ACCEPT);
    b = accept(server, NULL, NULL);
    CHECK(b != INVALID_SOCKET);
    CHECK(quiet(event));

    /* Writable at once; readable once until the next receive. */
    CHECK(WSAEventSelect(a, other, FD_READ | FD_WRITE | FD_CLOSE) == 0);
    CHECK(wait_for(a, other, FD_WRITE_BIT, &error) == FD_WRITE && error == 0);
    CHECK(quiet(other));
    CHECK(send(client, "xy", 2, 0) == 2);
    CHECK(wait_for(a, other, FD_READ_BIT, &error) == FD_READ);
    CHECK(quiet(other));
    CHECK(recv(a, buf, 1, 0) == 1);
    CHECK(wait_for(a, other, FD_READ_BIT, &error) == FD_READ);
    CHECK(recv(a, buf, 1, 0) == 1);
    CHECK(quiet(other));

    /* Full; then writable again. */
    {
        static char big[1 << 20];
        CHECK(send(a, big, sizeof big, 0) > 0);
        while (send(a, big, sizeof big, 0) > 0)
            ;
        CHECK(WSAGetLastError() == WSAEWOULDBLOCK);
        CHECK(quiet(other));
        CHECK(recv(client, big, sizeof big, 0) > 0);
        while (WSAWaitForMultipleEvents(1, &other, FALSE, 20, FALSE) == WSA_WAIT_TIMEOUT)
            CHECK(recv(client, big, sizeof big, 0) > 0);
        CHECK(wait_for(a, other, FD_WRITE_BIT, &error) == FD_WRITE);
    }

    /* The end comes after the data. */
    CHECK(send(client, "z", 1, 0) == 1);
    CHECK(shutdown(client, SD_SEND) == 0);
    CHECK(wait_for(a, other, FD_READ_BIT, &error) == FD_READ);
    CHECK(recv(a, buf, 4, 0) == 1);
    CHECK(wait_for(a, other, FD_CLOSE_BIT, &error) == FD_CLOSE && error == 0);
    CHECK(quiet(other));

    /* A reset closes with a reason. */
    CHECK(WSAEventSelect(b, other, FD_READ | FD_CLOSE) == 0);
    reset(s);
    CHECK(wait_for(b, other, FD_CLOSE_BIT, &error) == FD_CLOSE && error == WSAECONNRESET);
    CHECK(FAILS(recv(b, buf, 4, 0), WSAECONNRESET));

    /* Connecting. */
    s = tcp();
    CHECK(WSAEventSelect(s, other, FD_CONNECT | FD_WRITE) == 0);
    CHECK(quiet(other));
    if (connect(s, (struct sockaddr *)&to, sizeof to) != 0)
        CHECK(WSAGetLastError() == WSAEWOULDBLOCK);
    for (events = 0; events != (FD_CONNECT | FD_WRITE);) {
        events |= wait_for(s, other, FD_CONNECT_BIT, &error);
        CHECK(error == 0);
    }

    /* No more events when the program wants none. */
    CHECK(WSAEventSelect(s, NULL, 0) == 0);
    CHECK(ioctlsocket(s, FIONBIO, &off) == 0);
    CHECK(closesocket(s) == 0);
    CHECK(quiet(other));
    return 0;
}
