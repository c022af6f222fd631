/* S-150 to S-157, S-162, S-181, S-195, S-320: when a packet comes, and when none does. */
#include "sockets.h"

int main(void)
{
    SOCKET a, b, idle;
    HANDLE port, event;
    OVERLAPPED ov;
    char buf[8];
    DWORD got;
    struct packet p;
    int result;

    start();
    pair(&a, &b);
    port = new_port();
    associate(a, port, 1);
    event = CreateEventW(NULL, TRUE, FALSE, NULL);

    /* Success within the call is a packet, too. */
    CHECK(send(b, "hello", 5, 0) == 5);
    while (recv(a, buf, sizeof buf, MSG_PEEK) != 5)
        Sleep(1);
    memset(&ov, 0, sizeof ov);
    got = 0;
    result = receive(a, buf, sizeof buf, &got, &ov);
    CHECK(ACCEPTED(result));
    CHECK(result != 0 || got == 5);
    CHECK(GetOverlappedResult((HANDLE)a, &ov, &got, TRUE) && got == 5);
    p = take(port, INFINITE);
    CHECK(p.ok && p.bytes == 5 && p.ov == &ov && ov.InternalHigh == 5 && ov.Internal == 0);
    CHECK(nothing(port));

    /* Without an OVERLAPPED there is none. */
    CHECK(transmit(a, "x", 1, &got, NULL) == 0 && got == 1);
    CHECK(send(a, "x", 1, 0) == 1);
    CHECK(nothing(port));

    /* An event with its lowest bit set: the event, and no packet. */
    memset(&ov, 0, sizeof ov);
    ov.hEvent = (HANDLE)((ULONG_PTR)event | 1);
    CHECK(FAILS(receive(a, buf, sizeof buf, NULL, &ov), WSA_IO_PENDING));
    CHECK(WaitForSingleObject(event, 0) == WAIT_TIMEOUT);
    CHECK(send(b, "a", 1, 0) == 1);
    CHECK(WaitForSingleObject(event, INFINITE) == WAIT_OBJECT_0);
    CHECK(ov.InternalHigh == 1);
    CHECK(nothing(port));

    /* An event without it: both. */
    ov.hEvent = event;
    CHECK(FAILS(receive(a, buf, sizeof buf, NULL, &ov), WSA_IO_PENDING));
    CHECK(WaitForSingleObject(event, 0) == WAIT_TIMEOUT);
    CHECK(send(b, "b", 1, 0) == 1);
    CHECK(WaitForSingleObject(event, INFINITE) == WAIT_OBJECT_0);
    p = take(port, INFINITE);
    CHECK(p.ok && p.ov == &ov);

    /* An error within the call: no packet, nothing written, and the status stays pending. */
    idle = tcp();
    associate(idle, port, 2);
    memset(&ov, 0, sizeof ov);
    ov.InternalHigh = 0xbeef;
    got = 0xdead;
    CHECK(FAILS(receive(idle, buf, sizeof buf, &got, &ov), WSAENOTCONN));
    CHECK(got == 0xdead && ov.Internal == STATUS_PENDING && ov.InternalHigh == 0xbeef);
    CHECK(FAILS(transmit(idle, buf, sizeof buf, &got, &ov), WSAENOTCONN));
    CHECK(nothing(port));

    /* Skipping: what succeeds at once causes no packet, what was pending does. */
    CHECK(SetFileCompletionNotificationModes((HANDLE)a, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS));
    CHECK(SetFileCompletionNotificationModes((HANDLE)a, 0));
    memset(&ov, 0, sizeof ov);
    CHECK(transmit(a, "c", 1, &got, &ov) == 0 && got == 1);
    CHECK(ov.Internal == 0 && ov.InternalHigh == 1);
    CHECK(nothing(port));
    CHECK(FAILS(receive(a, buf, sizeof buf, NULL, &ov), WSA_IO_PENDING));
    CHECK(send(b, "d", 1, 0) == 1);
    p = take(port, INFINITE);
    CHECK(p.ok && p.ov == &ov && p.bytes == 1);
    CHECK(nothing(port));

    /* S-156: the transports say that skipping is allowed. */
    {
        WSAPROTOCOL_INFOW info;
        int length = sizeof info;
        CHECK(getsockopt(a, SOL_SOCKET, SO_PROTOCOL_INFOW, (char *)&info, &length) == 0);
        CHECK(info.dwServiceFlags1 & XP1_IFS_HANDLES);
        CHECK(info.iAddressFamily == AF_INET && info.iProtocol == IPPROTO_TCP);
    }
    return 0;
}
