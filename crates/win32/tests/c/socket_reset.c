/* S-118, S-197, S-328: a reset has three numbers, and stays. */
#include "sockets.h"

int main(void)
{
    SOCKET a, b;
    HANDLE port;
    OVERLAPPED ov;
    char buf[8];
    DWORD got = 0xdead, flags;
    struct packet p;
    int i;

    start();
    pair(&a, &b);
    port = new_port();
    associate(a, port, 3);
    memset(&ov, 0, sizeof ov);

    CHECK(FAILS(receive(a, buf, sizeof buf, NULL, &ov), WSA_IO_PENDING));
    reset(b);
    p = take(port, INFINITE);
    CHECK(!p.ok && p.ov == &ov && p.key == 3 && p.bytes == 0);
    CHECK(p.error == ERROR_NETNAME_DELETED);
    CHECK((DWORD)ov.Internal == 0xc000020d);
    CHECK(!GetOverlappedResult((HANDLE)a, &ov, &got, FALSE));
    CHECK(GetLastError() == ERROR_NETNAME_DELETED && got == 0);
    got = 0xdead;
    CHECK(!WSAGetOverlappedResult(a, &ov, &got, FALSE, &flags));
    CHECK(WSAGetLastError() == WSAECONNRESET && got == 0xdead);

    for (i = 0; i < 3; i++) {
        CHECK(FAILS(receive(a, buf, sizeof buf, &got, &ov), WSAECONNRESET));
        CHECK(FAILS(recv(a, buf, sizeof buf, 0), WSAECONNRESET));
        CHECK(FAILS(transmit(a, buf, sizeof buf, &got, &ov), WSAECONNRESET));
        CHECK(FAILS(send(a, buf, sizeof buf, 0), WSAECONNRESET));
    }
    CHECK(got == 0xdead);
    CHECK(nothing(port));

    /* The same if a call that waits hears of it first. */
    pair(&a, &b);
    associate(a, port, 4);
    reset(b);
    CHECK(FAILS(recv(a, buf, sizeof buf, 0), WSAECONNRESET));
    CHECK(FAILS(receive(a, buf, sizeof buf, &got, &ov), WSAECONNRESET));
    CHECK(FAILS(recv(a, buf, sizeof buf, 0), WSAECONNRESET));
    CHECK(nothing(port));
    return 0;
}
