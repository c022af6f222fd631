/* S-217, S-352, S-355, S-358: AcceptEx that brings the first bytes. */
#include "sockets.h"

#define REGION (sizeof(struct sockaddr_in) + 16)
#define DATA 64

int main(void)
{
    SOCKET server, s, client;
    HANDLE port;
    OVERLAPPED ov;
    char buf[DATA + 2 * REGION], byte;
    struct sockaddr_in mine;
    struct sockaddr *local, *remote;
    int local_size, remote_size;
    struct packet p;
    DWORD got;

    start();
    server = listener();
    port = new_port();
    associate(server, port, 1);
    memset(&ov, 0, sizeof ov);

    /* Not before there is a byte. */
    s = tcp();
    CHECK(!AcceptEx(server, s, buf, DATA, REGION, REGION, &got, &ov));
    CHECK(WSAGetLastError() == WSA_IO_PENDING);
    client = client_of(server);
    CHECK(nothing(port));
    CHECK(send(client, "hello", 5, 0) == 5);
    p = take(port, INFINITE);
    CHECK(p.ok && p.bytes == 5 && p.key == 1 && p.ov == &ov && !memcmp(buf, "hello", 5));
    GetAcceptExSockaddrs(buf, DATA, REGION, REGION, &local, &local_size, &remote, &remote_size);
    mine = name_of(client);
    CHECK(remote_size == sizeof mine && !memcmp(remote, &mine, sizeof mine));
    CHECK(send(s, "x", 1, 0) == 1 && recv(client, &byte, 1, 0) == 1 && byte == 'x');

    /* The data was there first. */
    client = client_of(server);
    CHECK(send(client, "first", 5, 0) == 5);
    s = tcp();
    CHECK(AcceptEx(server, s, buf, DATA, REGION, REGION, &got, &ov) ||
          WSAGetLastError() == WSA_IO_PENDING);
    p = take(port, INFINITE);
    CHECK(p.ok && p.bytes == 5 && !memcmp(buf, "first", 5));

    /* The peer finishes without a word: success, and no bytes. */
    s = tcp();
    CHECK(!AcceptEx(server, s, buf, DATA, REGION, REGION, &got, &ov));
    client = client_of(server);
    CHECK(nothing(port));
    CHECK(closesocket(client) == 0);
    p = take(port, INFINITE);
    CHECK(p.ok && p.bytes == 0);

    /* The connection is there, the byte is not: cancelled by way of the listener. */
    s = tcp();
    CHECK(!AcceptEx(server, s, buf, DATA, REGION, REGION, &got, &ov));
    client = client_of(server);
    CHECK(nothing(port));
    CHECK(!CancelIoEx((HANDLE)s, NULL) && GetLastError() == ERROR_NOT_FOUND);
    CHECK(CancelIoEx((HANDLE)server, &ov));
    p = take(port, INFINITE);
    CHECK(!p.ok && p.error == ERROR_OPERATION_ABORTED && p.ov == &ov && p.key == 1);
    CHECK(recv(client, &byte, 1, 0) <= 0);

    /* The accept socket is closed meanwhile. */
    CHECK(!AcceptEx(server, s, buf, DATA, REGION, REGION, &got, &ov));
    client = client_of(server);
    CHECK(nothing(port));
    CHECK(closesocket(s) == 0);
    p = take(port, INFINITE);
    CHECK(!p.ok && p.ov == &ov && p.key == 1);
    CHECK(p.error == ERROR_OPERATION_ABORTED || p.error == ERROR_CONNECTION_ABORTED);

    /* The listener is closed meanwhile. */
    s = tcp();
    CHECK(!AcceptEx(server, s, buf, DATA, REGION, REGION, &got, &ov));
    client = client_of(server);
    CHECK(nothing(port));
    CHECK(closesocket(server) == 0);
    p = take(port, INFINITE);
    CHECK(!p.ok && p.error == ERROR_OPERATION_ABORTED && p.ov == &ov && p.key == 1);
    return 0;
}
