/* Microsoft's controls for TCP. */
#ifndef IOCP_MSTCPIP_H
#define IOCP_MSTCPIP_H
#pragma GCC system_header

#include <ws2def.h>

struct tcp_keepalive {
    ULONG onoff;
    ULONG keepalivetime;
    ULONG keepaliveinterval;
};

#define SIO_KEEPALIVE_VALS _WSAIOW(IOC_VENDOR, 4)
#define SIO_LOOPBACK_FAST_PATH _WSAIOW(IOC_VENDOR, 16)

#endif
