/* Windows Sockets 1.1. Its functions are a part of version 2, so this is version 2. The guard is
   Microsoft's: programs define it to keep windows.h from including this header. */
#ifndef _WINSOCKAPI_
#define _WINSOCKAPI_
#pragma GCC system_header

#include <winsock2.h>
#include <mswsock.h>

#endif
