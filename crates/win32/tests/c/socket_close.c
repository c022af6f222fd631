/* S-019, S-230, S-231, S-232, S-233: closing with operations in flight. */
#include "sockets.h"

int main(void)
{
    SOCKET a, b, c, copy;
    HANDLE port, other;
    OVERLAPPED ov[8];
    char buf[8];
    struct packet p;
    WSAPROTOCOL_INFOA info;
    int i, seen = 0;

    start();
    pair(&a, &b);
    port = new_port();
    associate(a, port, 0xabcd);
    memset(ov, 0, sizeof ov);

    /* Every one of them comes out, with 995 and the key. */
    for (i = 0; i < 8; i++)
        CHECK(FAILS(receive(a, buf, 1, NULL, &ov[i]), WSA_IO_PENDING));
    CHECK(closesocket(a) == 0);
    for (i = 0; i < 8; i++) {
        p = take(port, INFINITE);
        CHECK(!p.ok && p.error == ERROR_OPERATION_ABORTED && p.key == 0xabcd && p.bytes == 0);
        CHECK(p.ov >= ov && p.ov < ov + 8 && (DWORD)p.ov->Internal == 0xc0000120);
        seen |= 1 << (p.ov - ov);
    }
    CHECK(seen == 0xff);
    CHECK(nothing(port));
    /* The peer sees the end of the stream. */
    CHECK(recv(b, buf, 1, 0) == 0);
    CHECK(FAILS(receive(a, buf, 1, NULL, &ov[0]), WSAENOTSOCK));
    CHECK(FAILS(send(a, buf, 1, 0), WSAENOTSOCK));
    CHECK(closesocket(b) == 0);

    /* Closing what has nothing in flight says nothing. */
    pair(&a, &b);
    associate(a, port, 1);
    CHECK(closesocket(a) == 0 && closesocket(b) == 0);
    CHECK(nothing(port));

    /* A second handle keeps everything in flight, and completes with the first one's key. */
    pair(&a, &b);
    associate(a, port, 2);
    CHECK(WSADuplicateSocketA(a, GetCurrentProcessId(), &info) == 0);
    copy = WSASocketA(FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, &info, 0,
                      WSA_FLAG_OVERLAPPED);
    CHECK(copy != INVALID_SOCKET && copy != a);
    CHECK(CreateIoCompletionPort((HANDLE)copy, port, 9, 0) == NULL);
    CHECK(GetLastError() == ERROR_INVALID_PARAMETER);
    CHECK(FAILS(receive(a, buf, 1, NULL, &ov[0]), WSA_IO_PENDING));
    CHECK(FAILS(receive(copy, buf, 1, NULL, &ov[1]), WSA_IO_PENDING));
    CHECK(closesocket(a) == 0);
    CHECK(nothing(port));
    CHECK(send(b, "x", 1, 0) == 1);
    p = take(port, INFINITE);
    CHECK(p.ok && p.ov == &ov[0] && p.key == 2);
    CHECK(closesocket(copy) == 0);
    p = take(port, INFINITE);
    CHECK(!p.ok && p.ov == &ov[1] && p.key == 2 && p.error == ERROR_OPERATION_ABORTED);

    /* DuplicateHandle and CloseHandle do the same. */
    pair(&a, &b);
    associate(a, port, 5);
    CHECK(DuplicateHandle(GetCurrentProcess(), (HANDLE)a, GetCurrentProcess(), &other, 0, FALSE,
                          DUPLICATE_SAME_ACCESS));
    CHECK(FAILS(receive((SOCKET)other, buf, 1, NULL, &ov[2]), WSA_IO_PENDING));
    CHECK(CloseHandle((HANDLE)a));
    CHECK(nothing(port));
    CHECK(CloseHandle(other));
    p = take(port, INFINITE);
    CHECK(!p.ok && p.ov == &ov[2] && p.key == 5 && p.error == ERROR_OPERATION_ABORTED);

    /* A send that is too large to leave is aborted, too. */
    {
        static char big[16 << 20];
        pair(&a, &c);
        associate(a, port, 6);
        CHECK(FAILS(transmit(a, big, sizeof big, NULL, &ov[3]), WSA_IO_PENDING));
        CHECK(closesocket(a) == 0);
        p = take(port, INFINITE);
        CHECK(!p.ok && p.ov == &ov[3] && p.key == 6 && p.error == ERROR_OPERATION_ABORTED);
    }
    return 0;
}
