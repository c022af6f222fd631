// variants: short clang
/* Names and addresses as text. */
#include "sockets.h"

static int wide_equal(const WCHAR *wide, const char *text)
{
    while (*text != 0 && *wide == (WCHAR)*text)
        wide++, text++;
    return *wide == 0 && *text == 0;
}

int main(void)
{
    struct addrinfo hints, *list, *info;
    ADDRINFOW hintsw, *listw;
    ADDRINFOEXW *listex;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
    struct hostent *host;
    struct protoent *protocol;
    struct in_addr addr;
    char text[64], name[256];
    WCHAR wide[64];
    DWORD length;
    int bytes;
    OVERLAPPED ov;
    HANDLE cancel = NULL;
    LPFN_WSAPOLL unused = NULL;

    (void)unused;
    start();
    CHECK(inet_addr("1.2.3.4") == htonl(0x01020304) && inet_addr("x") == INADDR_NONE);
    addr.s_addr = htonl(0x7f000001);
    CHECK(!strcmp(inet_ntoa(addr), "127.0.0.1"));
    CHECK(inet_pton(AF_INET, "1.2.3.4", &addr) == 1 && addr.s_addr == htonl(0x01020304));
    CHECK(inet_pton(AF_INET, "1.2.3", &addr) == 0);
    CHECK(FAILS(inet_pton(4711, "1.2.3.4", &addr), WSAEAFNOSUPPORT));
    CHECK(InetPtonW(AF_INET6, L"::1", &in6.sin6_addr) == 1 &&
          IN6_IS_ADDR_LOOPBACK(&in6.sin6_addr));
    CHECK(inet_ntop(AF_INET6, &in6.sin6_addr, text, sizeof text) == text);
    CHECK(!strcmp(text, "::1"));
    CHECK(InetNtopW(AF_INET6, &in6.sin6_addr, wide, 64) == wide && wide_equal(wide, "::1"));
    CHECK(inet_ntop(AF_INET, &addr, text, 3) == NULL);

    memset(&in, 0, sizeof in);
    in.sin_family = AF_INET, in.sin_port = htons(80), in.sin_addr.s_addr = htonl(0x0a000001);
    length = sizeof text;
    CHECK(WSAAddressToStringA((LPSOCKADDR)&in, sizeof in, NULL, text, &length) == 0);
    CHECK(!strcmp(text, "10.0.0.1:80") && length == strlen(text) + 1);
    length = 64;
    CHECK(WSAAddressToStringW((LPSOCKADDR)&in, sizeof in, NULL, wide, &length) == 0);
    CHECK(wide_equal(wide, "10.0.0.1:80"));
    length = 3;
    CHECK(FAILS(WSAAddressToStringA((LPSOCKADDR)&in, sizeof in, NULL, text, &length), WSAEFAULT));
    CHECK(length == 12);
    bytes = sizeof in6;
    CHECK(WSAStringToAddressW((LPWSTR)L"[fe80::1]:8080", AF_INET6, NULL, (LPSOCKADDR)&in6,
                              &bytes) == 0);
    CHECK(bytes == sizeof in6 && in6.sin6_family == AF_INET6 && in6.sin6_port == htons(8080));
    CHECK(FAILS(WSAStringToAddressA((char *)"nonsense", AF_INET, NULL, (LPSOCKADDR)&in, &bytes),
                WSAEINVAL));

    /* Numbers need no data base. */
    memset(&hints, 0, sizeof hints);
    hints.ai_flags = AI_NUMERICHOST;
    hints.ai_socktype = SOCK_STREAM;
    CHECK(getaddrinfo("10.1.2.3", "8080", &hints, &list) == 0);
    CHECK(list->ai_family == AF_INET && list->ai_socktype == SOCK_STREAM && !list->ai_next);
    CHECK(list->ai_addrlen == sizeof in);
    CHECK(((struct sockaddr_in *)(void *)list->ai_addr)->sin_port == htons(8080));
    freeaddrinfo(list);
    CHECK(getaddrinfo("::1", NULL, &hints, &list) == 0);
    CHECK(list->ai_family == AF_INET6 && list->ai_addr->sa_family == AF_INET6);
    freeaddrinfo(list);
    CHECK(getaddrinfo("10.1.2.3", NULL, NULL, &list) == 0);
    CHECK(list->ai_socktype == 0 && list->ai_protocol == 0 && list->ai_next == NULL);
    freeaddrinfo(list);
    hints.ai_flags = AI_PASSIVE;
    hints.ai_family = AF_INET;
    CHECK(getaddrinfo(NULL, "7", &hints, &list) == 0);
    in = *(struct sockaddr_in *)(void *)list->ai_addr;
    CHECK(in.sin_addr.s_addr == INADDR_ANY && in.sin_port == htons(7));
    freeaddrinfo(list);
    freeaddrinfo(NULL);
    hints.ai_flags = AI_NUMERICHOST;
    CHECK(getaddrinfo("localhost", NULL, &hints, &list) == WSAHOST_NOT_FOUND);
    CHECK(WSAGetLastError() == WSAHOST_NOT_FOUND);
    CHECK(getaddrinfo(NULL, NULL, &hints, &list) == WSAHOST_NOT_FOUND);
    hints.ai_family = 4711;
    CHECK(getaddrinfo("1.2.3.4", NULL, &hints, &list) == WSAEAFNOSUPPORT);
    CHECK(gai_strerrorA(WSAHOST_NOT_FOUND)[0] != 0 && gai_strerrorW(WSAEFAULT)[0] != 0);

    memset(&hintsw, 0, sizeof hintsw);
    hintsw.ai_flags = AI_NUMERICHOST | AI_CANONNAME;
    CHECK(GetAddrInfoW(L"10.1.2.3", L"80", &hintsw, &listw) == 0);
    CHECK(wide_equal(listw->ai_canonname, "10.1.2.3"));
    FreeAddrInfoW(listw);

    /* This machine has a name and addresses. */
    CHECK(gethostname(name, sizeof name) == 0 && name[0] != 0);
    CHECK(FAILS(gethostname(name, 1), WSAEFAULT));
    CHECK(gethostname(name, sizeof name) == 0);
    host = gethostbyname(name);
    CHECK(host != NULL && host->h_addrtype == AF_INET && host->h_length == 4);
    CHECK(host->h_addr_list[0] != NULL && host->h_aliases != NULL);
    host = gethostbyname("127.0.0.1");
    CHECK(host != NULL && *(u_long *)(void *)host->h_addr == htonl(INADDR_LOOPBACK));
    CHECK(getaddrinfo("", NULL, NULL, &list) == 0);
    for (info = list; info != NULL; info = info->ai_next)
        CHECK(info->ai_family == AF_INET || info->ai_family == AF_INET6);
    freeaddrinfo(list);
    protocol = getprotobyname("tcp");
    CHECK(protocol == NULL || protocol->p_proto == IPPROTO_TCP);

    in.sin_port = htons(80), in.sin_addr.s_addr = htonl(0x0a000001);
    CHECK(getnameinfo((SOCKADDR *)&in, sizeof in, text, sizeof text, name, sizeof name,
                      NI_NUMERICHOST | NI_NUMERICSERV) == 0);
    CHECK(!strcmp(text, "10.0.0.1") && !strcmp(name, "80"));
    CHECK(GetNameInfoW((SOCKADDR *)&in, sizeof in, wide, 64, NULL, 0, NI_NUMERICHOST) == 0);
    CHECK(wide_equal(wide, "10.0.0.1"));
    CHECK(getnameinfo((SOCKADDR *)&in, sizeof in, text, 3, NULL, 0, NI_NUMERICHOST) == WSAEFAULT);

    /* A lookup that goes on after the call. */
    memset(&ov, 0, sizeof ov);
    ov.hEvent = WSACreateEvent();
    listex = NULL;
    CHECK(GetAddrInfoExW(L"127.0.0.1", L"80", NS_ALL, NULL, NULL, &listex, NULL, &ov, NULL,
                         &cancel) == WSA_IO_PENDING);
    CHECK(WaitForSingleObject(ov.hEvent, INFINITE) == WAIT_OBJECT_0);
    CHECK(GetAddrInfoExOverlappedResult(&ov) == 0);
    CHECK(listex != NULL && listex->ai_family == AF_INET);
    FreeAddrInfoExW(listex);
    CHECK(GetAddrInfoExCancel(&cancel) == WSA_INVALID_HANDLE);
    CHECK(GetAddrInfoExW(L"10.0.0.1", NULL, NS_DNS, NULL, NULL, &listex, NULL, NULL, NULL, NULL) ==
          0);
    FreeAddrInfoExW(listex);
    return 0;
}
