/* The header of local sockets. */
#include <winsock2.h>
#include <afunix.h>
#include <stddef.h>
#include "check.h"

int main(void)
{
    SOCKADDR_UN address = {AF_UNIX, "name"};
    CHECK(sizeof(address.sun_path) == UNIX_PATH_MAX && address.sun_family == AF_UNIX);
    CHECK(offsetof(SOCKADDR_UN, sun_path) == 2 && sizeof address == 110);
    return 0;
}
