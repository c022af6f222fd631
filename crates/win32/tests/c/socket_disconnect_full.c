/* S-370: when there is no descriptor for it, a socket cannot be made ready for another connection.
   That is told by the packet, nothing is lost, and it can be tried again. */
#include "sockets.h"

#ifndef __COMPLETION_PORT__
int main(void)
{
    /* There nothing new has to be opened for it. */
    return 77;
}
#else
enum { OTHERS_MAX = 200000, SPARE = 16 };

static SOCKET others[OTHERS_MAX];

int main(void)
{
    GUID id = WSAID_DISCONNECTEX;
    LPFN_DISCONNECTEX disconnect_ex;
    SOCKET server, s, client;
    HANDLE port;
    OVERLAPPED ov = {0};
    struct sockaddr_in to;
    struct packet p;
    DWORD got, flags;
    char byte;
    int count = 0, i;

    start();
    server = listener();
    to = name_of(server);
    port = new_port();
    disconnect_ex = (LPFN_DISCONNECTEX)extension(server, id);
    client = client_of(server);
    s = accept(server, NULL, NULL);
    associate(s, port, 3);
    while (count < OTHERS_MAX
           && (others[count] = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP)) != INVALID_SOCKET)
        count++;
    if (count == OTHERS_MAX) {
        printf("there is no end of descriptors\n");
        return 77;
    }
    CHECK(WSAGetLastError() == WSAEMFILE && count > SPARE);

    for (i = 0; i < 2; i++) {
        CHECK(!disconnect_ex(s, &ov, TF_REUSE_SOCKET, 0) && WSAGetLastError() == WSA_IO_PENDING);
        p = take(port, 5000);
        CHECK(!p.ok && p.ov == &ov && p.key == 3 && p.error == ERROR_NO_SYSTEM_RESOURCES);
        CHECK(!WSAGetOverlappedResult(s, &ov, &got, FALSE, &flags));
        CHECK(WSAGetLastError() == WSAENOBUFS);
    }
    CHECK(!disconnect_ex(s, NULL, TF_REUSE_SOCKET, 0) && WSAGetLastError() == WSAENOBUFS);
    /* It is the same connection still, of which this side has ended sending. */
    CHECK(recv(client, &byte, 1, 0) == 0);
    CHECK(send(client, "x", 1, 0) == 1 && recv(s, &byte, 1, 0) == 1 && byte == 'x');

    for (i = 0; i < SPARE; i++)
        CHECK(closesocket(others[--count]) == 0);
    CHECK(!disconnect_ex(s, &ov, TF_REUSE_SOCKET, 0) && WSAGetLastError() == WSA_IO_PENDING);
    p = take(port, 5000);
    CHECK(p.ok && p.ov == &ov && p.key == 3);
    CHECK(closesocket(client) == 0);
    CHECK(connect(s, (struct sockaddr *)&to, sizeof to) == 0);
    client = accept(server, NULL, NULL);
    CHECK(client != INVALID_SOCKET && send(client, "y", 1, 0) == 1);
    CHECK(ACCEPTED(receive(s, &byte, 1, NULL, &ov)));
    p = take(port, 5000);
    CHECK(p.ok && p.key == 3 && p.bytes == 1 && byte == 'y');
    return 0;
}
#endif
