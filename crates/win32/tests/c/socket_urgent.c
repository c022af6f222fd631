/* Urgent data: MSG_OOB, select, SIOCATMARK. */
#include "sockets.h"

int main(void)
{
    SOCKET a, b;
    fd_set e;
    char buf[8];
    u_long mark;
    BOOL on = TRUE;

    start();
    pair(&a, &b);
    mark = 0;
    CHECK(ioctlsocket(b, SIOCATMARK, &mark) == 0 && mark == 1);
    CHECK(FAILS(recv(b, buf, 1, MSG_OOB), WSAEINVAL) || WSAGetLastError() == WSAEWOULDBLOCK);
    CHECK(send(a, "ab", 2, 0) == 2);
    CHECK(send(a, "!", 1, MSG_OOB) == 1);
    FD_ZERO(&e);
    FD_SET(b, &e);
    CHECK(select(0, NULL, NULL, &e, NULL) == 1 && FD_ISSET(b, &e));
    CHECK(ioctlsocket(b, SIOCATMARK, &mark) == 0 && mark == 0);
    CHECK(recv(b, buf, 8, MSG_OOB) == 1 && buf[0] == '!');
    CHECK(recv(b, buf, 8, 0) == 2 && !memcmp(buf, "ab", 2));

    /* Or in its place among the others. */
    pair(&a, &b);
    CHECK(setsockopt(b, SOL_SOCKET, SO_OOBINLINE, (char *)&on, sizeof on) == 0);
    CHECK(send(a, "c", 1, 0) == 1 && send(a, "?", 1, MSG_OOB) == 1);
    while (recv(b, buf, 8, MSG_PEEK) < 1)
        ;
    CHECK(recv(b, buf, 1, 0) == 1 && buf[0] == 'c');
    CHECK(recv(b, buf, 1, 0) == 1 && buf[0] == '?');
    return 0;
}
