/* S-370: DisconnectEx, and sockets that are used again. */
#include "sockets.h"

#define REGION (sizeof(struct sockaddr_in) + 16)

int main(void)
{
    GUID id = WSAID_DISCONNECTEX, connect_id = WSAID_CONNECTEX;
    LPFN_DISCONNECTEX disconnect_ex;
    LPFN_CONNECTEX connect_ex;
    SOCKET server, s, client, idle;
    HANDLE port;
    OVERLAPPED ov;
    char buf[2 * REGION], byte;
    struct sockaddr_in to;
    struct packet p;
    DWORD got;
    int i;

    start();
    server = listener();
    to = name_of(server);
    port = new_port();
    associate(server, port, 1);
    idle = tcp();
    disconnect_ex = (LPFN_DISCONNECTEX)extension(server, id);
    connect_ex = (LPFN_CONNECTEX)extension(server, connect_id);
    memset(&ov, 0, sizeof ov);

    CHECK(!disconnect_ex(idle, &ov, 0, 0) && WSAGetLastError() == WSAENOTCONN);
    CHECK(!disconnect_ex(INVALID_SOCKET, &ov, 0, 0) && WSAGetLastError() == WSAENOTSOCK);

    /* The last argument is for later. */
    pair(&s, &client);
    CHECK(!disconnect_ex(s, &ov, 0, 1) && WSAGetLastError() == WSAEINVAL);

    /* Without reuse it ends the sending side; receiving goes on. */
    client = client_of(server);
    s = accept(server, NULL, NULL);
    associate(s, port, 2);
    CHECK(transmit(s, "last", 4, &got, NULL) == 0);
    CHECK(disconnect_ex(s, &ov, 0, 0) || WSAGetLastError() == WSA_IO_PENDING);
    p = take(port, INFINITE);
    CHECK(p.ok && p.key == 2 && p.ov == &ov && p.bytes == 0);
    CHECK(recv(client, buf, sizeof buf, 0) == 4 && recv(client, buf, sizeof buf, 0) == 0);
    CHECK(send(client, "x", 1, 0) == 1 && recv(s, &byte, 1, 0) == 1 && byte == 'x');
    CHECK(FAILS(send(s, "y", 1, 0), WSAESHUTDOWN));

    /* One socket serves one connection after the other, with its association. */
    s = tcp();
    associate(s, port, 3);
    for (i = 0; i < 3; i++) {
        CHECK(!AcceptEx(server, s, buf, 0, REGION, REGION, &got, &ov));
        CHECK(WSAGetLastError() == WSA_IO_PENDING);
        client = client_of(server);
        p = take(port, INFINITE);
        CHECK(p.ok && p.key == 1 && p.ov == &ov);
        CHECK(ACCEPTED(receive(s, &byte, 1, NULL, &ov)));
        CHECK(send(client, "z", 1, 0) == 1);
        p = take(port, INFINITE);
        CHECK(p.ok && p.key == 3 && p.bytes == 1 && byte == 'z');
        CHECK(disconnect_ex(s, &ov, TF_REUSE_SOCKET, 0) || WSAGetLastError() == WSA_IO_PENDING);
        CHECK(recv(client, &byte, 1, 0) == 0);
        CHECK(closesocket(client) == 0);
        p = take(port, INFINITE);
        CHECK(p.ok && p.key == 3 && p.ov == &ov);
        CHECK(FAILS(receive(s, &byte, 1, NULL, &ov), WSAENOTCONN));
    }
    /* The same socket can also connect. */
    CHECK(!connect_ex(s, (struct sockaddr *)&to, sizeof to, NULL, 0, NULL, &ov));
    CHECK(WSAGetLastError() == WSA_IO_PENDING);
    p = take(port, INFINITE);
    CHECK(p.ok && p.key == 3);
    client = accept(server, NULL, NULL);

    /* Without an OVERLAPPED the call waits. */
    CHECK(disconnect_ex(s, NULL, TF_REUSE_SOCKET, 0));
    CHECK(recv(client, &byte, 1, 0) == 0);
    CHECK(nothing(port));
    return 0;
}
