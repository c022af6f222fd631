/* S-023, S-174, S-190 to S-192, S-196, S-301, S-305, S-307: results without a port. */
#include "sockets.h"

static DWORD told_error, told_bytes, told_flags;
static LPWSAOVERLAPPED told_ov;
static int told;

static void CALLBACK routine(DWORD error, DWORD bytes, LPWSAOVERLAPPED ov, DWORD flags)
{
    told++;
    told_error = error;
    told_bytes = bytes;
    told_ov = ov;
    told_flags = flags;
}

int main(void)
{
    SOCKET a, b;
    HANDLE event, port;
    OVERLAPPED ov;
    char buf[8];
    DWORD got, flags;
    WSABUF wsabuf;

    start();
    pair(&a, &b);
    wsabuf.len = sizeof buf, wsabuf.buf = buf;

    /* By event. */
    event = WSACreateEvent();
    memset(&ov, 0, sizeof ov);
    ov.hEvent = event;
    CHECK(WSASetEvent(event));
    CHECK(FAILS(receive(a, buf, sizeof buf, NULL, &ov), WSA_IO_PENDING));
    CHECK(WSAWaitForMultipleEvents(1, &event, FALSE, 0, FALSE) == WSA_WAIT_TIMEOUT);
    CHECK(!WSAGetOverlappedResult(a, &ov, &got, FALSE, &flags));
    CHECK(WSAGetLastError() == WSA_IO_INCOMPLETE);
    CHECK(send(b, "abc", 3, 0) == 3);
    CHECK(WSAWaitForMultipleEvents(1, &event, FALSE, WSA_INFINITE, FALSE) == WSA_WAIT_EVENT_0);
    CHECK(WSAGetOverlappedResult(a, &ov, &got, FALSE, &flags) && got == 3 && flags == 0);
    CHECK(WSAResetEvent(event));
    CHECK(WSAWaitForMultipleEvents(1, &event, TRUE, 0, FALSE) == WSA_WAIT_TIMEOUT);
    CHECK(FAILS(receive(a, buf, sizeof buf, NULL, &ov), WSA_IO_PENDING));
    CHECK(send(b, "d", 1, 0) == 1);
    CHECK(WSAGetOverlappedResult(a, &ov, &got, TRUE, &flags) && got == 1);
    CHECK(!WSAGetOverlappedResult(a, NULL, &got, FALSE, &flags));
    CHECK(WSAGetLastError() == WSA_INVALID_PARAMETER);

    /* By the handle itself. */
    memset(&ov, 0, sizeof ov);
    CHECK(FAILS(receive(a, buf, sizeof buf, NULL, &ov), WSA_IO_PENDING));
    CHECK(WaitForSingleObject((HANDLE)a, 0) == WAIT_TIMEOUT);
    CHECK(send(b, "e", 1, 0) == 1);
    CHECK(WaitForSingleObject((HANDLE)a, INFINITE) == WAIT_OBJECT_0);
    CHECK(GetOverlappedResult(NULL, &ov, &got, FALSE) && got == 1);
    CHECK(WSACloseEvent(event) && !WSACloseEvent(event));
    CHECK(WSAGetLastError() == WSA_INVALID_HANDLE);

    /* By a routine, which runs when this thread waits for it, and not before. */
    memset(&ov, 0, sizeof ov);
    flags = 0;
    CHECK(FAILS(WSARecv(a, &wsabuf, 1, NULL, &flags, &ov, routine), WSA_IO_PENDING));
    CHECK(send(b, "wxyz", 4, 0) == 4);
    Sleep(50);
    CHECK(told == 0);
    CHECK(SleepEx(INFINITE, TRUE) == WAIT_IO_COMPLETION);
    CHECK(told == 1 && told_error == 0 && told_bytes == 4 && told_ov == &ov && told_flags == 0);
    /* Also if it succeeds at once. */
    CHECK(ACCEPTED(WSASend(a, &wsabuf, 1, NULL, 0, &ov, routine)));
    CHECK(told == 1);
    event = WSACreateEvent();
    CHECK(WSAWaitForMultipleEvents(1, &event, FALSE, WSA_INFINITE, TRUE) ==
          WSA_WAIT_IO_COMPLETION);
    CHECK(told == 2 && told_bytes == sizeof buf);
    /* An error speaks Winsock's language. */
    CHECK(FAILS(WSARecv(a, &wsabuf, 1, NULL, &flags, &ov, routine), WSA_IO_PENDING));
    reset(b);
    CHECK(SleepEx(INFINITE, TRUE) == WAIT_IO_COMPLETION);
    CHECK(told == 3 && told_error == WSAECONNRESET && told_bytes == 0);
    CHECK(FAILS(WSARecv(a, &wsabuf, 1, NULL, &flags, &ov, routine), WSAECONNRESET));
    CHECK(SleepEx(20, TRUE) == 0 && told == 3);

    /* Closing is told that way, too. */
    pair(&a, &b);
    CHECK(FAILS(WSARecv(a, &wsabuf, 1, NULL, &flags, &ov, routine), WSA_IO_PENDING));
    CHECK(closesocket(a) == 0);
    CHECK(SleepEx(INFINITE, TRUE) == WAIT_IO_COMPLETION);
    CHECK(told == 4 && told_error == WSA_OPERATION_ABORTED);

    /* A port and a routine exclude each other. */
    pair(&a, &b);
    port = new_port();
    associate(a, port, 1);
    CHECK(FAILS(WSARecv(a, &wsabuf, 1, NULL, &flags, &ov, routine), WSAEINVAL));
    CHECK(nothing(port));

    /* The parameters themselves. */
    CHECK(FAILS(WSARecv(a, NULL, 1, NULL, &flags, &ov, NULL), WSAEFAULT));
    CHECK(FAILS(WSARecv(a, &wsabuf, 0, NULL, &flags, &ov, NULL), WSAEINVAL));
    CHECK(FAILS(WSARecv(a, &wsabuf, 1, NULL, NULL, &ov, NULL), WSAEFAULT));
    CHECK(FAILS(WSASend(a, NULL, 1, NULL, 0, &ov, NULL), WSAEFAULT));
    return 0;
}
