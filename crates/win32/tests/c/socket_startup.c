// variants: short clang
/* Winsock is counted; before it and after it the functions say 10093. S-410: one last error. */
#include "sockets.h"

int main(void)
{
    WSADATA data;
    struct addrinfo *list;

    CHECK(socket(AF_INET, SOCK_STREAM, 0) == INVALID_SOCKET);
    CHECK(WSAGetLastError() == WSANOTINITIALISED);
    CHECK(FAILS(WSACleanup(), WSANOTINITIALISED));
    CHECK(gethostbyname("localhost") == NULL && WSAGetLastError() == WSANOTINITIALISED);
    CHECK(getaddrinfo("127.0.0.1", NULL, NULL, &list) == WSANOTINITIALISED);
    CHECK(FAILS(closesocket(4), WSANOTINITIALISED));

    CHECK(WSAStartup(MAKEWORD(0, 1), &data) == WSAVERNOTSUPPORTED);
    CHECK(WSAStartup(MAKEWORD(2, 2), NULL) == WSAEFAULT);
    CHECK(WSAStartup(MAKEWORD(1, 1), &data) == 0);
    CHECK(data.wVersion == MAKEWORD(1, 1) && data.wHighVersion == MAKEWORD(2, 2));
    CHECK(WSAStartup(MAKEWORD(9, 9), &data) == 0);
    CHECK(data.wVersion == MAKEWORD(2, 2));
    CHECK(WSACleanup() == 0);
    {
        SOCKET s = socket(AF_INET, SOCK_STREAM, 0);
        CHECK(s != INVALID_SOCKET && s != 0);
        CHECK(closesocket(s) == 0);
        CHECK(FAILS(closesocket(s), WSAENOTSOCK));
        CHECK(FAILS(closesocket(INVALID_SOCKET), WSAENOTSOCK));
    }
    CHECK(WSACleanup() == 0);
    CHECK(socket(AF_INET, SOCK_STREAM, 0) == INVALID_SOCKET);
    CHECK(WSAGetLastError() == WSANOTINITIALISED);

    SetLastError(4711);
    CHECK(WSAGetLastError() == 4711);
    WSASetLastError(4712);
    CHECK(GetLastError() == 4712);

    start();
    CHECK(socket(4711, SOCK_STREAM, 0) == INVALID_SOCKET);
    CHECK(WSAGetLastError() == WSAEAFNOSUPPORT);
    CHECK(socket(AF_INET, 4711, 0) == INVALID_SOCKET);
    CHECK(WSAGetLastError() == WSAESOCKTNOSUPPORT);
    CHECK(socket(AF_INET, SOCK_STREAM, IPPROTO_UDP) == INVALID_SOCKET);
    CHECK(WSAGetLastError() == WSAEPROTONOSUPPORT);
    return 0;
}
