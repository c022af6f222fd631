// variants: short clang
/* The socket headers beside the C++ and the C library: methods with the names of functions, names
   that both worlds have, pointers to `unsigned long` where a DWORD is meant. */
#include <functional>
#include <iostream>
#include <thread>
#ifdef __linux__
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <unistd.h>
#endif

#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>
#include <mstcpip.h>
#ifdef __linux__
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#endif

#include "check.h"

using namespace std;

struct connection {
    int socket(int a) { return a; }
    int bind(int a, int) { return a; }
    int listen() { return 1; }
    int accept() { return 1; }
    int connect() { return 1; }
    int send(int a) { return a; }
    int recv() { return 1; }
    int select(int a, int, int, int, int) { return a; }
    int shutdown() { return 1; }
    int close() { return 1; }
    int ioctlsocket(int a) { return a; }
};

static int add(int a, int b)
{
    return a + b;
}

static void methods()
{
    connection c;
    CHECK(c.socket(1) + c.bind(1, 2) + c.listen() + c.accept() + c.connect() + c.send(1) == 6);
    CHECK(c.recv() + c.select(1, 2, 3, 4, 5) + c.shutdown() + c.close() + c.ioctlsocket(1) == 5);
    auto bound = std::bind(add, 2, placeholders::_1);
    CHECK(bound(3) == 5);
}

static void sets(SOCKET s)
{
    fd_set readable;
    timeval none = {0, 0};
    CHECK(sizeof(fd_set) == 520 && FD_SETSIZE == 64);
    FD_ZERO(&readable);
    FD_SET(s, &readable);
    FD_SET(s, &readable);
    CHECK(readable.fd_count == 1 && FD_ISSET(s, &readable));
    CHECK(select(0, &readable, NULL, NULL, &none) == 0 && readable.fd_count == 0);
    CHECK(!FD_ISSET(s, &readable));
    FD_SET(s, &readable);
    FD_SET(s + 4, &readable);
    FD_CLR(s, &readable);
    CHECK(readable.fd_count == 1 && readable.fd_array[0] == s + 4);
}

static void numbers(SOCKET s)
{
    u_long mode = 1;
    CHECK(ioctlsocket(s, FIONBIO, &mode) == 0);
#ifdef __COMPLETION_PORT__
    unsigned long wide_mode = 1, waiting = ~0UL, returned = ~0UL;
    CHECK(sizeof(u_long) == 4 && ioctlsocket(s, FIONBIO, &wide_mode) == 0);
    GUID id = WSAID_CONNECTEX;
    LPFN_CONNECTEX ConnectEx = NULL;
    CHECK(WSAIoctl(s, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof id, &ConnectEx,
                   sizeof ConnectEx, &returned, NULL, NULL) == 0);
    CHECK(ConnectEx != NULL && returned == sizeof ConnectEx);
    SOCKET datagrams = socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
    CHECK(ioctlsocket(datagrams, FIONREAD, &waiting) == 0 && waiting == 0);
    closesocket(datagrams);
#endif
}

int main()
{
    WSADATA data;
    CHECK(WSAStartup(MAKEWORD(2, 2), &data) == 0);
    methods();
    SOCKET s = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    CHECK(s != INVALID_SOCKET && s != 0);
    SOCKADDR_IN address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK(address.sin_addr.S_un.S_un_b.s_b1 == 127);
    CHECK(bind(s, (SOCKADDR *)&address, sizeof(address)) == 0);
    int length = sizeof address;
    socklen_t other_length = sizeof address;
    CHECK(getsockname(s, (sockaddr *)&address, &length) == 0 && length == 16);
    CHECK(getsockname(s, (sockaddr *)&address, &other_length) == 0 && address.sin_port != 0);
    CHECK(::listen(s, SOMAXCONN) == 0);
    sets(s);
    numbers(s);
    char name[256];
    CHECK(gethostname(name, sizeof name) == 0 && strlen(name) > 0);
    CHECK(IN6_IS_ADDR_LOOPBACK(&in6addr_loopback) && !IN6_IS_ADDR_V4MAPPED(&in6addr_any));
    CHECK(htonll(1) == 0x0100000000000000ull && ntohs(htons(0x1234)) == 0x1234);
    closesocket(s);
    CHECK(WSACleanup() == 0);
    return 0;
}
