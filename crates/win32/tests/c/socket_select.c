/* select and WSAPoll. */
#define FD_SETSIZE 200
#include "sockets.h"

static DWORD WINAPI closes(void *s)
{
    Sleep(50);
    closesocket(*(SOCKET *)s);
    return 0;
}

int main(void)
{
    SOCKET server, a, b, s, many[100];
    struct timeval none = {0, 0}, later = {0, 50000};
    struct sockaddr_in to, nobody;
    fd_set r, w, e;
    WSAPOLLFD fds[3];
    u_long on = 1;
    char buf[4];
    int i, error, length;
    HANDLE thread;

    start();
    server = listener();
    to = name_of(server);
    CHECK(FAILS(select(0, NULL, NULL, NULL, &none), WSAEINVAL));
    FD_ZERO(&r);
    CHECK(FAILS(select(0, &r, NULL, NULL, &none), WSAEINVAL));
    FD_SET(INVALID_SOCKET, &r);
    CHECK(FAILS(select(0, &r, NULL, NULL, &none), WSAENOTSOCK));

    /* A listener is readable when somebody comes. */
    FD_ZERO(&r);
    FD_SET(server, &r);
    CHECK(select(0, &r, NULL, NULL, &later) == 0 && r.fd_count == 0);
    a = client_of(server);
    FD_ZERO(&r);
    FD_SET(server, &r);
    CHECK(select(0, &r, NULL, NULL, NULL) == 1 && FD_ISSET(server, &r));
    b = accept(server, NULL, NULL);

    /* Writable, not readable; then both; a new one neither. */
    s = tcp();
    FD_ZERO(&r);
    FD_ZERO(&w);
    FD_ZERO(&e);
    FD_SET(a, &r);
    FD_SET(a, &w);
    FD_SET(a, &e);
    FD_SET(s, &r);
    FD_SET(s, &w);
    FD_SET(s, &e);
    CHECK(select(0, &r, &w, &e, &none) == 1);
    CHECK(r.fd_count == 0 && e.fd_count == 0 && w.fd_count == 1 && FD_ISSET(a, &w));
    CHECK(send(b, "x", 1, 0) == 1);
    FD_ZERO(&r);
    FD_SET(a, &r);
    FD_SET(s, &r);
    FD_SET(server, &r);
    CHECK(select(0, &r, NULL, NULL, NULL) == 1 && FD_ISSET(a, &r) && !FD_ISSET(s, &r));
    CHECK(recv(a, buf, 4, 0) == 1);

    /* A connect that does not wait, to somebody and to nobody. */
    CHECK(ioctlsocket(s, FIONBIO, &on) == 0);
    if (connect(s, (struct sockaddr *)&to, sizeof to) != 0)
        CHECK(WSAGetLastError() == WSAEWOULDBLOCK);
    FD_ZERO(&w);
    FD_ZERO(&e);
    FD_SET(s, &w);
    FD_SET(s, &e);
    CHECK(select(0, NULL, &w, &e, NULL) == 1 && FD_ISSET(s, &w));
    CHECK(FAILS(connect(s, (struct sockaddr *)&to, sizeof to), WSAEISCONN));
    closesocket(s);
    s = tcp();
    bind_any(s);
    nobody = name_of(s);
    closesocket(s);
    s = tcp();
    CHECK(ioctlsocket(s, FIONBIO, &on) == 0);
    CHECK(connect(s, (struct sockaddr *)&nobody, sizeof nobody) != 0);
    if (WSAGetLastError() == WSAEWOULDBLOCK) {
        FD_ZERO(&w);
        FD_ZERO(&e);
        FD_SET(s, &w);
        FD_SET(s, &e);
        CHECK(select(0, NULL, &w, &e, NULL) == 1 && FD_ISSET(s, &e) && !FD_ISSET(s, &w));
        length = sizeof error;
        CHECK(getsockopt(s, SOL_SOCKET, SO_ERROR, (char *)&error, &length) == 0);
        CHECK(error == WSAECONNREFUSED);
    } else {
        CHECK(WSAGetLastError() == WSAECONNREFUSED);
    }
    /* And once more with the same socket. */
    if (connect(s, (struct sockaddr *)&to, sizeof to) != 0)
        CHECK(WSAGetLastError() == WSAEWOULDBLOCK);
    FD_ZERO(&w);
    FD_SET(s, &w);
    CHECK(select(0, NULL, &w, NULL, NULL) == 1);
    closesocket(s);

    /* The end of the stream is readable. */
    CHECK(shutdown(b, SD_SEND) == 0);
    FD_ZERO(&r);
    FD_SET(a, &r);
    CHECK(select(0, &r, NULL, NULL, NULL) == 1 && recv(a, buf, 4, 0) == 0);

    /* More sockets than the usual 64: the program's choice of the size counts. */
    FD_ZERO(&r);
    for (i = 0; i < 100; i++) {
        many[i] = socket(AF_INET, SOCK_DGRAM, 0);
        bind_any(many[i]);
        FD_SET(many[i], &r);
    }
    CHECK(r.fd_count == 100);
    nobody = name_of(many[99]);
    CHECK(sendto(many[0], "x", 1, 0, (struct sockaddr *)&nobody, sizeof nobody) == 1);
    CHECK(select(0, &r, NULL, NULL, NULL) == 1 && r.fd_array[0] == many[99]);
    closesocket(a), closesocket(b);

    /* Somebody closes a socket that is waited for. */
    pair(&a, &b);
    s = a;
    FD_ZERO(&r);
    FD_SET(a, &r);
    thread = CreateThread(NULL, 0, closes, &s, 0, NULL);
    CHECK(FAILS(select(0, &r, NULL, NULL, NULL), WSAENOTSOCK));
    CHECK(WaitForSingleObject(thread, INFINITE) == WAIT_OBJECT_0);
    closesocket(b);

    /* WSAPoll. */
    closesocket(server);
    server = listener();
    pair(&a, &b);
    memset(fds, 0, sizeof fds);
    fds[0].fd = a, fds[0].events = POLLRDNORM | POLLWRNORM;
    fds[1].fd = INVALID_SOCKET, fds[1].events = POLLRDNORM, fds[1].revents = -1;
    fds[2].fd = server, fds[2].events = POLLIN;
    CHECK(WSAPoll(fds, 3, 0) == 1);
    CHECK(fds[0].revents == POLLWRNORM && fds[1].revents == 0 && fds[2].revents == 0);
    fds[0].events = POLLRDNORM;
    CHECK(WSAPoll(fds, 3, 50) == 0);
    CHECK(send(b, "x", 1, 0) == 1);
    CHECK(WSAPoll(fds, 3, -1) == 1 && fds[0].revents == POLLRDNORM);
    CHECK(recv(a, buf, 4, 0) == 1);
    CHECK(closesocket(b) == 0);
    CHECK(WSAPoll(fds, 3, -1) == 1 && (fds[0].revents & POLLHUP));
    fds[0].fd = b;
    CHECK(WSAPoll(fds, 3, -1) == 1 && fds[0].revents == POLLNVAL);
    CHECK(FAILS(WSAPoll(NULL, 1, 0), WSAEFAULT));
    CHECK(FAILS(WSAPoll(fds, 0, 0), WSAEINVAL));
    fds[0].fd = a, fds[0].events = POLLHUP;
    CHECK(FAILS(WSAPoll(fds, 1, 0), WSAEINVAL));
    return 0;
}
