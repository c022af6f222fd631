/* S-217, S-350 to S-359: AcceptEx without data. */
#include "sockets.h"

#define REGION (sizeof(struct sockaddr_in) + 16)

static LPFN_ACCEPTEX accept_ex;
static LPFN_GETACCEPTEXSOCKADDRS get_addresses;

static BOOL start_accept(SOCKET server, SOCKET acceptor, char *buf, OVERLAPPED *ov)
{
    DWORD got = 0;
    return accept_ex(server, acceptor, buf, 0, REGION, REGION, &got, ov);
}

#define REFUSED(result, code) (!(result) && WSAGetLastError() == (code))

static void errors(SOCKET server)
{
    SOCKET idle = tcp(), bound = tcp(), acceptor = tcp();
    SOCKET udp = socket(AF_INET, SOCK_DGRAM, 0);
    char buf[2 * REGION];
    DWORD got;
    OVERLAPPED ov;

    memset(&ov, 0, sizeof ov);
    bind_any(bound);
    CHECK(REFUSED(accept_ex(server, acceptor, buf, 0, REGION, REGION, &got, NULL),
                  ERROR_INVALID_PARAMETER));
    CHECK(REFUSED(start_accept(INVALID_SOCKET, acceptor, buf, &ov), WSAENOTSOCK));
    CHECK(REFUSED(start_accept(server, INVALID_SOCKET, buf, &ov), WSAENOTSOCK));
    CHECK(REFUSED(start_accept(idle, acceptor, buf, &ov), WSAEINVAL));
    CHECK(REFUSED(start_accept(bound, acceptor, buf, &ov), WSAEINVAL));
    CHECK(REFUSED(start_accept(server, bound, buf, &ov), WSAEINVAL));
    CHECK(REFUSED(start_accept(server, udp, buf, &ov), WSAEINVAL));
    CHECK(REFUSED(start_accept(server, acceptor, NULL, &ov), WSAEFAULT));
    CHECK(REFUSED(accept_ex(server, acceptor, buf, 0, REGION, 0, &got, &ov), WSAEFAULT));
    closesocket(idle), closesocket(bound), closesocket(udp), closesocket(acceptor);
}

int main(void)
{
    GUID accept_id = WSAID_ACCEPTEX, addresses_id = WSAID_GETACCEPTEXSOCKADDRS;
    SOCKET server, acceptors[3], clients[3], s;
    HANDLE port, other;
    OVERLAPPED ov[3];
    char buf[3][2 * REGION], byte;
    struct sockaddr_in address;
    struct sockaddr *local, *remote;
    int local_size, remote_size, i, length, value;
    u_long on = 1;
    DWORD got, seconds;
    struct packet p;

    start();
    server = listener();
    accept_ex = (LPFN_ACCEPTEX)extension(server, accept_id);
    get_addresses = (LPFN_GETACCEPTEXSOCKADDRS)extension(server, addresses_id);
    port = new_port();
    other = new_port();
    associate(server, port, 100);
    errors(server);
    /* What does not wait does not matter to an AcceptEx. */
    CHECK(ioctlsocket(server, FIONBIO, &on) == 0);

    /* Three in flight are served in order; the packets go to the listener's port. */
    memset(ov, 0, sizeof ov);
    for (i = 0; i < 3; i++) {
        acceptors[i] = tcp();
        CHECK(REFUSED(start_accept(server, acceptors[i], buf[i], &ov[i]), WSA_IO_PENDING));
    }
    /* One is associated before, one in between, one after. */
    associate(acceptors[0], other, 200);
    CHECK(REFUSED(start_accept(server, acceptors[0], buf[0], &ov[0]), WSAEINVAL));
    address = name_of(server);
    CHECK(FAILS(connect(acceptors[1], (struct sockaddr *)&address, sizeof address), WSAEINVAL));
    length = sizeof seconds;
    CHECK(getsockopt(acceptors[0], SOL_SOCKET, SO_CONNECT_TIME, (char *)&seconds, &length) == 0);
    CHECK(seconds == 0xffffffff);
    for (i = 0; i < 3; i++) {
        clients[i] = client_of(server);
        p = take(port, INFINITE);
        CHECK(p.ok && p.key == 100 && p.bytes == 0 && p.ov == &ov[i]);
    }
    CHECK(nothing(other));
    associate(acceptors[1], other, 201);
    for (i = 0; i < 3; i++) {
        struct sockaddr_in mine = name_of(clients[i]);
        CHECK(setsockopt(acceptors[i], SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT, (char *)&server,
                         sizeof server) == 0);
        get_addresses(buf[i], 0, REGION, REGION, &local, &local_size, &remote, &remote_size);
        CHECK(local_size == sizeof mine && remote_size == sizeof mine);
        CHECK(!memcmp(local, &address, sizeof address));
        CHECK(!memcmp(remote, &mine, sizeof mine));
        length = sizeof seconds;
        CHECK(getsockopt(acceptors[i], SOL_SOCKET, SO_CONNECT_TIME, (char *)&seconds, &length) ==
              0);
        CHECK(seconds < 60);
    }
    associate(acceptors[2], other, 202);

    /* They complete to their own port, and wait in calls that wait. */
    for (i = 0; i < 3; i++) {
        memset(&ov[i], 0, sizeof ov[i]);
        CHECK(FAILS(receive(acceptors[i], &byte, 1, NULL, &ov[i]), WSA_IO_PENDING));
        CHECK(send(clients[i], "x", 1, 0) == 1);
        p = take(other, INFINITE);
        CHECK(p.ok && p.key == (ULONG_PTR)(200 + i) && p.ov == &ov[i] && p.bytes == 1);
        CHECK(send(acceptors[i], "y", 1, 0) == 1);
        CHECK(recv(clients[i], &byte, 1, 0) == 1 && byte == 'y');
    }

    /* Cancelling goes by the listener. */
    s = tcp();
    CHECK(REFUSED(start_accept(server, s, buf[0], &ov[0]), WSA_IO_PENDING));
    CHECK(!CancelIoEx((HANDLE)s, NULL) && GetLastError() == ERROR_NOT_FOUND);
    CHECK(CancelIoEx((HANDLE)server, &ov[0]));
    p = take(port, INFINITE);
    CHECK(!p.ok && p.error == ERROR_OPERATION_ABORTED && p.key == 100 && p.ov == &ov[0]);
    /* The accept socket can be used again. */
    CHECK(REFUSED(start_accept(server, s, buf[0], &ov[0]), WSA_IO_PENDING));
    CHECK(closesocket(s) == 0);
    p = take(port, INFINITE);
    CHECK(!p.ok && p.key == 100 && p.ov == &ov[0]);
    CHECK(p.error == ERROR_OPERATION_ABORTED || p.error == ERROR_CONNECTION_ABORTED);

    /* Regions that are too small: the operation fails, the connection stays. */
    s = tcp();
    CHECK(REFUSED(accept_ex(server, s, buf[0], 0, REGION, REGION - 1, &got, &ov[0]),
                  WSA_IO_PENDING));
    clients[0] = client_of(server);
    p = take(port, INFINITE);
    CHECK(!p.ok && p.error == ERROR_INSUFFICIENT_BUFFER && p.ov == &ov[0]);
    CHECK(accept_ex(server, s, buf[0], 0, 0, REGION, &got, &ov[0]) ||
          WSAGetLastError() == WSA_IO_PENDING);
    p = take(port, INFINITE);
    CHECK(p.ok && p.ov == &ov[0]);

    /* What was set on the accept socket, and what the listener had. */
    s = tcp();
    value = 1;
    CHECK(setsockopt(s, IPPROTO_TCP, TCP_NODELAY, (char *)&value, sizeof value) == 0);
    CHECK(REFUSED(start_accept(server, s, buf[0], &ov[0]), WSA_IO_PENDING));
    clients[1] = client_of(server);
    p = take(port, INFINITE);
    CHECK(p.ok && p.ov == &ov[0]);
    value = 0;
    length = sizeof value;
    CHECK(getsockopt(s, IPPROTO_TCP, TCP_NODELAY, (char *)&value, &length) == 0 && value == 1);

    /* Closing the listener aborts what is left; new connections are refused. */
    s = tcp();
    CHECK(REFUSED(start_accept(server, s, buf[0], &ov[0]), WSA_IO_PENDING));
    CHECK(closesocket(server) == 0);
    p = take(port, INFINITE);
    CHECK(!p.ok && p.error == ERROR_OPERATION_ABORTED && p.key == 100 && p.ov == &ov[0]);
    s = tcp();
    CHECK(FAILS(connect(s, (struct sockaddr *)&address, sizeof address), WSAECONNREFUSED));
    return 0;
}
