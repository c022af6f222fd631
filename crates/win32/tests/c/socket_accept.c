/* accept, WSAAccept with a condition, names of sockets, S-332, S-340. */
#include "sockets.h"

static int answer;
static struct sockaddr_in seen;

static int CALLBACK condition(LPWSABUF caller, LPWSABUF caller_data, LPQOS sqos, LPQOS gqos,
                              LPWSABUF callee, LPWSABUF callee_data, GROUP *group, DWORD_PTR data)
{
    (void)caller_data, (void)sqos, (void)gqos, (void)callee_data, (void)group;
    CHECK(data == 4711);
    CHECK(caller->len == sizeof seen && callee->len == sizeof seen);
    memcpy(&seen, caller->buf, sizeof seen);
    return answer;
}

int main(void)
{
    SOCKET server, s, client, client2, again;
    struct sockaddr_in name, mine, to;
    struct sockaddr_in6 six;
    int length;
    char byte;
    u_long on = 1;

    start();
    s = tcp();
    length = sizeof name;
    CHECK(FAILS(getsockname(s, (struct sockaddr *)&name, &length), WSAEINVAL));
    CHECK(FAILS(getpeername(s, (struct sockaddr *)&name, &length), WSAENOTCONN));
    CHECK(FAILS(listen(s, 5), WSAEINVAL));
    CHECK(accept(s, NULL, NULL) == INVALID_SOCKET && WSAGetLastError() == WSAEINVAL);
    CHECK(FAILS(recv(s, &byte, 1, 0), WSAENOTCONN));
    CHECK(FAILS(send(s, &byte, 1, 0), WSAENOTCONN));
    to = loopback(0);
    CHECK(FAILS(bind(s, (struct sockaddr *)&to, 4), WSAEFAULT));
    CHECK(bind(s, (struct sockaddr *)&to, sizeof to) == 0);
    CHECK(FAILS(bind(s, (struct sockaddr *)&to, sizeof to), WSAEINVAL));

    server = listener();
    name = name_of(server);
    CHECK(FAILS(recv(server, &byte, 1, 0), WSAENOTCONN));
    again = tcp();
    CHECK(FAILS(bind(again, (struct sockaddr *)&name, sizeof name), WSAEADDRINUSE));

    client = client_of(server);
    length = 4;
    CHECK(accept(server, (struct sockaddr *)&to, &length) == INVALID_SOCKET);
    CHECK(WSAGetLastError() == WSAEFAULT);
    client = client_of(server);
    length = sizeof to;
    s = accept(server, (struct sockaddr *)&to, &length);
    CHECK(s != INVALID_SOCKET && length == sizeof to);
    mine = name_of(client);
    CHECK(!memcmp(&mine, &to, sizeof to));
    CHECK(getpeername(s, (struct sockaddr *)&to, &length) == 0 && !memcmp(&mine, &to, sizeof to));

    /* A condition: rejected, put off, accepted. */
    client = client_of(server);
    answer = CF_REJECT;
    CHECK(WSAAccept(server, NULL, NULL, condition, 4711) == INVALID_SOCKET);
    CHECK(WSAGetLastError() == WSAECONNREFUSED);
    CHECK(recv(client, &byte, 1, 0) <= 0);
    client = client_of(server);
    client2 = client_of(server);
    answer = CF_DEFER;
    CHECK(WSAAccept(server, NULL, NULL, condition, 4711) == INVALID_SOCKET);
    CHECK(WSAGetLastError() == WSATRY_AGAIN);
    answer = CF_ACCEPT;
    length = sizeof to;
    s = WSAAccept(server, (struct sockaddr *)&to, &length, condition, 4711);
    CHECK(s != INVALID_SOCKET);
    mine = name_of(client);
    CHECK(!memcmp(&mine, &seen, sizeof seen) && !memcmp(&mine, &to, sizeof to));
    s = WSAAccept(server, (struct sockaddr *)&to, &length, NULL, 0);
    mine = name_of(client2);
    CHECK(s != INVALID_SOCKET && !memcmp(&mine, &to, sizeof to));

    /* The accepted socket waits or not, like its listener. */
    CHECK(ioctlsocket(server, FIONBIO, &on) == 0);
    client = client_of(server);
    while ((s = accept(server, NULL, NULL)) == INVALID_SOCKET)
        CHECK(WSAGetLastError() == WSAEWOULDBLOCK);
    CHECK(FAILS(recv(s, &byte, 1, 0), WSAEWOULDBLOCK));

    /* A place that was in use a moment ago can be used again. */
    CHECK(closesocket(s) == 0 && closesocket(client) == 0 && closesocket(server) == 0);
    CHECK(bind(again, (struct sockaddr *)&name, sizeof name) == 0 && listen(again, 5) == 0);

    /* IPv6, whose family has another number here. */
    s = socket(AF_INET6, SOCK_STREAM, 0);
    memset(&six, 0, sizeof six);
    six.sin6_family = AF_INET6;
    six.sin6_addr = in6addr_loopback;
    if (s != INVALID_SOCKET && bind(s, (struct sockaddr *)&six, sizeof six) == 0) {
        length = sizeof six;
        CHECK(getsockname(s, (struct sockaddr *)&six, &length) == 0);
        CHECK(length == sizeof six && six.sin6_family == AF_INET6 && six.sin6_port != 0);
        CHECK(listen(s, 1) == 0);
        client = socket(AF_INET6, SOCK_STREAM, 0);
        CHECK(connect(client, (struct sockaddr *)&six, sizeof six) == 0);
        length = sizeof six;
        CHECK(accept(s, (struct sockaddr *)&six, &length) != INVALID_SOCKET);
        CHECK(six.sin6_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&six.sin6_addr));
    }
    return 0;
}
