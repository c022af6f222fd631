// links: no
// On Windows, long and LONG are one type.
#include <winsock2.h>
#include <windows.h>

long count;
LONG other;
volatile long shared;

long f(SOCKET s)
{
    unsigned long on = 1;
    u_long off = 0;
    ioctlsocket(s, FIONBIO, &on);
    ioctlsocket(s, FIONBIO, &off);
    InterlockedIncrement(&count);
    InterlockedIncrement(&other);
    return InterlockedExchange(&shared, 1);
}
