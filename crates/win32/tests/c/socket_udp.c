/* S-330, S-331, S-332, S-336: datagrams. */
#include "sockets.h"

static SOCKET udp(void)
{
    SOCKET s = socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
    CHECK(s != INVALID_SOCKET);
    return s;
}

int main(void)
{
    GUID id = WSAID_WSARECVMSG;
    LPFN_WSARECVMSG receive_message;
    SOCKET a, b, idle, dead;
    HANDLE port;
    OVERLAPPED ov;
    struct sockaddr_in to, from, gone;
    char buf[4], control[64];
    struct packet p;
    DWORD got, flags, on = 1;
    int length;
    WSABUF wsabuf;
    WSAMSG message;

    start();
    a = udp(), b = udp(), idle = udp();
    bind_any(a);
    to = name_of(a);
    port = new_port();
    associate(a, port, 1);
    memset(&ov, 0, sizeof ov);
    wsabuf.len = sizeof buf, wsabuf.buf = buf;

    /* Not bound: nothing can come. Not connected: where to? */
    CHECK(FAILS(receive(idle, buf, 4, NULL, &ov), WSAEINVAL));
    CHECK(FAILS(recv(idle, buf, 4, 0), WSAEINVAL));
    CHECK(FAILS(send(idle, buf, 4, 0), WSAENOTCONN));

    /* A sender and its address. */
    flags = 0;
    length = sizeof from;
    CHECK(FAILS(WSARecvFrom(a, &wsabuf, 1, NULL, &flags, (struct sockaddr *)&from, &length, &ov,
                            NULL),
                WSA_IO_PENDING));
    CHECK(sendto(b, "abc", 3, 0, (struct sockaddr *)&to, sizeof to) == 3);
    p = take(port, INFINITE);
    CHECK(p.ok && p.bytes == 3 && !memcmp(buf, "abc", 3) && length == sizeof from);
    CHECK(from.sin_port == name_of(b).sin_port && from.sin_family == AF_INET);

    /* Larger than the buffer, when it is awaited and when it is there. */
    CHECK(FAILS(receive(a, buf, 4, NULL, &ov), WSA_IO_PENDING));
    CHECK(sendto(b, "12345678", 8, 0, (struct sockaddr *)&to, sizeof to) == 8);
    p = take(port, INFINITE);
    CHECK(!p.ok && p.error == ERROR_MORE_DATA && p.bytes == 4 && p.ov == &ov);
    CHECK((DWORD)ov.Internal == 0x80000005 && !memcmp(buf, "1234", 4));
    CHECK(!WSAGetOverlappedResult(a, &ov, &got, FALSE, &flags));
    CHECK(WSAGetLastError() == WSAEMSGSIZE);
    CHECK(sendto(b, "87654321", 8, 0, (struct sockaddr *)&to, sizeof to) == 8);
    while (recv(a, buf, 4, MSG_PEEK) != SOCKET_ERROR)
        Sleep(1);
    CHECK(WSAGetLastError() == WSAEMSGSIZE);
    got = 0;
    CHECK(receive(a, buf, 4, &got, &ov) == SOCKET_ERROR);
    CHECK(WSAGetLastError() == WSAEMSGSIZE || WSAGetLastError() == WSA_IO_PENDING);
    p = take(port, INFINITE);
    CHECK(!p.ok && p.error == ERROR_MORE_DATA && p.bytes == 4 && !memcmp(buf, "8765", 4));
    CHECK(sendto(b, "12345678", 8, 0, (struct sockaddr *)&to, sizeof to) == 8);
    CHECK(FAILS(recv(a, buf, 4, 0), WSAEMSGSIZE));

    /* An empty one is one. */
    CHECK(FAILS(receive(a, buf, 4, NULL, &ov), WSA_IO_PENDING));
    CHECK(sendto(b, "", 0, 0, (struct sockaddr *)&to, sizeof to) == 0);
    p = take(port, INFINITE);
    CHECK(p.ok && p.bytes == 0);

    /* A look takes nothing away. */
    flags = MSG_PEEK;
    CHECK(FAILS(WSARecv(a, &wsabuf, 1, NULL, &flags, &ov, NULL), WSA_IO_PENDING));
    CHECK(sendto(b, "pk", 2, 0, (struct sockaddr *)&to, sizeof to) == 2);
    p = take(port, INFINITE);
    CHECK(p.ok && p.bytes == 2);
    length = sizeof from;
    CHECK(recvfrom(a, buf, 4, MSG_PEEK, (struct sockaddr *)&from, &length) == 2);
    CHECK(from.sin_port == name_of(b).sin_port);
    CHECK(recv(a, buf, 4, 0) == 2);

    /* With control data: to which address it was sent. */
    receive_message = (LPFN_WSARECVMSG)extension(a, id);
    CHECK(setsockopt(a, IPPROTO_IP, IP_PKTINFO, (char *)&on, sizeof on) == 0);
    memset(&message, 0, sizeof message);
    message.name = (LPSOCKADDR)&from, message.namelen = sizeof from;
    message.lpBuffers = &wsabuf, message.dwBufferCount = 1;
    message.Control.buf = control, message.Control.len = sizeof control;
    memset(&from, 0, sizeof from);
    CHECK(FAILS(receive_message(a, &message, NULL, &ov, NULL), WSA_IO_PENDING));
    CHECK(nothing(port));
    CHECK(sendto(b, "ctl", 3, 0, (struct sockaddr *)&to, sizeof to) == 3);
    p = take(port, INFINITE);
    CHECK(p.ok && p.bytes == 3 && p.ov == &ov && !memcmp(buf, "ctl", 3));
    CHECK(from.sin_port == name_of(b).sin_port && message.namelen == sizeof from);
    {
        WSACMSGHDR *header = WSA_CMSG_FIRSTHDR(&message);
        IN_PKTINFO *info;
        CHECK(header != NULL && header->cmsg_level == IPPROTO_IP);
        CHECK(header->cmsg_type == IP_PKTINFO);
        info = (IN_PKTINFO *)(void *)WSA_CMSG_DATA(header);
        CHECK(info->ipi_addr.s_addr == htonl(INADDR_LOOPBACK) && info->ipi_ifindex != 0);
    }
    message.Control.len = sizeof control;
    CHECK(FAILS(receive_message(a, &message, NULL, &ov, NULL), WSA_IO_PENDING));
    CHECK(CancelIoEx((HANDLE)a, &ov));
    p = take(port, INFINITE);
    CHECK(!p.ok && p.error == ERROR_OPERATION_ABORTED);

    /* Connected to a port where nobody is: the next receive says so. */
    dead = udp();
    bind_any(dead);
    gone = name_of(dead);
    CHECK(closesocket(dead) == 0);
    CHECK(connect(idle, (struct sockaddr *)&gone, sizeof gone) == 0);
    CHECK(send(idle, "x", 1, 0) == 1);
    CHECK(FAILS(recv(idle, buf, 4, 0), WSAECONNRESET));
    /* Unless the program does not want to hear it. */
    on = FALSE;
    CHECK(WSAIoctl(idle, SIO_UDP_CONNRESET, &on, sizeof on, NULL, 0, &got, NULL, NULL) == 0);
    CHECK(send(idle, "x", 1, 0) == 1);
    Sleep(20);
    CHECK(FAILS(receive(idle, buf, 4, NULL, &ov), WSA_IO_PENDING));

    /* Closed with one in flight. */
    CHECK(FAILS(receive(a, buf, 4, NULL, &ov), WSA_IO_PENDING));
    CHECK(closesocket(a) == 0);
    p = take(port, INFINITE);
    CHECK(!p.ok && p.error == ERROR_OPERATION_ABORTED && p.key == 1);
    return 0;
}
