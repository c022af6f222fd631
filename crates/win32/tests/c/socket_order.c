/* S-322, S-323, S-324, S-325, S-327, S-329: receives in call order, sends whole and in order,
   the end of the stream, receives of nothing. */
#include "sockets.h"

static char big[4 << 20];

int main(void)
{
    SOCKET a, b;
    HANDLE port;
    OVERLAPPED ov[4];
    char buf[4][4];
    struct packet p;
    DWORD got, flags;
    int i;

    start();
    pair(&a, &b);
    port = new_port();
    associate(a, port, 7);
    memset(ov, 0, sizeof ov);

    /* Four receives are in flight; what comes fills them in the order of the calls. */
    for (i = 0; i < 4; i++)
        CHECK(FAILS(receive(a, buf[i], 4, NULL, &ov[i]), WSA_IO_PENDING));
    CHECK(send(b, "AAAABBBBCC", 10, 0) == 10);
    for (i = 0; i < 3; i++) {
        p = take(port, INFINITE);
        CHECK(p.ok && p.key == 7 && p.ov == &ov[i]);
        CHECK(p.bytes == (i == 2 ? 2u : 4u) && p.bytes == (DWORD)p.ov->InternalHigh);
        CHECK(p.ov->Internal == 0);
    }
    CHECK(!memcmp(buf[0], "AAAA", 4) && !memcmp(buf[1], "BBBB", 4) && !memcmp(buf[2], "CC", 2));
    CHECK(nothing(port) && !HasOverlappedIoCompleted(&ov[3]));
    CHECK(send(b, "D", 1, 0) == 1);
    p = take(port, INFINITE);
    CHECK(p.ok && p.ov == &ov[3] && p.bytes == 1 && buf[3][0] == 'D');

    /* Several buffers are filled in order; their array need not outlive the call. */
    {
        WSABUF bufs[2];
        bufs[0].len = 3, bufs[0].buf = buf[0];
        bufs[1].len = 4, bufs[1].buf = buf[1];
        flags = 0;
        CHECK(FAILS(WSARecv(a, bufs, 2, NULL, &flags, &ov[0], NULL), WSA_IO_PENDING));
        memset(bufs, 0xff, sizeof bufs);
    }
    CHECK(send(b, "abcde", 5, 0) == 5);
    p = take(port, INFINITE);
    CHECK(p.ok && p.bytes == 5 && !memcmp(buf[0], "abc", 3) && !memcmp(buf[1], "de", 2));

    /* MSG_WAITALL waits for all. */
    {
        WSABUF all;
        all.len = 4, all.buf = buf[0];
        flags = MSG_WAITALL;
        CHECK(FAILS(WSARecv(a, &all, 1, NULL, &flags, &ov[0], NULL), WSA_IO_PENDING));
    }
    CHECK(send(b, "1", 1, 0) == 1);
    CHECK(nothing(port));
    CHECK(send(b, "234", 3, 0) == 3);
    p = take(port, INFINITE);
    CHECK(p.ok && p.bytes == 4 && !memcmp(buf[0], "1234", 4));

    /* A receive of nothing waits for data and takes none. */
    CHECK(FAILS(receive(a, NULL, 0, NULL, &ov[1]), WSA_IO_PENDING));
    CHECK(nothing(port));
    CHECK(send(b, "xy", 2, 0) == 2);
    p = take(port, INFINITE);
    CHECK(p.ok && p.ov == &ov[1] && p.bytes == 0);
    CHECK(receive(a, buf[0], 4, &got, NULL) == 0 && got == 2 && buf[0][0] == 'x');

    /* Two large sends, far more than fits: each is whole, and they do not mix. */
    memset(big, 'p', sizeof big / 2);
    memset(big + sizeof big / 2, 'q', sizeof big / 2);
    CHECK(ACCEPTED(transmit(a, big, sizeof big / 2, NULL, &ov[2])));
    CHECK(ACCEPTED(transmit(a, big + sizeof big / 2, sizeof big / 2, NULL, &ov[3])));
    {
        static char in[1 << 16];
        size_t total = 0;
        while (total < sizeof big) {
            int n = recv(b, in, sizeof in, 0), k;
            CHECK(n > 0);
            for (k = 0; k < n; k++, total++)
                CHECK(in[k] == big[total]);
        }
    }
    for (i = 2; i < 4; i++) {
        p = take(port, INFINITE);
        CHECK(p.ok && p.ov == &ov[i] && p.bytes == sizeof big / 2);
    }

    /* The peer finishes: no bytes, and no error, again and again. */
    CHECK(FAILS(receive(a, buf[0], 4, NULL, &ov[0]), WSA_IO_PENDING));
    CHECK(shutdown(b, SD_SEND) == 0);
    p = take(port, INFINITE);
    CHECK(p.ok && p.ov == &ov[0] && p.bytes == 0 && p.key == 7);
    for (i = 0; i < 3; i++) {
        CHECK(ACCEPTED(receive(a, buf[0], 4, NULL, &ov[0])));
        p = take(port, INFINITE);
        CHECK(p.ok && p.bytes == 0);
    }
    CHECK(recv(a, buf[0], 4, 0) == 0);
    return 0;
}
