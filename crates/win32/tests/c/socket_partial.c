/* S-150, S-320: what has moved bytes and then failed is told by its packet, not by the call: never
   by both. */
#include "sockets.h"

static void broken_off(int skips)
{
    SOCKET a, b;
    HANDLE port = new_port();
    OVERLAPPED ov;
    char bytes[8];
    WSABUF buf = {sizeof bytes, bytes};
    DWORD got = 0, flags = MSG_WAITALL;
    struct packet p;

    pair(&a, &b);
    associate(a, port, 3);
    if (skips)
        CHECK(SetFileCompletionNotificationModes((HANDLE)a, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS));
    memset(&ov, 0, sizeof ov);
    CHECK(send(b, "abc", 3, 0) == 3);
    reset(b);

    CHECK(FAILS(WSARecv(a, &buf, 1, &got, &flags, &ov, NULL), WSA_IO_PENDING));
    p = take(port, INFINITE);
    CHECK(!p.ok && p.ov == &ov && p.key == 3 && p.bytes == 3);
    CHECK(p.error == ERROR_NETNAME_DELETED && memcmp(bytes, "abc", 3) == 0);

    /* Without a byte it is the call that fails. */
    CHECK(FAILS(WSARecv(a, &buf, 1, &got, &flags, &ov, NULL), WSAECONNRESET));
    CHECK(nothing(port));
    CHECK(closesocket(a) == 0 && CloseHandle(port));
}

int main(void)
{
    start();
    broken_off(0);
    broken_off(1);
    return 0;
}
