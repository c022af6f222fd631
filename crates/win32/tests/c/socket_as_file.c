/* S-017, S-025, S-338: sockets as handles. */
#include "sockets.h"

int main(void)
{
    SOCKET a, b, plain;
    HANDLE port;
    OVERLAPPED ov;
    char buf[8];
    struct packet p;
    DWORD got;
    struct sockaddr_in to;
    SOCKET server;

    start();
    pair(&a, &b);
    port = new_port();
    associate(a, port, 1);
    memset(&ov, 0, sizeof ov);
    /* The offset counts for nothing. */
    ov.Offset = 77;

    CHECK(!ReadFile((HANDLE)a, buf, sizeof buf, NULL, &ov) && GetLastError() == ERROR_IO_PENDING);
    CHECK(send(b, "abc", 3, 0) == 3);
    p = take(port, INFINITE);
    CHECK(p.ok && p.bytes == 3 && p.key == 1 && p.ov == &ov && !memcmp(buf, "abc", 3));
    CHECK(WriteFile((HANDLE)a, "defg", 4, &got, &ov) || GetLastError() == ERROR_IO_PENDING);
    p = take(port, INFINITE);
    CHECK(p.ok && p.bytes == 4 && ov.Offset == 77);
    CHECK(recv(b, buf, sizeof buf, 0) == 4 && !memcmp(buf, "defg", 4));
    CHECK(!ReadFile((HANDLE)a, buf, sizeof buf, &got, NULL));
    CHECK(GetLastError() == ERROR_INVALID_PARAMETER);

    /* The peer finishes: that is no error on a socket. */
    CHECK(shutdown(b, SD_SEND) == 0);
    CHECK(ReadFile((HANDLE)a, buf, sizeof buf, &got, &ov) || GetLastError() == ERROR_IO_PENDING);
    p = take(port, INFINITE);
    CHECK(p.ok && p.bytes == 0);
    closesocket(a), closesocket(b);

    /* A reset speaks the language of files here. */
    pair(&a, &b);
    reset(b);
    while (recv(a, buf, 1, 0) != SOCKET_ERROR)
        ;
    CHECK(!ReadFile((HANDLE)a, buf, sizeof buf, &got, &ov));
    CHECK(GetLastError() == ERROR_NETNAME_DELETED);

    /* A socket that is not for overlapped operations. */
    plain = WSASocketW(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, 0);
    CHECK(plain != INVALID_SOCKET);
    CHECK(CreateIoCompletionPort((HANDLE)plain, port, 1, 0) == NULL);
    CHECK(GetLastError() == ERROR_INVALID_PARAMETER);
    server = listener();
    to = name_of(server);
    CHECK(connect(plain, (struct sockaddr *)&to, sizeof to) == 0);
    b = accept(server, NULL, NULL);
    CHECK(send(b, "xy", 2, 0) == 2);
    CHECK(ReadFile((HANDLE)plain, buf, sizeof buf, &got, NULL) && got == 2);
    CHECK(WriteFile((HANDLE)plain, "z", 1, &got, NULL) && got == 1);
    CHECK(recv(b, buf, sizeof buf, 0) == 1);
    CHECK(CloseHandle((HANDLE)plain));
    CHECK(recv(b, buf, sizeof buf, 0) == 0);
    return 0;
}
