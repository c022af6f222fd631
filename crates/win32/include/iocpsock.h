/* How Microsoft's socket names live beside the C library's. Not a Microsoft header; the socket
   headers include it first, programs do not. */
#ifndef IOCP_SOCKET_NAMES_H
#define IOCP_SOCKET_NAMES_H
#pragma GCC system_header

#include "iocpbase.h"
#include <windef.h>

/* The C library's declarations promise C++ not to throw; a second declaration must agree. */
#ifdef __cplusplus
#define IOCP_NOTHROW noexcept(true)
#else
#define IOCP_NOTHROW
#endif

/* Both worlds define struct sockaddr and a hundred numbers, with different values. A file belongs
   to one of them; other files of the same program may belong to the other. */
#if defined(_SYS_SOCKET_H) || defined(_NETINET_IN_H) || defined(_NETDB_H) || defined(_ARPA_INET_H)
#error "winsock2.h and <sys/socket.h> in one file: include only winsock2.h here, or split the file"
#endif

/* In the other order the Unix header finds its own guard and adds nothing: files written for both
   systems often include it late, out of habit. */
#define _SYS_SOCKET_H 1
#define _NETINET_IN_H 1
#define _NETINET_TCP_H 1
#define _NETDB_H 1
#define _ARPA_INET_H 1

/* <stdlib.h> brings these with it under the default feature macros. Included here, before any
   name is redirected, they cannot come later and see the redirected names. */
#include <sys/types.h>
#include <sys/select.h>

/* The C library's u_long has 64 bits. A macro, for it may be declared already. */
typedef unsigned char u_char;
typedef unsigned short u_short;
typedef unsigned int u_int;
#undef u_long
#define u_long ULONG

/* Likewise fd_set, which is an array of handles on Windows. */
#undef fd_set
#define fd_set iocp_fd_set
#undef FD_SET
#undef FD_CLR
#undef FD_ISSET
#undef FD_ZERO

/* <unistd.h> has an unsigned socklen_t. */
#ifdef __socklen_t_defined
#define socklen_t iocp_socklen_t
#else
#define __socklen_t_defined 1
#endif
typedef int socklen_t;

/* <poll.h> has a struct pollfd with an int in it, and other bits. */
#ifdef _SYS_POLL_H
#define pollfd iocp_pollfd
#undef POLLIN
#undef POLLPRI
#undef POLLOUT
#undef POLLERR
#undef POLLHUP
#undef POLLNVAL
#undef POLLRDNORM
#undef POLLRDBAND
#undef POLLWRNORM
#undef POLLWRBAND
#else
#define _SYS_POLL_H 1
#endif

/* <sys/ioctl.h> has these with Linux's numbers. */
#undef FIONREAD
#undef FIONBIO
#undef FIOASYNC
#undef SIOCATMARK
#undef _IO
#undef _IOR
#undef _IOW

#endif
