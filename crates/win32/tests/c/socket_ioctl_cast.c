// variants: clang
/* ioctlsocket with the address of an int in unsigned long's clothes: only 4 bytes are touched. And
   a real unsigned long, which has 8 here. */
#include <winsock2.h>
#include <windows.h>
#include "check.h"

int main(void)
{
    struct {
        int nonblock;
        int guard;
    } pair = {1, 0x12345678};
    unsigned long whole = ~0ul;
    WSADATA data;
    SOCKET s;
    CHECK(WSAStartup(MAKEWORD(2, 2), &data) == 0);
    s = socket(AF_INET, SOCK_DGRAM, 0);
    CHECK(ioctlsocket(s, FIONBIO, (unsigned long *)&pair.nonblock) == 0);
    CHECK(pair.nonblock == 1 && pair.guard == 0x12345678);
    CHECK(ioctlsocket(s, FIONREAD, &whole) == 0);
    CHECK(whole == 0);
    CHECK(closesocket(s) == 0);
    WSACleanup();
    return 0;
}
