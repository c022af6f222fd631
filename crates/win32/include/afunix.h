/* Local sockets. */
#ifndef IOCP_AFUNIX_H
#define IOCP_AFUNIX_H
#pragma GCC system_header

#include "ws2def.h"

#define UNIX_PATH_MAX 108

/* <sys/un.h> has the same structure. */
#ifndef _SYS_UN_H
#define _SYS_UN_H 1
struct sockaddr_un {
    ADDRESS_FAMILY sun_family;
    char sun_path[UNIX_PATH_MAX];
};
#endif
typedef struct sockaddr_un SOCKADDR_UN, *PSOCKADDR_UN;

#endif
