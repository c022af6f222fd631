/* Options and controls. */
#include "sockets.h"
#include <mstcpip.h>

static int get(SOCKET s, int level, int name)
{
    int value = 0, length = sizeof value;
    CHECK(getsockopt(s, level, name, (char *)&value, &length) == 0);
    /* Of a switch Windows writes one byte. */
    CHECK(length == sizeof value || length == 1);
    return value;
}

static int set(SOCKET s, int level, int name, int value)
{
    return setsockopt(s, level, name, (char *)&value, sizeof value);
}

int main(void)
{
    SOCKET a, b, six, udp;
    struct linger linger;
    struct tcp_keepalive keepalive = {1, 5000, 1000};
    DWORD bytes;
    char one = 1, list[4096];
    int length, value;
    u_long number;
    unsigned long wide;
    HANDLE port;
    OVERLAPPED ov;
    struct packet p;
    GUID unknown = {1, 2, 3, {4, 5, 6, 7, 8, 9, 10, 11}};
    void *function;

    start();
    pair(&a, &b);
    udp = socket(AF_INET, SOCK_DGRAM, 0);

    CHECK(get(a, IPPROTO_TCP, TCP_NODELAY) == 0);
    /* One byte is enough for a flag. */
    CHECK(setsockopt(a, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) == 0);
    CHECK(get(a, IPPROTO_TCP, TCP_NODELAY) == 1);
    CHECK(set(a, SOL_SOCKET, SO_KEEPALIVE, TRUE) == 0 && get(a, SOL_SOCKET, SO_KEEPALIVE) == 1);
    CHECK(set(udp, SOL_SOCKET, SO_BROADCAST, TRUE) == 0);
    CHECK(get(a, SOL_SOCKET, SO_TYPE) == SOCK_STREAM);
    CHECK(get(a, SOL_SOCKET, SO_ERROR) == 0);
    CHECK(get(a, SOL_SOCKET, SO_ACCEPTCONN) == 0);
    CHECK(get(udp, SOL_SOCKET, SO_MAX_MSG_SIZE) == 65507);

    /* Sizes are told as they were asked for; none at all does not stop a connection. */
    CHECK(set(a, SOL_SOCKET, SO_SNDBUF, 100000) == 0 && get(a, SOL_SOCKET, SO_SNDBUF) == 100000);
    CHECK(set(a, SOL_SOCKET, SO_SNDBUF, 0) == 0 && get(a, SOL_SOCKET, SO_SNDBUF) == 0);
    CHECK(send(a, list, sizeof list, 0) == sizeof list);
    CHECK(set(a, SOL_SOCKET, SO_RCVTIMEO, 1234) == 0 && get(a, SOL_SOCKET, SO_RCVTIMEO) == 1234);
    CHECK(set(a, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, 1) == 0);
    CHECK(get(a, SOL_SOCKET, SO_EXCLUSIVEADDRUSE) == 1);
    CHECK(FAILS(set(a, SOL_SOCKET, SO_REUSEADDR, 1), WSAEINVAL));
    CHECK(set(b, SOL_SOCKET, SO_REUSEADDR, 1) == 0 && get(b, SOL_SOCKET, SO_REUSEADDR) == 1);

    length = sizeof linger;
    CHECK(getsockopt(a, SOL_SOCKET, SO_LINGER, (char *)&linger, &length) == 0);
    CHECK(length == sizeof linger && linger.l_onoff == 0 && get(a, SOL_SOCKET, SO_DONTLINGER));
    linger.l_onoff = 1, linger.l_linger = 3;
    CHECK(setsockopt(a, SOL_SOCKET, SO_LINGER, (char *)&linger, sizeof linger) == 0);
    linger.l_onoff = linger.l_linger = 9;
    CHECK(getsockopt(a, SOL_SOCKET, SO_LINGER, (char *)&linger, &length) == 0);
    CHECK(linger.l_onoff == 1 && linger.l_linger == 3 && !get(a, SOL_SOCKET, SO_DONTLINGER));
    CHECK(set(a, SOL_SOCKET, SO_DONTLINGER, 1) == 0 && get(a, SOL_SOCKET, SO_DONTLINGER));

    CHECK(FAILS(set(a, SOL_SOCKET, 0x7777, 1), WSAENOPROTOOPT));
    CHECK(FAILS(set(a, 0x7777, 1, 1), WSAEINVAL));
    CHECK(FAILS(setsockopt(a, SOL_SOCKET, SO_KEEPALIVE, NULL, 4), WSAEFAULT));
    length = 0;
    CHECK(FAILS(getsockopt(a, SOL_SOCKET, SO_KEEPALIVE, (char *)&value, &length), WSAEFAULT));
    CHECK(FAILS(set(INVALID_SOCKET, SOL_SOCKET, SO_KEEPALIVE, 1), WSAENOTSOCK));

    /* IPv6 does not include IPv4 unless asked for. */
    six = socket(AF_INET6, SOCK_STREAM, 0);
    if (six != INVALID_SOCKET) {
        CHECK(get(six, IPPROTO_IPV6, IPV6_V6ONLY) == 1);
        CHECK(set(six, IPPROTO_IPV6, IPV6_V6ONLY, 0) == 0);
        CHECK(get(six, IPPROTO_IPV6, IPV6_V6ONLY) == 0);
    }
    CHECK(set(udp, IPPROTO_IP, IP_TTL, 7) == 0 && get(udp, IPPROTO_IP, IP_TTL) == 7);
    CHECK(set(udp, IPPROTO_IP, IP_MULTICAST_TTL, 3) == 0);
    CHECK(get(udp, IPPROTO_IP, IP_MULTICAST_TTL) == 3);
    CHECK(set(udp, IPPROTO_IP, IP_DONTFRAGMENT, 1) == 0);
    CHECK(get(udp, IPPROTO_IP, IP_DONTFRAGMENT) == 1);

    /* Controls. */
    CHECK(WSAIoctl(a, SIO_KEEPALIVE_VALS, &keepalive, sizeof keepalive, NULL, 0, &bytes, NULL,
                   NULL) == 0);
#ifdef TCP_KEEPIDLE
    CHECK(get(a, IPPROTO_TCP, TCP_KEEPIDLE) == 5 && get(a, IPPROTO_TCP, TCP_KEEPINTVL) == 1);
#endif
    CHECK(FAILS(WSAIoctl(a, SIO_KEEPALIVE_VALS, &keepalive, 4, NULL, 0, &bytes, NULL, NULL),
                WSAEFAULT));
    CHECK(FAILS(WSAIoctl(a, 0x12345678, NULL, 0, NULL, 0, &bytes, NULL, NULL), WSAEOPNOTSUPP));
    CHECK(FAILS(WSAIoctl(a, SIO_GET_EXTENSION_FUNCTION_POINTER, &unknown, sizeof unknown,
                         &function, sizeof function, &bytes, NULL, NULL),
                WSAEINVAL));
    CHECK(WSAIoctl(a, SIO_ADDRESS_LIST_QUERY, NULL, 0, list, sizeof list, &bytes, NULL, NULL) ==
          0);
    CHECK(((SOCKET_ADDRESS_LIST *)(void *)list)->iAddressCount >= 1);
    CHECK(((SOCKET_ADDRESS_LIST *)(void *)list)->Address[0].lpSockaddr->sa_family == AF_INET);
    CHECK(WSAIoctl(a, SIO_GET_INTERFACE_LIST, NULL, 0, list, sizeof list, &bytes, NULL, NULL) ==
          0);
    CHECK(bytes >= sizeof(INTERFACE_INFO) && bytes % sizeof(INTERFACE_INFO) == 0);

    CHECK(recv(b, list, sizeof list, 0) > 0);
    CHECK(send(a, "abc", 3, 0) == 3);
    number = 0;
    while (number < 3)
        CHECK(ioctlsocket(b, FIONREAD, &number) == 0);
    CHECK(number >= 3);
    wide = ~0ul;
    CHECK(ioctlsocket(b, FIONREAD, &wide) == 0 && wide >= 3);
    number = 0;
    CHECK(WSAIoctl(b, FIONREAD, NULL, 0, &number, sizeof number, &bytes, NULL, NULL) == 0);
    CHECK(number >= 3);
    CHECK(FAILS(ioctlsocket(b, FIONBIO, (u_long *)NULL), WSAEFAULT));

    /* S-159: one with an OVERLAPPED tells of no bytes. */
    port = new_port();
    associate(a, port, 1);
    memset(&ov, 0, sizeof ov);
    CHECK(WSAIoctl(a, SIO_KEEPALIVE_VALS, &keepalive, sizeof keepalive, NULL, 0, &bytes, &ov,
                   NULL) == 0);
    p = take(port, INFINITE);
    CHECK(p.ok && p.bytes == 0 && p.ov == &ov && p.key == 1);
    return 0;
}
