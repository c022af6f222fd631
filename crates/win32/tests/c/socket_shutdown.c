/* S-333, S-334, S-335: ends of directions, and what lingers. */
#include "sockets.h"

int main(void)
{
    SOCKET a, b, idle;
    HANDLE port;
    OVERLAPPED ov, ov2;
    char buf[8];
    struct packet p;
    struct linger linger = {1, 5};
    ULONGLONG begin;
    int i;

    start();
    pair(&a, &b);
    port = new_port();
    associate(a, port, 1);
    memset(&ov, 0, sizeof ov);
    idle = tcp();

    CHECK(FAILS(shutdown(idle, SD_SEND), WSAENOTCONN));
    CHECK(FAILS(shutdown(idle, SD_RECEIVE), WSAENOTCONN));
    CHECK(FAILS(shutdown(a, 3), WSAEINVAL));
    CHECK(FAILS(shutdown(INVALID_SOCKET, SD_SEND), WSAENOTSOCK));

    /* A receive in flight stays in flight and gets data; new ones fail. */
    CHECK(FAILS(receive(a, buf, 8, NULL, &ov), WSA_IO_PENDING));
    CHECK(shutdown(a, SD_RECEIVE) == 0);
    CHECK(nothing(port));
    CHECK(FAILS(receive(a, buf, 8, NULL, &ov2), WSAESHUTDOWN));
    CHECK(FAILS(recv(a, buf, 8, 0), WSAESHUTDOWN));
    CHECK(send(b, "data", 4, 0) == 4);
    p = take(port, INFINITE);
    CHECK(p.ok && p.bytes == 4 && !memcmp(buf, "data", 4));

    /* The end of sending comes after what was sent before, and may be repeated. */
    {
        static char big[4 << 20];
        size_t total = 0;
        CHECK(ACCEPTED(transmit(a, big, sizeof big, NULL, &ov)));
        CHECK(shutdown(a, SD_SEND) == 0);
        CHECK(shutdown(a, SD_BOTH) == 0);
        CHECK(FAILS(transmit(a, "x", 1, NULL, &ov2), WSAESHUTDOWN));
        CHECK(FAILS(send(a, "x", 1, 0), WSAESHUTDOWN));
        for (;;) {
            static char in[1 << 16];
            int n = recv(b, in, sizeof in, 0);
            CHECK(n >= 0);
            if (n == 0)
                break;
            total += (size_t)n;
        }
        CHECK(total == sizeof big);
        p = take(port, INFINITE);
        CHECK(p.ok && p.ov == &ov && p.bytes == sizeof big);
    }
    closesocket(a), closesocket(b);

    /* Closing does not wait, and what was sent arrives all the same. */
    pair(&a, &b);
    CHECK(send(a, "last", 4, 0) == 4);
    CHECK(closesocket(a) == 0);
    CHECK(recv(b, buf, 8, 0) == 4 && recv(b, buf, 8, 0) == 0);
    closesocket(b);

    /* With a time to linger it waits until the peer has everything. */
    pair(&a, &b);
    CHECK(setsockopt(a, SOL_SOCKET, SO_LINGER, (char *)&linger, sizeof linger) == 0);
    CHECK(send(a, "last", 4, 0) == 4);
    begin = GetTickCount64();
    CHECK(closesocket(a) == 0);
    CHECK(GetTickCount64() - begin < 4000);
    CHECK(recv(b, buf, 8, 0) == 4 && recv(b, buf, 8, 0) == 0);
    closesocket(b);

    /* And breaks off when the time is over. */
    {
        static char big[1 << 20];
        u_long on = 1, off = 0;
        int total = 0;
        linger.l_linger = 1;
        pair(&a, &b);
        CHECK(setsockopt(a, SOL_SOCKET, SO_LINGER, (char *)&linger, sizeof linger) == 0);
        CHECK(ioctlsocket(a, FIONBIO, &on) == 0);
        while (send(a, big, sizeof big, 0) > 0)
            ;
        CHECK(WSAGetLastError() == WSAEWOULDBLOCK);
        CHECK(ioctlsocket(a, FIONBIO, &off) == 0);
        begin = GetTickCount64();
        CHECK(closesocket(a) == 0);
        CHECK(GetTickCount64() - begin >= 900);
        for (i = 0; i > -1; total++)
            i = recv(b, big, sizeof big, 0);
        CHECK(WSAGetLastError() == WSAECONNRESET);
    }
    return 0;
}
