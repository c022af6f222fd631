/* S-210, S-217: an AcceptEx that is to bring data is found by a cancel at any moment: while it
   waits for a connection, while it waits for data, and between the two. */
#include "sockets.h"

enum { ROUNDS = 4000 };

static SOCKET server;
static volatile LONG go, over, gone;

static DWORD WINAPI connects(void *parameter)
{
    struct sockaddr_in address = name_of(server);
    LONG round;

    (void)parameter;
    for (round = 1; round <= ROUNDS; round++) {
        SOCKET s = tcp();
        while (go != round)
            SwitchToThread();
        CHECK(connect(s, (struct sockaddr *)&address, sizeof address) == 0);
        while (over != round)
            SwitchToThread();
        CHECK(closesocket(s) == 0);
        InterlockedExchange(&gone, round);
    }
    return 0;
}

int main(void)
{
    HANDLE thread, port = new_port();
    LONG round;
    u_long on = 1;

    start();
    server = listener();
    associate(server, port, 5);
    thread = CreateThread(NULL, 0, connects, NULL, 0, NULL);
    CHECK(thread != NULL);
    for (round = 1; round <= ROUNDS; round++) {
        char buffer[256];
        OVERLAPPED ov = {0};
        DWORD bytes;
        SOCKET s = tcp(), left;
        struct packet p;
        volatile int i;

        CHECK(!AcceptEx(server, s, buffer, 64, 32, 32, &bytes, &ov)
              && WSAGetLastError() == WSA_IO_PENDING);
        InterlockedExchange(&go, round);
        /* Somebody drives the port meanwhile. */
        for (i = round % 8; i > 0; i--)
            CHECK(!take(port, 0).ok);
        for (i = 0; i < round * 13 % 4000; i++)
            ;
        CHECK(CancelIoEx((HANDLE)server, &ov));
        p = take(port, 5000);
        CHECK(!p.ok && p.ov == &ov && p.key == 5 && p.error == ERROR_OPERATION_ABORTED);
        CHECK(closesocket(s) == 0);
        InterlockedExchange(&over, round);
        while (gone != round)
            SwitchToThread();
        if (round == 1)
            CHECK(ioctlsocket(server, FIONBIO, &on) == 0);
        while ((left = accept(server, NULL, NULL)) != INVALID_SOCKET)
            CHECK(closesocket(left) == 0);
    }
    CHECK(WaitForSingleObject(thread, INFINITE) == WAIT_OBJECT_0);
    return 0;
}
