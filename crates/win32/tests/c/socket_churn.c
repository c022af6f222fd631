/* S-233: many connections and handles, one after the other. Each packet is of the connection that is
   meant, and the value of a handle that was closed means nothing any more. */
#include "sockets.h"

#ifdef __COMPLETION_PORT__
enum { ROUNDS = 512, HANDLES = 70000 };
#else
/* Elsewhere a handle costs much more. */
enum { ROUNDS = 8, HANDLES = 2000 };
#endif
enum { AT_ONCE = 32 };

struct connection {
    OVERLAPPED ov;
    SOCKET client, server;
    char byte;
};

static HANDLE closed[HANDLES];
#ifdef __COMPLETION_PORT__
enum { OTHERS = 500 };
static HANDLE others[OTHERS];
#endif
static struct connection connections[AT_ONCE];

/* Opens and closes handles; of those that were closed none may be taken for another. */
static void handles(void)
{
    HANDLE kept = CreateEventW(NULL, TRUE, FALSE, NULL);
    int i;

    CHECK(kept != NULL);
    for (i = 0; i < HANDLES; i++) {
        HANDLE event = CreateEventW(NULL, TRUE, FALSE, NULL);
        CHECK(event != NULL && event != kept && CloseHandle(event));
        closed[i] = event;
        CHECK(!SetEvent(event) && GetLastError() == ERROR_INVALID_HANDLE);
        CHECK(!CloseHandle(event) && GetLastError() == ERROR_INVALID_HANDLE);
    }
#ifdef __COMPLETION_PORT__
    /* Windows gives values out again at once; here even old ones are noticed, though others are in
       their places now. */
    for (i = 0; i < OTHERS; i++)
        CHECK((others[i] = CreateEventW(NULL, TRUE, FALSE, NULL)) != NULL);
    for (i = 0; i < HANDLES; i++)
        CHECK(!SetEvent(closed[i]) && GetLastError() == ERROR_INVALID_HANDLE);
    for (i = 0; i < OTHERS; i++)
        CHECK(WaitForSingleObject(others[i], 0) == WAIT_TIMEOUT && CloseHandle(others[i]));
#endif
    CHECK(WaitForSingleObject(kept, 0) == WAIT_TIMEOUT && CloseHandle(kept));
}

/* As many sockets, bound, so that each had its place in the system. */
static void sockets(void)
{
    struct sockaddr_in address = loopback(0), name;
    SOCKET kept = tcp();
    int i, length = sizeof name;

    for (i = 0; i < HANDLES; i++) {
        SOCKET s = tcp();
        CHECK(s != kept && bind(s, (struct sockaddr *)&address, sizeof address) == 0);
        closed[i] = (HANDLE)s;
        CHECK(closesocket(s) == 0);
        CHECK(FAILS(getsockname(s, (struct sockaddr *)&name, &length), WSAENOTSOCK));
        CHECK(FAILS(closesocket(s), WSAENOTSOCK));
    }
#ifdef __COMPLETION_PORT__
    for (i = 0; i < OTHERS; i++)
        others[i] = (HANDLE)tcp();
    for (i = 0; i < HANDLES; i++)
        CHECK(FAILS(getsockname((SOCKET)closed[i], (struct sockaddr *)&name, &length),
                    WSAENOTSOCK));
    for (i = 0; i < OTHERS; i++)
        CHECK(closesocket((SOCKET)others[i]) == 0);
#endif
    CHECK(closesocket(kept) == 0);
}

static void open_all(SOCKET listening, HANDLE port)
{
    int i;

    for (i = 0; i < AT_ONCE; i++) {
        struct connection *c = &connections[i];
        memset(c, 0, sizeof *c);
        c->client = client_of(listening);
        c->server = accept(listening, NULL, NULL);
        CHECK(c->server != INVALID_SOCKET);
        associate(c->server, port, (ULONG_PTR)c->server);
        CHECK(ACCEPTED(receive(c->server, &c->byte, 1, NULL, &c->ov)));
    }
}

/* Every second one says something, the others are reset. */
static void end_all(HANDLE port)
{
    int seen[AT_ONCE] = {0}, i;

    for (i = 0; i < AT_ONCE; i++) {
        if (i % 2)
            CHECK(send(connections[i].client, "x", 1, 0) == 1);
        else
            reset(connections[i].client);
    }
    for (i = 0; i < AT_ONCE; i++) {
        struct packet p = take(port, INFINITE);
        struct connection *c = (struct connection *)p.ov;
        int at = (int)(c - connections);
        CHECK(at >= 0 && at < AT_ONCE && !seen[at]++);
        CHECK(p.key == (ULONG_PTR)c->server);
        if (at % 2)
            CHECK(p.ok && p.bytes == 1 && c->byte == 'x');
        else
            CHECK(!p.ok && p.error == ERROR_NETNAME_DELETED);
        CHECK(closesocket(c->server) == 0);
        CHECK(FAILS(receive(c->server, &c->byte, 1, NULL, &c->ov), WSAENOTSOCK));
        if (at % 2)
            reset(c->client);
    }
}

int main(void)
{
    SOCKET listening;
    HANDLE port;
    int round;

    start();
    handles();
    sockets();
    listening = listener();
    port = new_port();
    for (round = 0; round < ROUNDS; round++) {
        open_all(listening, port);
        end_all(port);
    }
    CHECK(nothing(port));
    return 0;
}
