/* Name resolution and addresses of both IP versions as text. */
#ifndef IOCP_WS2TCPIP_H
#define IOCP_WS2TCPIP_H
#pragma GCC system_header

#ifndef _WS2TCPIP_H_
#define _WS2TCPIP_H_
#endif

#include <winsock2.h>
#include <ws2ipdef.h>

#define SIO_GET_INTERFACE_LIST _IOR('t', 127, u_long)

#define NI_NOFQDN 0x01
#define NI_NUMERICHOST 0x02
#define NI_NAMEREQD 0x04
#define NI_NUMERICSERV 0x08
#define NI_DGRAM 0x10
#define NI_MAXHOST 1025
#define NI_MAXSERV 32

#define EAI_AGAIN WSATRY_AGAIN
#define EAI_BADFLAGS WSAEINVAL
#define EAI_FAIL WSANO_RECOVERY
#define EAI_FAMILY WSAEAFNOSUPPORT
#define EAI_MEMORY WSA_NOT_ENOUGH_MEMORY
#define EAI_NONAME WSAHOST_NOT_FOUND
#define EAI_NODATA EAI_NONAME
#define EAI_SERVICE WSATYPE_NOT_FOUND
#define EAI_SOCKTYPE WSAESOCKTNOSUPPORT

#define GAI_STRERROR_BUFFER_SIZE 1024

#define SS_PORT(address) (((PSOCKADDR_IN)(address))->sin_port)

typedef void(CALLBACK *LPLOOKUPSERVICE_COMPLETION_ROUTINE)(DWORD error, DWORD bytes,
                                                           LPWSAOVERLAPPED overlapped);

IOCP_C_BEGIN

INT WSAAPI getaddrinfo(PCSTR node, PCSTR service, const ADDRINFOA *hints, PADDRINFOA *result)
    IOCP_SYMBOL(getaddrinfo);
INT WSAAPI GetAddrInfoW(PCWSTR node, PCWSTR service, const ADDRINFOW *hints, PADDRINFOW *result)
    IOCP_WIDE(GetAddrInfoW);
VOID WSAAPI freeaddrinfo(PADDRINFOA info) IOCP_SYMBOL(freeaddrinfo);
VOID WSAAPI FreeAddrInfoW(PADDRINFOW info) IOCP_WIDE(FreeAddrInfoW);

INT WSAAPI GetAddrInfoExA(PCSTR name, PCSTR service, DWORD name_space, LPGUID provider,
                          const ADDRINFOEXA *hints, PADDRINFOEXA *result, struct timeval *timeout,
                          LPOVERLAPPED overlapped, LPLOOKUPSERVICE_COMPLETION_ROUTINE routine,
                          LPHANDLE handle);
INT WSAAPI GetAddrInfoExW(PCWSTR name, PCWSTR service, DWORD name_space, LPGUID provider,
                          const ADDRINFOEXW *hints, PADDRINFOEXW *result, struct timeval *timeout,
                          LPOVERLAPPED overlapped, LPLOOKUPSERVICE_COMPLETION_ROUTINE routine,
                          LPHANDLE handle) IOCP_WIDE(GetAddrInfoExW);
INT WSAAPI GetAddrInfoExCancel(LPHANDLE handle);
INT WSAAPI GetAddrInfoExOverlappedResult(LPOVERLAPPED overlapped);
void WSAAPI FreeAddrInfoEx(PADDRINFOEXA info);
void WSAAPI FreeAddrInfoExW(PADDRINFOEXW info) IOCP_WIDE(FreeAddrInfoExW);

INT WSAAPI getnameinfo(const SOCKADDR *address, socklen_t length, PCHAR node, DWORD node_size,
                       PCHAR service, DWORD service_size, INT flags) IOCP_SYMBOL(getnameinfo);
INT WSAAPI GetNameInfoW(const SOCKADDR *address, socklen_t length, PWCHAR node, DWORD node_size,
                        PWCHAR service, DWORD service_size, INT flags) IOCP_WIDE(GetNameInfoW);

INT WSAAPI inet_pton(INT family, PCSTR string, PVOID address) IOCP_SYMBOL(inet_pton);
INT WSAAPI InetPtonW(INT family, PCWSTR string, PVOID address) IOCP_WIDE(InetPtonW);
PCSTR WSAAPI inet_ntop(INT family, const VOID *address, PSTR string, size_t size)
    IOCP_SYMBOL(inet_ntop);
PCWSTR WSAAPI InetNtopW(INT family, const VOID *address, PWSTR string, size_t size)
    IOCP_WIDE(InetNtopW);

/* The text stands in a buffer of the calling thread. */
char *gai_strerrorA(int error);
WCHAR *gai_strerrorW(int error) IOCP_WIDE(gai_strerrorW);

IOCP_C_END

#define GetAddrInfoA getaddrinfo
#define FreeAddrInfoA freeaddrinfo
#define FreeAddrInfoExA FreeAddrInfoEx
#define GetNameInfoA getnameinfo
#define InetPtonA inet_pton
#define InetNtopA inet_ntop

#if INCL_WINSOCK_API_TYPEDEFS
typedef __typeof__(&getaddrinfo) LPFN_GETADDRINFO;
typedef __typeof__(&GetAddrInfoW) LPFN_GETADDRINFOW;
typedef __typeof__(&freeaddrinfo) LPFN_FREEADDRINFO;
typedef __typeof__(&FreeAddrInfoW) LPFN_FREEADDRINFOW;
typedef __typeof__(&getnameinfo) LPFN_GETNAMEINFO;
typedef __typeof__(&GetNameInfoW) LPFN_GETNAMEINFOW;
typedef __typeof__(&inet_pton) LPFN_INET_PTONA;
typedef __typeof__(&InetPtonW) LPFN_INET_PTONW;
typedef __typeof__(&inet_ntop) LPFN_INET_NTOPA;
typedef __typeof__(&InetNtopW) LPFN_INET_NTOPW;
typedef __typeof__(&GetAddrInfoExA) LPFN_GETADDRINFOEXA;
typedef __typeof__(&GetAddrInfoExW) LPFN_GETADDRINFOEXW;
typedef __typeof__(&GetAddrInfoExCancel) LPFN_GETADDRINFOEXCANCEL;
typedef __typeof__(&GetAddrInfoExOverlappedResult) LPFN_GETADDRINFOEXOVERLAPPEDRESULT;
typedef __typeof__(&FreeAddrInfoEx) LPFN_FREEADDRINFOEXA;
typedef __typeof__(&FreeAddrInfoExW) LPFN_FREEADDRINFOEXW;
#endif

#ifdef UNICODE
#define GetAddrInfo GetAddrInfoW
#define FreeAddrInfo FreeAddrInfoW
#define GetAddrInfoEx GetAddrInfoExW
#define FreeAddrInfoEx FreeAddrInfoExW
#define GetNameInfo GetNameInfoW
#define InetPton InetPtonW
#define InetNtop InetNtopW
#define gai_strerror gai_strerrorW
#else
#define GetAddrInfo GetAddrInfoA
#define FreeAddrInfo FreeAddrInfoA
#define GetAddrInfoEx GetAddrInfoExA
#define GetNameInfo GetNameInfoA
#define InetPton InetPtonA
#define InetNtop InetNtopA
#define gai_strerror gai_strerrorA
#endif

#endif
