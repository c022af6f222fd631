// links: no
#include <winsock2.h>
#include <algorithm>
#include <functional>
#include <thread>
using namespace std;

int open()
{
    SOCKET listener = socket(AF_INET, SOCK_STREAM, 0);
    SOCKADDR_IN address = {};
    if (bind(listener, (SOCKADDR *)&address, sizeof(address)) == SOCKET_ERROR)
        return 1;
    auto later = std::bind(listen, listener, SOMAXCONN);
    return later();
}
