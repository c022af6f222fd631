/* S-151, S-365 to S-368: ConnectEx. */
#include "sockets.h"

#define REFUSED(result, code) (!(result) && WSAGetLastError() == (code))

/* S-332: what is still being connected receives nothing. It would take the error that is to tell
 * how connecting has ended. */
static void no_receive_before_the_connection(LPFN_CONNECTEX connect_ex, HANDLE port)
{
    SOCKET server = tcp(), s[64];
    OVERLAPPED ov[64], other = {0};
    struct sockaddr_in to;
    struct packet p;
    char byte;
    int i, count = 0;

    bind_any(server);
    CHECK(listen(server, 1) == 0);
    to = name_of(server);
    memset(ov, 0, sizeof ov);
    /* Until the listener has no room for more. */
    do {
        s[count] = tcp();
        bind_any(s[count]);
        associate(s[count], port, 50 + (ULONG_PTR)count);
        CHECK(REFUSED(connect_ex(s[count], (struct sockaddr *)&to, sizeof to, NULL, 0, NULL,
                                 &ov[count]),
                      WSA_IO_PENDING));
        p = take(port, 200);
        CHECK(p.ov == NULL || (p.ok && p.ov == &ov[count]));
        count++;
    } while (p.ov != NULL && count < 64);
    if (p.ov == NULL) {
        CHECK(FAILS(receive(s[count - 1], &byte, 1, NULL, &other), WSAENOTCONN));
        CHECK(!ReadFile((HANDLE)s[count - 1], &byte, 1, NULL, &other));
        CHECK(GetLastError() == ERROR_UNEXP_NET_ERR);
        CHECK(CancelIoEx((HANDLE)s[count - 1], NULL));
        p = take(port, 5000);
        CHECK(!p.ok && p.ov == &ov[count - 1] && p.error == ERROR_OPERATION_ABORTED);
        CHECK(nothing(port));
    }
    for (i = 0; i < count; i++)
        CHECK(closesocket(s[i]) == 0);
    CHECK(closesocket(server) == 0);
}

int main(void)
{
    GUID id = WSAID_CONNECTEX;
    LPFN_CONNECTEX connect_ex;
    SOCKET server, s, peer;
    HANDLE port;
    OVERLAPPED ov;
    struct sockaddr_in to, nobody, name;
    char buf[8];
    struct packet p;
    DWORD got = 0, flags, seconds;
    int length;

    start();
    server = listener();
    to = name_of(server);
    port = new_port();
    s = tcp();
    connect_ex = (LPFN_CONNECTEX)extension(s, id);
    associate(s, port, 5);
    memset(&ov, 0, sizeof ov);

    /* Bound it must be, and not listening; an OVERLAPPED is needed. */
    CHECK(REFUSED(connect_ex(s, (struct sockaddr *)&to, sizeof to, NULL, 0, NULL, &ov),
                  WSAEINVAL));
    CHECK(REFUSED(connect_ex(server, (struct sockaddr *)&to, sizeof to, NULL, 0, NULL, &ov),
                  WSAEINVAL));
    bind_any(s);
    CHECK(REFUSED(connect_ex(s, (struct sockaddr *)&to, sizeof to, NULL, 0, NULL, NULL),
                  ERROR_INVALID_PARAMETER));
    CHECK(nothing(port));

    /* Nobody is there: that comes as a packet. */
    peer = tcp();
    bind_any(peer);
    nobody = name_of(peer);
    CHECK(REFUSED(connect_ex(s, (struct sockaddr *)&nobody, sizeof nobody, NULL, 0, NULL, &ov),
                  WSA_IO_PENDING));
    p = take(port, INFINITE);
    CHECK(!p.ok && p.error == ERROR_CONNECTION_REFUSED && p.key == 5 && p.ov == &ov);
    CHECK(!WSAGetOverlappedResult(s, &ov, &got, FALSE, &flags));
    CHECK(WSAGetLastError() == WSAECONNREFUSED);

    /* The same socket again, and what is to be sent at once. */
    CHECK(REFUSED(connect_ex(s, (struct sockaddr *)&to, sizeof to, (void *)"hello", 5, &got, &ov),
                  WSA_IO_PENDING));
    p = take(port, INFINITE);
    CHECK(p.ok && p.bytes == 5 && p.key == 5 && p.ov == &ov);
    peer = accept(server, NULL, NULL);
    CHECK(peer != INVALID_SOCKET);
    CHECK(recv(peer, buf, sizeof buf, 0) == 5 && !memcmp(buf, "hello", 5));
    CHECK(setsockopt(s, SOL_SOCKET, SO_UPDATE_CONNECT_CONTEXT, NULL, 0) == 0 ||
          WSAGetLastError() == WSAEFAULT);
    length = sizeof name;
    CHECK(getpeername(s, (struct sockaddr *)&name, &length) == 0);
    CHECK(!memcmp(&name, &to, sizeof to));
    length = sizeof seconds;
    CHECK(getsockopt(s, SOL_SOCKET, SO_CONNECT_TIME, (char *)&seconds, &length) == 0);
    CHECK(seconds < 60);
    CHECK(REFUSED(connect_ex(s, (struct sockaddr *)&to, sizeof to, NULL, 0, NULL, &ov),
                  WSAEISCONN));
    CHECK(shutdown(s, SD_SEND) == 0 && recv(peer, buf, sizeof buf, 0) == 0);

    /* A plain connect causes no packet. */
    s = tcp();
    associate(s, port, 6);
    CHECK(connect(s, (struct sockaddr *)&to, sizeof to) == 0);
    CHECK(nothing(port));
    CHECK(FAILS(connect(s, (struct sockaddr *)&to, sizeof to), WSAEISCONN));
    s = tcp();
    CHECK(FAILS(connect(s, (struct sockaddr *)&nobody, sizeof nobody), WSAECONNREFUSED));
    CHECK(connect(s, (struct sockaddr *)&to, sizeof to) == 0);
    no_receive_before_the_connection(connect_ex, port);
    return 0;
}
