/* What the programs about sockets begin with. */
#ifndef SOCKETS_H
#define SOCKETS_H
#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>
#include <windows.h>
#include <string.h>
#include "check.h"

#define UNUSED static __inline__ __attribute__((unused))

/* One packet, or the absence of one. */
struct packet {
    BOOL ok;
    DWORD error;
    DWORD bytes;
    ULONG_PTR key;
    OVERLAPPED *ov;
};

UNUSED struct packet take(HANDLE port, DWORD ms)
{
    struct packet p = {0, 0, 0xdead, 0xdead, (OVERLAPPED *)1};
    SetLastError(0xdead);
    p.ok = GetQueuedCompletionStatus(port, &p.bytes, &p.key, &p.ov, ms);
    p.error = GetLastError();
    return p;
}

/* No packet is there, and none comes while one could reasonably be on its way. */
UNUSED int nothing(HANDLE port)
{
    struct packet p = take(port, 20);
    return !p.ok && p.ov == NULL && p.error == WAIT_TIMEOUT;
}

UNUSED void start(void)
{
    WSADATA data;
    CHECK(WSAStartup(MAKEWORD(2, 2), &data) == 0);
}

UNUSED SOCKET tcp(void)
{
    SOCKET s = WSASocketW(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, WSA_FLAG_OVERLAPPED);
    CHECK(s != INVALID_SOCKET);
    return s;
}

UNUSED struct sockaddr_in loopback(unsigned short port)
{
    struct sockaddr_in address;
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

UNUSED struct sockaddr_in name_of(SOCKET s)
{
    struct sockaddr_in address;
    int length = sizeof address;
    CHECK(getsockname(s, (struct sockaddr *)&address, &length) == 0);
    CHECK(length == sizeof address);
    return address;
}

UNUSED void bind_any(SOCKET s)
{
    struct sockaddr_in address = loopback(0);
    CHECK(bind(s, (struct sockaddr *)&address, sizeof address) == 0);
}

UNUSED SOCKET listener(void)
{
    SOCKET s = tcp();
    bind_any(s);
    CHECK(listen(s, SOMAXCONN) == 0);
    return s;
}

UNUSED SOCKET client_of(SOCKET server)
{
    SOCKET s = tcp();
    struct sockaddr_in address = name_of(server);
    CHECK(connect(s, (struct sockaddr *)&address, sizeof address) == 0);
    return s;
}

/* Two connected sockets. */
UNUSED void pair(SOCKET *a, SOCKET *b)
{
    SOCKET server = listener();
    *a = client_of(server);
    *b = accept(server, NULL, NULL);
    CHECK(*b != INVALID_SOCKET);
    CHECK(closesocket(server) == 0);
}

/* Closes so that the peer sees a reset. */
UNUSED void reset(SOCKET s)
{
    struct linger linger = {1, 0};
    CHECK(setsockopt(s, SOL_SOCKET, SO_LINGER, (char *)&linger, sizeof linger) == 0);
    CHECK(closesocket(s) == 0);
}

UNUSED HANDLE new_port(void)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    CHECK(port != NULL);
    return port;
}

UNUSED void associate(SOCKET s, HANDLE port, ULONG_PTR key)
{
    CHECK(CreateIoCompletionPort((HANDLE)s, port, key, 0) == port);
}

/* WSARecv with one buffer: its return value. */
UNUSED int receive(SOCKET s, void *buf, ULONG len, DWORD *got, OVERLAPPED *ov)
{
    WSABUF b;
    DWORD flags = 0;
    b.len = len;
    b.buf = (char *)buf;
    return WSARecv(s, &b, 1, got, &flags, ov, NULL);
}

UNUSED int transmit(SOCKET s, const void *buf, ULONG len, DWORD *sent, OVERLAPPED *ov)
{
    WSABUF b;
    b.len = len;
    b.buf = (char *)buf;
    return WSASend(s, &b, 1, sent, 0, ov, NULL);
}

/* It was accepted: 0, or it is on its way. */
#define ACCEPTED(result) ((result) == 0 || WSAGetLastError() == WSA_IO_PENDING)
/* It failed with this code. */
#define FAILS(result, code) ((result) == SOCKET_ERROR && WSAGetLastError() == (code))

UNUSED void *extension(SOCKET s, GUID guid)
{
    void *function = NULL;
    DWORD bytes = 0;
    CHECK(WSAIoctl(s, SIO_GET_EXTENSION_FUNCTION_POINTER, &guid, sizeof guid, &function,
                   sizeof function, &bytes, NULL, NULL) == 0);
    CHECK(bytes == sizeof function && function != NULL);
    return function;
}

#endif
