// bridged: 2 includes with \; 3 includes in another case
// prints: 3 4 5
#include <WinSock2.H>
#include <MSWSOCK.h>
#include <Stdio.h>
#include "headers\define.h"
#include "Headers/Other.h"
#include ".\HEADERS\sub\Deep.H"
#pragma comment(lib, "ws2_32.lib")

int main()
{
    WSABUF buffer = {THREE, NULL};
    printf("%d %d %d\n", (int)buffer.len, FOUR, FIVE);
    return 0;
}
