/* Windows Sockets 2. */
#ifndef IOCP_WINSOCK2_H
#define IOCP_WINSOCK2_H
#pragma GCC system_header

/* The guards that Microsoft's own headers use: programs test and even define them to choose
   between the two versions of the interface. */
#ifndef _WINSOCK2API_
#define _WINSOCK2API_
#endif
#ifndef _WINSOCKAPI_
#define _WINSOCKAPI_
#endif

#include <windows.h>
#include "iocpsock.h"
#include <ws2def.h>

#define WINSOCK_VERSION MAKEWORD(2, 2)
#define WSAAPI
#define WINSOCK_API_LINKAGE
#ifndef INCL_WINSOCK_API_PROTOTYPES
#define INCL_WINSOCK_API_PROTOTYPES 1
#endif
#ifndef INCL_WINSOCK_API_TYPEDEFS
#define INCL_WINSOCK_API_TYPEDEFS 0
#endif

typedef UINT_PTR SOCKET;

#define INVALID_SOCKET ((SOCKET)(~0))
#define SOCKET_ERROR (-1)
#define FROM_PROTOCOL_INFO (-1)
#define ADDR_ANY INADDR_ANY
#define MAXGETHOSTSTRUCT 1024
#define PVD_CONFIG 0x3001

/* Sets of sockets: an array that knows its length. A program may choose the length before the
   include, as on Windows; the C library's bound does not count as a choice. */
#undef IOCP_FD_SETSIZE
#define IOCP_FD_SETSIZE 64
#ifndef FD_SETSIZE
#define FD_SETSIZE IOCP_FD_SETSIZE
#endif

typedef struct fd_set {
    u_int fd_count;
    SOCKET fd_array[FD_SETSIZE];
} fd_set, FD_SET, *PFD_SET, *LPFD_SET;

IOCP_LOCAL int __WSAFDIsSet(SOCKET s, fd_set *set)
{
    u_int i;
    for (i = 0; i < set->fd_count; i++)
        if (set->fd_array[i] == s)
            return 1;
    return 0;
}

IOCP_LOCAL void iocp_fd_add(SOCKET s, fd_set *set)
{
    if (set->fd_count < FD_SETSIZE && !__WSAFDIsSet(s, set))
        set->fd_array[set->fd_count++] = s;
}

IOCP_LOCAL void iocp_fd_remove(SOCKET s, fd_set *set)
{
    u_int i = 0;
    while (i < set->fd_count && set->fd_array[i] != s)
        i++;
    if (i == set->fd_count)
        return;
    for (; i + 1 < set->fd_count; i++)
        set->fd_array[i] = set->fd_array[i + 1];
    set->fd_count--;
}

#define FD_ZERO(set) ((void)((set)->fd_count = 0))
#define FD_SET(s, set) iocp_fd_add((SOCKET)(s), (set))
#define FD_CLR(s, set) iocp_fd_remove((SOCKET)(s), (set))
#define FD_ISSET(s, set) __WSAFDIsSet((SOCKET)(s), (set))

/* The system's struct timeval: std::chrono and the C library use it in the same programs. */
typedef struct timeval TIMEVAL, *PTIMEVAL, *LPTIMEVAL;
#ifndef timerisset
#define timerisset(value) ((value)->tv_sec || (value)->tv_usec)
#define timerclear(value) ((value)->tv_sec = (value)->tv_usec = 0)
#endif
#ifndef timercmp
#define timercmp(a, b, order)                                          \
    (((a)->tv_sec == (b)->tv_sec) ? ((a)->tv_usec order (b)->tv_usec)  \
                                  : ((a)->tv_sec order (b)->tv_sec))
#endif

/* Control codes of ioctlsocket. Their size field says 4 bytes: u_long on Windows. */
#define _IO(x, y) (IOC_VOID | ((x) << 8) | (y))
#define _IOR(x, y, t) (IOC_OUT | (((UINT)sizeof(t) & IOCPARM_MASK) << 16) | ((x) << 8) | (y))
#define _IOW(x, y, t) (IOC_IN | (((UINT)sizeof(t) & IOCPARM_MASK) << 16) | ((x) << 8) | (y))
#define FIONREAD _IOR('f', 127, u_long)
#define FIONBIO _IOW('f', 126, u_long)
#define FIOASYNC _IOW('f', 125, u_long)
#define SIOCATMARK _IOR('s', 7, u_long)

/* Answers of the old data base calls. */
typedef struct hostent {
    char *h_name;
    char **h_aliases;
    short h_addrtype;
    short h_length;
    char **h_addr_list;
} HOSTENT, *PHOSTENT, *LPHOSTENT;
#define h_addr h_addr_list[0]

typedef struct servent {
    char *s_name;
    char **s_aliases;
    char *s_proto;
    short s_port;
} SERVENT, *PSERVENT, *LPSERVENT;

typedef struct protoent {
    char *p_name;
    char **p_aliases;
    short p_proto;
} PROTOENT, *PPROTOENT, *LPPROTOENT;

#define WSADESCRIPTION_LEN 256
#define WSASYS_STATUS_LEN 128

typedef struct WSAData {
    WORD wVersion;
    WORD wHighVersion;
    unsigned short iMaxSockets;
    unsigned short iMaxUdpDg;
    char *lpVendorInfo;
    char szDescription[WSADESCRIPTION_LEN + 1];
    char szSystemStatus[WSASYS_STATUS_LEN + 1];
} WSADATA, *LPWSADATA;

typedef struct linger {
    u_short l_onoff;
    u_short l_linger;
} LINGER, *PLINGER, *LPLINGER;

typedef struct sockproto {
    u_short sp_family;
    u_short sp_protocol;
} SOCKPROTO, *PSOCKPROTO, *LPSOCKPROTO;

/* Network events. */
#define FD_READ_BIT 0
#define FD_READ (1 << FD_READ_BIT)
#define FD_WRITE_BIT 1
#define FD_WRITE (1 << FD_WRITE_BIT)
#define FD_OOB_BIT 2
#define FD_OOB (1 << FD_OOB_BIT)
#define FD_ACCEPT_BIT 3
#define FD_ACCEPT (1 << FD_ACCEPT_BIT)
#define FD_CONNECT_BIT 4
#define FD_CONNECT (1 << FD_CONNECT_BIT)
#define FD_CLOSE_BIT 5
#define FD_CLOSE (1 << FD_CLOSE_BIT)
#define FD_QOS_BIT 6
#define FD_QOS (1 << FD_QOS_BIT)
#define FD_GROUP_QOS_BIT 7
#define FD_GROUP_QOS (1 << FD_GROUP_QOS_BIT)
#define FD_ROUTING_INTERFACE_CHANGE_BIT 8
#define FD_ROUTING_INTERFACE_CHANGE (1 << FD_ROUTING_INTERFACE_CHANGE_BIT)
#define FD_ADDRESS_LIST_CHANGE_BIT 9
#define FD_ADDRESS_LIST_CHANGE (1 << FD_ADDRESS_LIST_CHANGE_BIT)
#define FD_MAX_EVENTS 10
#define FD_ALL_EVENTS ((1 << FD_MAX_EVENTS) - 1)

typedef struct _WSANETWORKEVENTS {
    LONG lNetworkEvents;
    int iErrorCode[FD_MAX_EVENTS];
} WSANETWORKEVENTS, *LPWSANETWORKEVENTS;

/* Codes that only the resolver's callers see under these names. */
#ifndef HOST_NOT_FOUND
#define HOST_NOT_FOUND WSAHOST_NOT_FOUND
#define TRY_AGAIN WSATRY_AGAIN
#define NO_RECOVERY WSANO_RECOVERY
#define NO_DATA WSANO_DATA
#define WSANO_ADDRESS WSANO_DATA
#define NO_ADDRESS WSANO_ADDRESS
#endif
#define h_errno WSAGetLastError()

/* Overlapped operations and events are those of every handle. */
#define WSAEVENT HANDLE
#define LPWSAEVENT LPHANDLE
#define WSAOVERLAPPED OVERLAPPED
typedef struct _OVERLAPPED *LPWSAOVERLAPPED;
#define WSA_IO_PENDING (ERROR_IO_PENDING)
#define WSA_IO_INCOMPLETE (ERROR_IO_INCOMPLETE)
#define WSA_INVALID_HANDLE (ERROR_INVALID_HANDLE)
#define WSA_INVALID_PARAMETER (ERROR_INVALID_PARAMETER)
#define WSA_NOT_ENOUGH_MEMORY (ERROR_NOT_ENOUGH_MEMORY)
#define WSA_OPERATION_ABORTED (ERROR_OPERATION_ABORTED)
#define WSA_INVALID_EVENT ((WSAEVENT)NULL)
#define WSA_MAXIMUM_WAIT_EVENTS (MAXIMUM_WAIT_OBJECTS)
#define WSA_WAIT_FAILED (WAIT_FAILED)
#define WSA_WAIT_EVENT_0 (WAIT_OBJECT_0)
#define WSA_WAIT_IO_COMPLETION (WAIT_IO_COMPLETION)
#define WSA_WAIT_TIMEOUT (WAIT_TIMEOUT)
#define WSA_INFINITE (INFINITE)

typedef void(CALLBACK *LPWSAOVERLAPPED_COMPLETION_ROUTINE)(DWORD error, DWORD transferred,
                                                           LPWSAOVERLAPPED overlapped,
                                                           DWORD flags);

/* Quality of service is accepted and ignored: NULL is what every program passes. */
typedef ULONG SERVICETYPE;
typedef struct _flowspec {
    ULONG TokenRate;
    ULONG TokenBucketSize;
    ULONG PeakBandwidth;
    ULONG Latency;
    ULONG DelayVariation;
    SERVICETYPE ServiceType;
    ULONG MaxSduSize;
    ULONG MinimumPolicedSize;
} FLOWSPEC, *PFLOWSPEC, *LPFLOWSPEC;

typedef struct _QualityOfService {
    FLOWSPEC SendingFlowspec;
    FLOWSPEC ReceivingFlowspec;
    WSABUF ProviderSpecific;
} QOS, *LPQOS;

typedef unsigned int GROUP;
#define SG_UNCONSTRAINED_GROUP 0x01
#define SG_CONSTRAINED_GROUP 0x02

#define CF_ACCEPT 0x0000
#define CF_REJECT 0x0001
#define CF_DEFER 0x0002

typedef int(CALLBACK *LPCONDITIONPROC)(LPWSABUF caller_id, LPWSABUF caller_data, LPQOS sqos,
                                       LPQOS gqos, LPWSABUF callee_id, LPWSABUF callee_data,
                                       GROUP *group, DWORD_PTR callback_data);

#define SD_RECEIVE 0x00
#define SD_SEND 0x01
#define SD_BOTH 0x02

/* What a transport can do, and the parcel that carries a socket to another process. */
#define MAX_PROTOCOL_CHAIN 7
#define BASE_PROTOCOL 1
#define LAYERED_PROTOCOL 0
#define WSAPROTOCOL_LEN 255

typedef struct _WSAPROTOCOLCHAIN {
    int ChainLen;
    DWORD ChainEntries[MAX_PROTOCOL_CHAIN];
} WSAPROTOCOLCHAIN, *LPWSAPROTOCOLCHAIN;

typedef struct _WSAPROTOCOL_INFOA {
    DWORD dwServiceFlags1;
    DWORD dwServiceFlags2;
    DWORD dwServiceFlags3;
    DWORD dwServiceFlags4;
    DWORD dwProviderFlags;
    GUID ProviderId;
    DWORD dwCatalogEntryId;
    WSAPROTOCOLCHAIN ProtocolChain;
    int iVersion;
    int iAddressFamily;
    int iMaxSockAddr;
    int iMinSockAddr;
    int iSocketType;
    int iProtocol;
    int iProtocolMaxOffset;
    int iNetworkByteOrder;
    int iSecurityScheme;
    DWORD dwMessageSize;
    DWORD dwProviderReserved;
    CHAR szProtocol[WSAPROTOCOL_LEN + 1];
} WSAPROTOCOL_INFOA, *LPWSAPROTOCOL_INFOA;

typedef struct _WSAPROTOCOL_INFOW {
    DWORD dwServiceFlags1;
    DWORD dwServiceFlags2;
    DWORD dwServiceFlags3;
    DWORD dwServiceFlags4;
    DWORD dwProviderFlags;
    GUID ProviderId;
    DWORD dwCatalogEntryId;
    WSAPROTOCOLCHAIN ProtocolChain;
    int iVersion;
    int iAddressFamily;
    int iMaxSockAddr;
    int iMinSockAddr;
    int iSocketType;
    int iProtocol;
    int iProtocolMaxOffset;
    int iNetworkByteOrder;
    int iSecurityScheme;
    DWORD dwMessageSize;
    DWORD dwProviderReserved;
    WCHAR szProtocol[WSAPROTOCOL_LEN + 1];
} WSAPROTOCOL_INFOW, *LPWSAPROTOCOL_INFOW;

#ifdef UNICODE
typedef WSAPROTOCOL_INFOW WSAPROTOCOL_INFO;
typedef LPWSAPROTOCOL_INFOW LPWSAPROTOCOL_INFO;
#else
typedef WSAPROTOCOL_INFOA WSAPROTOCOL_INFO;
typedef LPWSAPROTOCOL_INFOA LPWSAPROTOCOL_INFO;
#endif

#define PFL_MULTIPLE_PROTO_ENTRIES 0x00000001
#define PFL_RECOMMENDED_PROTO_ENTRY 0x00000002
#define PFL_HIDDEN 0x00000004
#define PFL_MATCHES_PROTOCOL_ZERO 0x00000008
#define PFL_NETWORKDIRECT_PROVIDER 0x00000010
#define XP1_CONNECTIONLESS 0x00000001
#define XP1_GUARANTEED_DELIVERY 0x00000002
#define XP1_GUARANTEED_ORDER 0x00000004
#define XP1_MESSAGE_ORIENTED 0x00000008
#define XP1_PSEUDO_STREAM 0x00000010
#define XP1_GRACEFUL_CLOSE 0x00000020
#define XP1_EXPEDITED_DATA 0x00000040
#define XP1_CONNECT_DATA 0x00000080
#define XP1_DISCONNECT_DATA 0x00000100
#define XP1_SUPPORT_BROADCAST 0x00000200
#define XP1_SUPPORT_MULTIPOINT 0x00000400
#define XP1_MULTIPOINT_CONTROL_PLANE 0x00000800
#define XP1_MULTIPOINT_DATA_PLANE 0x00001000
#define XP1_QOS_SUPPORTED 0x00002000
#define XP1_INTERRUPT 0x00004000
#define XP1_UNI_SEND 0x00008000
#define XP1_UNI_RECV 0x00010000
#define XP1_IFS_HANDLES 0x00020000
#define XP1_PARTIAL_MESSAGE 0x00040000
#define XP1_SAN_SUPPORT_SDP 0x00080000
#define BIGENDIAN 0x0000
#define LITTLEENDIAN 0x0001
#define SECURITY_PROTOCOL_NONE 0x0000

#define WSA_FLAG_OVERLAPPED 0x01
#define WSA_FLAG_MULTIPOINT_C_ROOT 0x02
#define WSA_FLAG_MULTIPOINT_C_LEAF 0x04
#define WSA_FLAG_MULTIPOINT_D_ROOT 0x08
#define WSA_FLAG_MULTIPOINT_D_LEAF 0x10
#define WSA_FLAG_ACCESS_SYSTEM_SECURITY 0x40
#define WSA_FLAG_NO_HANDLE_INHERIT 0x80
#define WSA_FLAG_REGISTERED_IO 0x100

/* WSAPoll. */
#define POLLRDNORM 0x0100
#define POLLRDBAND 0x0200
#define POLLIN (POLLRDNORM | POLLRDBAND)
#define POLLPRI 0x0400
#define POLLWRNORM 0x0010
#define POLLOUT (POLLWRNORM)
#define POLLWRBAND 0x0020
#define POLLERR 0x0001
#define POLLHUP 0x0002
#define POLLNVAL 0x0004

typedef struct pollfd {
    SOCKET fd;
    SHORT events;
    SHORT revents;
} WSAPOLLFD, *PWSAPOLLFD, *LPWSAPOLLFD;

IOCP_C_BEGIN

/* Start, end, last error. */
int WSAAPI WSAStartup(WORD version, LPWSADATA data);
int WSAAPI WSACleanup(void);
int WSAAPI WSAGetLastError(void);
void WSAAPI WSASetLastError(int error);

/* The names of 4.2BSD. The symbols are our own: the C library keeps its functions for files that
   include <sys/socket.h>. No macros, so that methods may have these names. */
SOCKET WSAAPI accept(SOCKET s, struct sockaddr *addr, int *addrlen) IOCP_SYMBOL(accept);
int WSAAPI bind(SOCKET s, const struct sockaddr *name, int namelen) IOCP_SYMBOL(bind);
int WSAAPI closesocket(SOCKET s);
int WSAAPI connect(SOCKET s, const struct sockaddr *name, int namelen) IOCP_SYMBOL(connect);
int WSAAPI getpeername(SOCKET s, struct sockaddr *name, int *namelen) IOCP_SYMBOL(getpeername);
int WSAAPI getsockname(SOCKET s, struct sockaddr *name, int *namelen) IOCP_SYMBOL(getsockname);
int WSAAPI getsockopt(SOCKET s, int level, int optname, char *optval, int *optlen)
    IOCP_SYMBOL(getsockopt);
int WSAAPI ioctlsocket(SOCKET s, long cmd, u_long *argp);
int WSAAPI listen(SOCKET s, int backlog) IOCP_SYMBOL(listen);
int WSAAPI recv(SOCKET s, char *buf, int len, int flags) IOCP_SYMBOL(recv);
int WSAAPI recvfrom(SOCKET s, char *buf, int len, int flags, struct sockaddr *from, int *fromlen)
    IOCP_SYMBOL(recvfrom);
int WSAAPI iocp_select(int nfds, fd_set *readfds, fd_set *writefds, fd_set *exceptfds,
                       const struct timeval *timeout);
int WSAAPI send(SOCKET s, const char *buf, int len, int flags) IOCP_SYMBOL(send);
int WSAAPI sendto(SOCKET s, const char *buf, int len, int flags, const struct sockaddr *to,
                  int tolen) IOCP_SYMBOL(sendto);
int WSAAPI setsockopt(SOCKET s, int level, int optname, const char *optval, int optlen)
    IOCP_SYMBOL(setsockopt);
int WSAAPI shutdown(SOCKET s, int how) IOCP_SYMBOL(shutdown);
SOCKET WSAAPI socket(int af, int type, int protocol) IOCP_SYMBOL(socket);

u_long WSAAPI inet_addr(const char *cp) IOCP_SYMBOL(inet_addr);
char *WSAAPI inet_ntoa(struct in_addr in) IOCP_SYMBOL(inet_ntoa);
struct hostent *WSAAPI gethostbyaddr(const char *addr, int len, int type)
    IOCP_SYMBOL(gethostbyaddr);
struct hostent *WSAAPI gethostbyname(const char *name) IOCP_SYMBOL(gethostbyname);
/* The length is size_t as in <unistd.h>, which may stand in the same file. */
int WSAAPI gethostname(char *name, size_t namelen) IOCP_NOTHROW IOCP_SYMBOL(gethostname);
int WSAAPI GetHostNameW(PWSTR name, int namelen) IOCP_WIDE(GetHostNameW);
struct servent *WSAAPI getservbyport(int port, const char *proto) IOCP_SYMBOL(getservbyport);
struct servent *WSAAPI getservbyname(const char *name, const char *proto)
    IOCP_SYMBOL(getservbyname);
struct protoent *WSAAPI getprotobynumber(int number) IOCP_SYMBOL(getprotobynumber);
struct protoent *WSAAPI getprotobyname(const char *name) IOCP_SYMBOL(getprotobyname);

/* Sockets. */
SOCKET WSAAPI WSASocketA(int af, int type, int protocol, LPWSAPROTOCOL_INFOA info, GROUP group,
                         DWORD flags);
SOCKET WSAAPI WSASocketW(int af, int type, int protocol, LPWSAPROTOCOL_INFOW info, GROUP group,
                         DWORD flags) IOCP_WIDE(WSASocketW);
SOCKET WSAAPI WSAAccept(SOCKET s, struct sockaddr *addr, LPINT addrlen, LPCONDITIONPROC condition,
                        DWORD_PTR callback_data);
int WSAAPI WSAConnect(SOCKET s, const struct sockaddr *name, int namelen, LPWSABUF caller_data,
                      LPWSABUF callee_data, LPQOS sqos, LPQOS gqos);
BOOL WSAAPI WSAConnectByNameA(SOCKET s, LPCSTR node, LPCSTR service, LPDWORD local_length,
                              LPSOCKADDR local, LPDWORD remote_length, LPSOCKADDR remote,
                              const struct timeval *timeout, LPWSAOVERLAPPED reserved);
BOOL WSAAPI WSAConnectByNameW(SOCKET s, LPWSTR node, LPWSTR service, LPDWORD local_length,
                              LPSOCKADDR local, LPDWORD remote_length, LPSOCKADDR remote,
                              const struct timeval *timeout, LPWSAOVERLAPPED reserved)
    IOCP_WIDE(WSAConnectByNameW);
BOOL WSAAPI WSAConnectByList(SOCKET s, PSOCKET_ADDRESS_LIST list, LPDWORD local_length,
                             LPSOCKADDR local, LPDWORD remote_length, LPSOCKADDR remote,
                             const struct timeval *timeout, LPWSAOVERLAPPED reserved);
int WSAAPI WSADuplicateSocketA(SOCKET s, DWORD process, LPWSAPROTOCOL_INFOA info);
int WSAAPI WSADuplicateSocketW(SOCKET s, DWORD process, LPWSAPROTOCOL_INFOW info)
    IOCP_WIDE(WSADuplicateSocketW);
int WSAAPI WSAEnumProtocolsA(LPINT protocols, LPWSAPROTOCOL_INFOA buffer, LPDWORD length);
int WSAAPI WSAEnumProtocolsW(LPINT protocols, LPWSAPROTOCOL_INFOW buffer, LPDWORD length)
    IOCP_WIDE(WSAEnumProtocolsW);
int WSAAPI WSAIoctl(SOCKET s, DWORD code, LPVOID in, DWORD in_size, LPVOID out, DWORD out_size,
                    LPDWORD returned, LPWSAOVERLAPPED overlapped,
                    LPWSAOVERLAPPED_COMPLETION_ROUTINE routine);
int WSAAPI WSAPoll(LPWSAPOLLFD fds, ULONG count, INT timeout);

/* Data. */
int WSAAPI WSARecv(SOCKET s, LPWSABUF buffers, DWORD count, LPDWORD received, LPDWORD flags,
                   LPWSAOVERLAPPED overlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine);
int WSAAPI WSARecvDisconnect(SOCKET s, LPWSABUF data);
int WSAAPI WSARecvFrom(SOCKET s, LPWSABUF buffers, DWORD count, LPDWORD received, LPDWORD flags,
                       struct sockaddr *from, LPINT fromlen, LPWSAOVERLAPPED overlapped,
                       LPWSAOVERLAPPED_COMPLETION_ROUTINE routine);
int WSAAPI WSASend(SOCKET s, LPWSABUF buffers, DWORD count, LPDWORD sent, DWORD flags,
                   LPWSAOVERLAPPED overlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine);
int WSAAPI WSASendDisconnect(SOCKET s, LPWSABUF data);
int WSAAPI WSASendMsg(SOCKET s, LPWSAMSG message, DWORD flags, LPDWORD sent,
                      LPWSAOVERLAPPED overlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine);
int WSAAPI WSASendTo(SOCKET s, LPWSABUF buffers, DWORD count, LPDWORD sent, DWORD flags,
                     const struct sockaddr *to, int tolen, LPWSAOVERLAPPED overlapped,
                     LPWSAOVERLAPPED_COMPLETION_ROUTINE routine);
BOOL WSAAPI WSAGetOverlappedResult(SOCKET s, LPWSAOVERLAPPED overlapped, LPDWORD transferred,
                                   BOOL wait, LPDWORD flags);

/* Events. */
WSAEVENT WSAAPI WSACreateEvent(void);
BOOL WSAAPI WSACloseEvent(WSAEVENT event);
BOOL WSAAPI WSASetEvent(WSAEVENT event);
BOOL WSAAPI WSAResetEvent(WSAEVENT event);
DWORD WSAAPI WSAWaitForMultipleEvents(DWORD count, const WSAEVENT *events, BOOL all, DWORD timeout,
                                      BOOL alertable);
int WSAAPI WSAEventSelect(SOCKET s, WSAEVENT event, LONG network_events);
int WSAAPI WSAEnumNetworkEvents(SOCKET s, WSAEVENT event, LPWSANETWORKEVENTS network_events);

/* Addresses as text. */
INT WSAAPI WSAAddressToStringA(LPSOCKADDR address, DWORD length, LPWSAPROTOCOL_INFOA info,
                               LPSTR string, LPDWORD string_length);
INT WSAAPI WSAAddressToStringW(LPSOCKADDR address, DWORD length, LPWSAPROTOCOL_INFOW info,
                               LPWSTR string, LPDWORD string_length)
    IOCP_WIDE(WSAAddressToStringW);
INT WSAAPI WSAStringToAddressA(LPSTR string, INT family, LPWSAPROTOCOL_INFOA info,
                               LPSOCKADDR address, LPINT length);
INT WSAAPI WSAStringToAddressW(LPWSTR string, INT family, LPWSAPROTOCOL_INFOW info,
                               LPSOCKADDR address, LPINT length) IOCP_WIDE(WSAStringToAddressW);

/* Byte order as the socket's protocol has it. */
int WSAAPI WSAHtonl(SOCKET s, u_long host, u_long *network);
int WSAAPI WSAHtons(SOCKET s, u_short host, u_short *network);
int WSAAPI WSANtohl(SOCKET s, u_long network, u_long *host);
int WSAAPI WSANtohs(SOCKET s, u_short network, u_short *host);

IOCP_C_END

/* Network byte order is big endian. The C library has the first four as functions too, of the
   same type; ours are local to the file. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define IOCP_NETWORK(bits, value) __builtin_bswap##bits(value)
#else
#define IOCP_NETWORK(bits, value) (value)
#endif

IOCP_LOCAL u_short WSAAPI htons(u_short value)
{
    return IOCP_NETWORK(16, value);
}

IOCP_LOCAL u_short WSAAPI ntohs(u_short value)
{
    return IOCP_NETWORK(16, value);
}

IOCP_LOCAL u_long WSAAPI htonl(u_long value)
{
    return IOCP_NETWORK(32, value);
}

IOCP_LOCAL u_long WSAAPI ntohl(u_long value)
{
    return IOCP_NETWORK(32, value);
}

IOCP_LOCAL unsigned __int64 htonll(unsigned __int64 value)
{
    return IOCP_NETWORK(64, value);
}

IOCP_LOCAL unsigned __int64 ntohll(unsigned __int64 value)
{
    return IOCP_NETWORK(64, value);
}

IOCP_LOCAL unsigned __int32 htonf(float value)
{
    unsigned __int32 bits;
    __builtin_memcpy(&bits, &value, sizeof bits);
    return IOCP_NETWORK(32, bits);
}

IOCP_LOCAL float ntohf(unsigned __int32 value)
{
    unsigned __int32 bits = IOCP_NETWORK(32, value);
    float result;
    __builtin_memcpy(&result, &bits, sizeof result);
    return result;
}

IOCP_LOCAL unsigned __int64 htond(double value)
{
    unsigned __int64 bits;
    __builtin_memcpy(&bits, &value, sizeof bits);
    return IOCP_NETWORK(64, bits);
}

IOCP_LOCAL double ntohd(unsigned __int64 value)
{
    unsigned __int64 bits = IOCP_NETWORK(64, value);
    double result;
    __builtin_memcpy(&result, &bits, sizeof result);
    return result;
}

/* select and ioctlsocket need help. <sys/select.h> has declared a select of its own, and
   `unsigned long`, with which many programs call ioctlsocket, has 64 bits here. */
IOCP_LOCAL int iocp_ioctlsocket_long(SOCKET s, long cmd, unsigned long *argp)
{
    /* Programs cast the address of an int, of which no more than 4 bytes are theirs: FIONBIO only
       reads, and reads no more. */
    u_long value = 0;
    int result;
    if (argp != NULL)
        __builtin_memcpy(&value, argp, sizeof(value));
    result = (ioctlsocket)(s, cmd, argp != NULL ? &value : NULL);
    if (argp != NULL && (u_long)cmd != (u_long)FIONBIO)
        *argp = value;
    return result;
}

#ifdef __cplusplus
IOCP_CXX_BEGIN
/* Overloads. A call without any set means the C library's select. */
inline int select(int nfds, fd_set *readfds, fd_set *writefds, fd_set *exceptfds,
                  const struct timeval *timeout)
{
    return iocp_select(nfds, readfds, writefds, exceptfds, timeout);
}

/* A template, so that NULL finds the function and only `unsigned long *` comes here. */
template <class T>
inline int ioctlsocket(SOCKET s, long cmd, T *argp, typename iocp_if_ulong<T>::type = 0)
{
    return iocp_ioctlsocket_long(s, cmd, argp);
}

/* A DWORD is an unsigned long on Windows, and some programs have their counts and flags as that.
   The call sees a DWORD of our own; no call keeps the pointer. What is unchanged is not written
   back: another thread may have freed it with the operation that it belongs to. */
template <class T> struct iocp_number {
    explicit iocp_number(T *place)
        : place(place), value(static_cast<DWORD>(*place)), before(value)
    {
    }
    ~iocp_number()
    {
        if (value != before)
            *place = value;
    }
    operator LPDWORD()
    {
        return &value;
    }
    T *place;
    DWORD value, before;
};

template <class T>
inline int WSARecv(SOCKET s, LPWSABUF buffers, DWORD count, T *received, LPDWORD flags,
                   LPWSAOVERLAPPED overlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine,
                   typename iocp_if_ulong<T>::type = 0)
{
    return WSARecv(s, buffers, count, iocp_number<T>(received), flags, overlapped, routine);
}

template <class T>
inline int WSARecv(SOCKET s, LPWSABUF buffers, DWORD count, LPDWORD received, T *flags,
                   LPWSAOVERLAPPED overlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine,
                   typename iocp_if_ulong<T>::type = 0)
{
    return WSARecv(s, buffers, count, received, iocp_number<T>(flags), overlapped, routine);
}

template <class T>
inline int WSARecv(SOCKET s, LPWSABUF buffers, DWORD count, T *received, T *flags,
                   LPWSAOVERLAPPED overlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine,
                   typename iocp_if_ulong<T>::type = 0)
{
    return WSARecv(s, buffers, count, iocp_number<T>(received), iocp_number<T>(flags), overlapped,
                   routine);
}

template <class T>
inline int WSASend(SOCKET s, LPWSABUF buffers, DWORD count, T *sent, DWORD flags,
                   LPWSAOVERLAPPED overlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine,
                   typename iocp_if_ulong<T>::type = 0)
{
    return WSASend(s, buffers, count, iocp_number<T>(sent), flags, overlapped, routine);
}

template <class T>
inline int WSARecvFrom(SOCKET s, LPWSABUF buffers, DWORD count, T *received, T *flags,
                       struct sockaddr *from, LPINT fromlen, LPWSAOVERLAPPED overlapped,
                       LPWSAOVERLAPPED_COMPLETION_ROUTINE routine,
                       typename iocp_if_ulong<T>::type = 0)
{
    return WSARecvFrom(s, buffers, count, iocp_number<T>(received), iocp_number<T>(flags), from,
                       fromlen, overlapped, routine);
}

template <class T>
inline int WSASendTo(SOCKET s, LPWSABUF buffers, DWORD count, T *sent, DWORD flags,
                     const struct sockaddr *to, int tolen, LPWSAOVERLAPPED overlapped,
                     LPWSAOVERLAPPED_COMPLETION_ROUTINE routine,
                     typename iocp_if_ulong<T>::type = 0)
{
    return WSASendTo(s, buffers, count, iocp_number<T>(sent), flags, to, tolen, overlapped,
                     routine);
}

template <class T>
inline int WSAIoctl(SOCKET s, DWORD code, LPVOID in, DWORD in_size, LPVOID out, DWORD out_size,
                    T *returned, LPWSAOVERLAPPED overlapped,
                    LPWSAOVERLAPPED_COMPLETION_ROUTINE routine,
                    typename iocp_if_ulong<T>::type = 0)
{
    return WSAIoctl(s, code, in, in_size, out, out_size, iocp_number<T>(returned), overlapped,
                    routine);
}

template <class T>
inline BOOL WSAGetOverlappedResult(SOCKET s, LPWSAOVERLAPPED overlapped, T *transferred, BOOL wait,
                                   LPDWORD flags, typename iocp_if_ulong<T>::type = 0)
{
    return WSAGetOverlappedResult(s, overlapped, iocp_number<T>(transferred), wait, flags);
}

template <class T>
inline BOOL WSAGetOverlappedResult(SOCKET s, LPWSAOVERLAPPED overlapped, T *transferred, BOOL wait,
                                   T *flags, typename iocp_if_ulong<T>::type = 0)
{
    return WSAGetOverlappedResult(s, overlapped, iocp_number<T>(transferred), wait,
                                  iocp_number<T>(flags));
}
IOCP_CXX_END
#else
#define select iocp_select
#define ioctlsocket(s, cmd, argp) \
    _Generic((argp), unsigned long *: iocp_ioctlsocket_long, default: (ioctlsocket))(s, cmd, argp)
#endif

#ifdef UNICODE
#define WSASocket WSASocketW
#define WSAConnectByName WSAConnectByNameW
#define WSADuplicateSocket WSADuplicateSocketW
#define WSAEnumProtocols WSAEnumProtocolsW
#define WSAAddressToString WSAAddressToStringW
#define WSAStringToAddress WSAStringToAddressW
#else
#define WSASocket WSASocketA
#define WSAConnectByName WSAConnectByNameA
#define WSADuplicateSocket WSADuplicateSocketA
#define WSAEnumProtocols WSAEnumProtocolsA
#define WSAAddressToString WSAAddressToStringA
#define WSAStringToAddress WSAStringToAddressA
#endif

#if INCL_WINSOCK_API_TYPEDEFS
typedef __typeof__(&accept) LPFN_ACCEPT;
typedef __typeof__(&bind) LPFN_BIND;
typedef __typeof__(&closesocket) LPFN_CLOSESOCKET;
typedef __typeof__(&connect) LPFN_CONNECT;
typedef int(WSAAPI *LPFN_IOCTLSOCKET)(SOCKET, long, u_long *);
typedef __typeof__(&getpeername) LPFN_GETPEERNAME;
typedef __typeof__(&getsockname) LPFN_GETSOCKNAME;
typedef __typeof__(&getsockopt) LPFN_GETSOCKOPT;
typedef __typeof__(&htonl) LPFN_HTONL;
typedef __typeof__(&htons) LPFN_HTONS;
typedef __typeof__(&inet_addr) LPFN_INET_ADDR;
typedef __typeof__(&inet_ntoa) LPFN_INET_NTOA;
typedef __typeof__(&listen) LPFN_LISTEN;
typedef __typeof__(&ntohl) LPFN_NTOHL;
typedef __typeof__(&ntohs) LPFN_NTOHS;
typedef __typeof__(&recv) LPFN_RECV;
typedef __typeof__(&recvfrom) LPFN_RECVFROM;
typedef __typeof__(&iocp_select) LPFN_SELECT;
typedef __typeof__(&send) LPFN_SEND;
typedef __typeof__(&sendto) LPFN_SENDTO;
typedef __typeof__(&setsockopt) LPFN_SETSOCKOPT;
typedef __typeof__(&shutdown) LPFN_SHUTDOWN;
typedef __typeof__(&socket) LPFN_SOCKET;
typedef __typeof__(&gethostbyaddr) LPFN_GETHOSTBYADDR;
typedef __typeof__(&gethostbyname) LPFN_GETHOSTBYNAME;
typedef __typeof__(&gethostname) LPFN_GETHOSTNAME;
typedef __typeof__(&getservbyport) LPFN_GETSERVBYPORT;
typedef __typeof__(&getservbyname) LPFN_GETSERVBYNAME;
typedef __typeof__(&getprotobynumber) LPFN_GETPROTOBYNUMBER;
typedef __typeof__(&getprotobyname) LPFN_GETPROTOBYNAME;
typedef __typeof__(&WSAStartup) LPFN_WSASTARTUP;
typedef __typeof__(&WSACleanup) LPFN_WSACLEANUP;
typedef __typeof__(&WSASetLastError) LPFN_WSASETLASTERROR;
typedef __typeof__(&WSAGetLastError) LPFN_WSAGETLASTERROR;
typedef __typeof__(&WSAAccept) LPFN_WSAACCEPT;
typedef __typeof__(&WSACloseEvent) LPFN_WSACLOSEEVENT;
typedef __typeof__(&WSAConnect) LPFN_WSACONNECT;
typedef __typeof__(&WSACreateEvent) LPFN_WSACREATEEVENT;
typedef __typeof__(&WSADuplicateSocketA) LPFN_WSADUPLICATESOCKETA;
typedef __typeof__(&WSADuplicateSocketW) LPFN_WSADUPLICATESOCKETW;
typedef __typeof__(&WSAEnumNetworkEvents) LPFN_WSAENUMNETWORKEVENTS;
typedef __typeof__(&WSAEnumProtocolsA) LPFN_WSAENUMPROTOCOLSA;
typedef __typeof__(&WSAEnumProtocolsW) LPFN_WSAENUMPROTOCOLSW;
typedef __typeof__(&WSAEventSelect) LPFN_WSAEVENTSELECT;
typedef __typeof__(&WSAGetOverlappedResult) LPFN_WSAGETOVERLAPPEDRESULT;
typedef __typeof__(&WSAIoctl) LPFN_WSAIOCTL;
typedef __typeof__(&WSARecv) LPFN_WSARECV;
typedef __typeof__(&WSARecvDisconnect) LPFN_WSARECVDISCONNECT;
typedef __typeof__(&WSARecvFrom) LPFN_WSARECVFROM;
typedef __typeof__(&WSAResetEvent) LPFN_WSARESETEVENT;
typedef __typeof__(&WSASend) LPFN_WSASEND;
typedef __typeof__(&WSASendDisconnect) LPFN_WSASENDDISCONNECT;
typedef __typeof__(&WSASendTo) LPFN_WSASENDTO;
typedef __typeof__(&WSASetEvent) LPFN_WSASETEVENT;
typedef __typeof__(&WSASocketA) LPFN_WSASOCKETA;
typedef __typeof__(&WSASocketW) LPFN_WSASOCKETW;
typedef __typeof__(&WSAWaitForMultipleEvents) LPFN_WSAWAITFORMULTIPLEEVENTS;
typedef __typeof__(&WSAAddressToStringA) LPFN_WSAADDRESSTOSTRINGA;
typedef __typeof__(&WSAAddressToStringW) LPFN_WSAADDRESSTOSTRINGW;
typedef __typeof__(&WSAStringToAddressA) LPFN_WSASTRINGTOADDRESSA;
typedef __typeof__(&WSAStringToAddressW) LPFN_WSASTRINGTOADDRESSW;
#ifdef UNICODE
#define LPFN_WSADUPLICATESOCKET LPFN_WSADUPLICATESOCKETW
#define LPFN_WSAENUMPROTOCOLS LPFN_WSAENUMPROTOCOLSW
#define LPFN_WSASOCKET LPFN_WSASOCKETW
#define LPFN_WSAADDRESSTOSTRING LPFN_WSAADDRESSTOSTRINGW
#define LPFN_WSASTRINGTOADDRESS LPFN_WSASTRINGTOADDRESSW
#else
#define LPFN_WSADUPLICATESOCKET LPFN_WSADUPLICATESOCKETA
#define LPFN_WSAENUMPROTOCOLS LPFN_WSAENUMPROTOCOLSA
#define LPFN_WSASOCKET LPFN_WSASOCKETA
#define LPFN_WSAADDRESSTOSTRING LPFN_WSAADDRESSTOSTRINGA
#define LPFN_WSASTRINGTOADDRESS LPFN_WSASTRINGTOADDRESSA
#endif
#endif

/* What windowsx.h and the messages of WSAAsyncSelect use. */
#define WSAMAKEASYNCREPLY(length, error) MAKELONG(length, error)
#define WSAMAKESELECTREPLY(event, error) MAKELONG(event, error)
#define WSAGETASYNCBUFLEN(value) LOWORD(value)
#define WSAGETASYNCERROR(value) HIWORD(value)
#define WSAGETSELECTEVENT(value) LOWORD(value)
#define WSAGETSELECTERROR(value) HIWORD(value)

#endif
