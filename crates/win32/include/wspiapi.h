/* For systems older than getaddrinfo. There are none here. */
#ifndef IOCP_WSPIAPI_H
#define IOCP_WSPIAPI_H
#pragma GCC system_header

#include <ws2tcpip.h>

#endif
