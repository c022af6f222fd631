/* What random_calls.c knows about what it has done: the ports, the things with handles, the
 * operations, and which packets are to come. */
#ifndef RANDOM_MODEL_H
#define RANDOM_MODEL_H
#include "sockets.h"

enum { PORTS = 24, THINGS = 24, HANDLES = 3, OPS = 160, ISSUES = 2, STALE = 32, POSTS = 2000 };
enum kind { FRESH, PAIRED, LISTENER, UDP, OVERLAPPED_FILE, PLAIN_FILE, SERVER, CLIENT, FOLDER, EVENT, KINDS };

/* Mistakes that crash on Windows, or values that mean something else there, are only made here. */
#ifdef __COMPLETION_PORT__
#define IS_HERE 1
#else
#define IS_HERE 0
#endif

static struct port {
    HANDLE handles[HANDLES];
    int count;
    ULONG_PTR next_post; /* with one thread posts come in order */
} ports[PORTS];

static struct thing {
    enum kind kind;
    HANDLE handles[HANDLES];
    int count;
    int port; /* the one it belongs to, or -1 */
    int is_settling; /* it is just being associated */
    int skips;
    ULONG_PTR key;
    u_short number; /* the port that a listener has */
} things[THINGS];

/* What is to come of an operation that is issued. */
enum wanted { ONE_PACKET, PERHAPS, NO_PACKET };

struct issue {
    int is_used;
    enum wanted wanted;
    int port;
    ULONG_PTR key;
    unsigned serial;
    int line; /* of the call, if it is pending */
};

static struct op {
    OVERLAPPED ov;
    struct issue issues[ISSUES];
    int calls; /* that are under way with it */
    int is_shared; /* it was issued again while in flight */
    int is_retired; /* a packet of it may come yet, or may not */
    HANDLE event;
    DWORD buffer[256];
} *ops;

static struct post {
    int port;
    int is_due;
    DWORD bytes;
    OVERLAPPED *ov;
} posts[POSTS];

static HANDLE stale[STALE];
static int stale_count, port_count, post_count, threads, traces;
static unsigned serial;
static ULONG_PTR last_key;
static CRITICAL_SECTION model;

enum { KEY_OF_POSTS = 1 << 20 };

struct thread {
    unsigned long long state;
};

static unsigned any(struct thread *t, unsigned below)
{
    t->state = t->state * 6364136223846793005ull + 1442695040888963407ull;
    return (unsigned)(t->state >> 33) % below;
}

static void lock(void)
{
    EnterCriticalSection(&model);
}

static void unlock(void)
{
    LeaveCriticalSection(&model);
}

static int is_socket(enum kind kind)
{
    return kind <= UDP;
}

/* With several threads a handle may be closed before the call gets to it. */
static int is_gone(DWORD error)
{
    return threads > 1 && (error == ERROR_INVALID_HANDLE || error == WSAENOTSOCK);
}

static int is_one_of(DWORD error, const DWORD *list)
{
    while (*list != 0 && *list != error)
        list++;
    return *list != 0;
}

/* Refusals that are documented, for sockets and for the rest. */
static const DWORD socket_refusals[] = {
    WSAENOTSOCK, WSAEINVAL, WSAEFAULT, WSAENOTCONN, WSAECONNRESET, WSAECONNABORTED, WSAESHUTDOWN,
    WSAEISCONN, WSAEADDRINUSE, WSAEOPNOTSUPP, WSA_OPERATION_ABORTED, WSA_INVALID_PARAMETER,
    WSA_INVALID_HANDLE, WSAENOBUFS, WSAEALREADY, WSAECONNREFUSED, WSAEADDRNOTAVAIL, WSAEDESTADDRREQ, 0};
static const DWORD send_refusals[] = {
    WSAENOTSOCK, WSAEINVAL, WSAEFAULT, WSAENOTCONN, WSAECONNRESET, WSAECONNABORTED, WSAESHUTDOWN,
    WSAEISCONN, WSAEMSGSIZE, WSAEOPNOTSUPP, WSA_OPERATION_ABORTED, WSA_INVALID_PARAMETER, WSAENOBUFS,
    WSAEDESTADDRREQ, WSAEACCES, WSAENETUNREACH, 0};
static const DWORD file_refusals[] = {
    ERROR_INVALID_HANDLE, ERROR_INVALID_PARAMETER, ERROR_ACCESS_DENIED, ERROR_HANDLE_EOF,
    ERROR_LOCK_VIOLATION, ERROR_NOACCESS, ERROR_INVALID_USER_BUFFER, ERROR_BROKEN_PIPE, ERROR_NO_DATA,
    ERROR_PIPE_NOT_CONNECTED, ERROR_PIPE_CONNECTED, ERROR_PIPE_LISTENING, ERROR_BAD_PIPE,
    ERROR_INVALID_FUNCTION, ERROR_OPERATION_ABORTED, ERROR_NOT_SUPPORTED, ERROR_NOT_LOCKED,
    ERROR_NETNAME_DELETED, ERROR_CONNECTION_INVALID, ERROR_UNEXP_NET_ERR, 0};

/* A value that is no handle, or one of another kind, or of one that was closed. */
static HANDLE no_handle(struct thread *t)
{
    static const ULONG_PTR garbage[] = {0, 1, 2, 3, 0x7ffffffc, 0x12345677, 0xfffffffe00000000ull};
    HANDLE found = (HANDLE)garbage[any(t, 7)];

    lock();
    if (IS_HERE && stale_count > 0 && any(t, 3) > 0)
        found = stale[any(t, (unsigned)(stale_count < STALE ? stale_count : STALE))];
    unlock();
    return found;
}

static void remember_stale(HANDLE handle)
{
    stale[stale_count++ % STALE] = handle;
}

/* ---- Packets ---- */

static void say_packet(const char *what, struct packet *p, int port)
{
    fprintf(stderr, "%s: port %d, ok %d, error %lu, bytes %lu, key %llu, op %lld\n", what, port, p->ok,
            (unsigned long)p->error, (unsigned long)p->bytes, (unsigned long long)p->key,
            p->ov == NULL ? -1ll : (long long)((char *)p->ov - (char *)ops) / (long long)sizeof *ops);
}

static void match(struct packet *p, int port)
{
    struct op *op = (struct op *)p->ov;
    struct issue *issue = NULL;
    int i;

    lock();
    if (p->key >= KEY_OF_POSTS) {
        ULONG_PTR n = p->key - KEY_OF_POSTS;
        CHECK(n < (ULONG_PTR)post_count && posts[n].port == port);
        CHECK(posts[n].is_due);
        CHECK(p->ok && p->bytes == posts[n].bytes && p->ov == posts[n].ov);
        posts[n].is_due = 0;
        if (threads == 1) {
            CHECK(n >= ports[port].next_post);
            ports[port].next_post = n;
        }
        unlock();
        return;
    }
    if (op < ops || op >= ops + OPS)
        say_packet("of no operation", p, port);
    CHECK(op >= ops && op < ops + OPS);
    for (i = 0; i < ISSUES; i++) {
        struct issue *one = &op->issues[i];
        if (one->is_used && one->wanted != NO_PACKET && one->port == port && one->key == p->key
            && (issue == NULL || one->wanted == ONE_PACKET))
            issue = one;
    }
    if (issue == NULL)
        say_packet("unexpected", p, port);
    CHECK(issue != NULL);
    if (!op->is_shared) {
        CHECK(HasOverlappedIoCompleted(&op->ov));
        CHECK(p->ok == ((LONG)op->ov.Internal >= 0));
        CHECK(p->bytes == (DWORD)op->ov.InternalHigh);
    }
    memset(issue, 0, sizeof *issue);
    unlock();
}

static HANDLE port_handle(struct thread *t, int *which)
{
    int start = (int)any(t, PORTS), i;
    HANDLE found = NULL;

    lock();
    for (i = 0; i < PORTS && found == NULL; i++) {
        struct port *port = &ports[(start + i) % PORTS];
        if (port->count > 0) {
            found = port->handles[any(t, (unsigned)port->count)];
            *which = (start + i) % PORTS;
        }
    }
    unlock();
    return found;
}

/* Takes what is there; how many packets those were. */
static int take_some(HANDLE handle, int port, DWORD ms, ULONG at_once)
{
    OVERLAPPED_ENTRY entries[16];
    ULONG count = 0, i;
    struct packet p;

    if (at_once == 0) {
        p = take(handle, ms);
        if (p.ok || p.ov != NULL) {
            match(&p, port);
            return 1;
        }
        CHECK(p.error == WAIT_TIMEOUT || p.error == ERROR_ABANDONED_WAIT_0 || is_gone(p.error));
        CHECK(p.bytes == 0xdead && p.key == 0xdead);
        return 0;
    }
    if (!GetQueuedCompletionStatusEx(handle, entries, at_once, &count, ms, ms & 1)) {
        DWORD error = GetLastError();
        CHECK(error == WAIT_TIMEOUT || error == ERROR_ABANDONED_WAIT_0 || is_gone(error));
        return 0;
    }
    CHECK(count >= 1 && count <= at_once);
    for (i = 0; i < count; i++) {
        p.ov = entries[i].lpOverlapped;
        p.key = entries[i].lpCompletionKey;
        p.bytes = entries[i].dwNumberOfBytesTransferred;
        p.ok = (LONG)entries[i].Internal >= 0;
        p.error = 0;
        match(&p, port);
    }
    return (int)count;
}

/* ---- Operations ---- */

struct use {
    struct op *op;
    struct thing thing;
    HANDLE handle;
    unsigned serial;
};

static int is_settled(struct op *op)
{
    int i, is_waiting = 0;

    for (i = 0; i < ISSUES; i++) {
        struct issue *issue = &op->issues[i];
        if (!issue->is_used)
            continue;
        if (issue->wanted == ONE_PACKET)
            return 0;
        is_waiting = 1;
    }
    return !is_waiting || (op->calls == 0 && HasOverlappedIoCompleted(&op->ov));
}

/* Whether an OVERLAPPED is the program's again, of which no packet is due. */
static int is_free(struct op *op)
{
    int i;

    if (op->calls > 0 || op->is_retired || !is_settled(op))
        return 0;
    /* Of two with one OVERLAPPED nobody can tell which has completed. */
    if (op->is_shared && (op->issues[0].is_used || op->issues[1].is_used))
        return 0;
    for (i = 0; i < ISSUES; i++) {
        op->is_retired |= op->issues[i].is_used && op->issues[i].wanted == PERHAPS;
        if (!op->is_retired)
            op->issues[i].is_used = 0;
    }
    return !op->is_retired;
}

static int pick_thing(struct thread *t, struct thing *thing, HANDLE *handle, int wanted)
{
    int start = (int)any(t, THINGS), i, found = -1;

    lock();
    for (i = 0; i < THINGS && found < 0; i++) {
        struct thing *one = &things[(start + i) % THINGS];
        if (one->count > 0 && (wanted < 0 || (int)one->kind == wanted)) {
            found = (start + i) % THINGS;
            *thing = *one;
            *handle = one->handles[any(t, (unsigned)one->count)];
        }
    }
    unlock();
    return found;
}

/* Prepares an operation on some thing. */
static int begin(struct thread *t, struct use *use, int wanted)
{
    int which = pick_thing(t, &use->thing, &use->handle, wanted), i, start = (int)any(t, OPS);
    struct op *op = NULL;
    struct issue *issue = NULL;

    if (which < 0)
        return 0;
    lock();
    for (i = 0; i < OPS && op == NULL; i++) {
        struct op *one = &ops[(start + i) % OPS];
        /* At times one that is in flight. */
        if (is_free(one) || (IS_HERE && any(t, 64) == 0 && !one->is_retired && one->event == NULL
                             && (one->issues[0].is_used ^ one->issues[1].is_used)))
            op = one;
    }
    if (op == NULL || things[which].key != use->thing.key || things[which].count == 0) {
        unlock();
        return 0;
    }
    use->thing = things[which];
    if (op->issues[0].is_used || op->issues[1].is_used || op->calls > 0) {
        op->is_shared = 1;
    } else {
        HANDLE event = op->event;
        memset(&op->ov, 0, sizeof op->ov);
        op->is_shared = 0;
        op->ov.Offset = any(t, 3) == 0 ? any(t, 9000) : 0;
        if (any(t, 40) == 0)
            op->ov.Offset = op->ov.OffsetHigh = 0xffffffff - any(t, 2);
        if (event == NULL && any(t, 16) == 0)
            op->event = event = CreateEventA(NULL, TRUE, FALSE, NULL);
        op->ov.hEvent = event;
        if (event != NULL && any(t, 2))
            op->ov.hEvent = (HANDLE)((ULONG_PTR)event | 1);
    }
    issue = op->issues[0].is_used ? &op->issues[1] : &op->issues[0];
    issue->is_used = 1;
    issue->port = use->thing.port;
    issue->key = use->thing.key;
    issue->serial = use->serial = ++serial;
    if (use->thing.is_settling || (use->thing.port >= 0 && ports[use->thing.port].count == 0))
        issue->wanted = PERHAPS;
    else
        issue->wanted = use->thing.port < 0 ? NO_PACKET : ONE_PACKET;
    if ((ULONG_PTR)op->ov.hEvent & 1)
        issue->wanted = NO_PACKET;
    op->calls++;
    unlock();
    use->op = op;
    return 1;
}

static void say_end(struct use *use, int line, int is_ok, DWORD error)
{
    fprintf(stderr, "line %d, kind %d, port %d, key %llu, op %d%s%s: ok %d, error %lu\n", line,
            use->thing.kind, use->thing.port, (unsigned long long)use->thing.key, (int)(use->op - ops),
            use->thing.skips ? ", skips" : "", (ULONG_PTR)use->op->ov.hEvent & 1 ? ", silent" : "", is_ok,
            is_ok ? 0 : (unsigned long)error);
}

/* What the call said. */
static void end(struct use *use, int line, int is_ok, DWORD error, const DWORD *refusals)
{
    struct issue *issue = NULL;
    int i;

    lock();
    for (i = 0; i < ISSUES; i++)
        if (use->op->issues[i].is_used && use->op->issues[i].serial == use->serial)
            issue = &use->op->issues[i];
    use->op->calls--;
    if (traces)
        say_end(use, line, is_ok, error);
    if (issue != NULL)
        issue->line = line * 100 + use->thing.kind;
    /* A message that was cut when received is a completion like any other. */
    if (!is_ok && (error == ERROR_IO_PENDING || error == ERROR_MORE_DATA
                   || (error == WSAEMSGSIZE && refusals == socket_refusals))) {
        unlock();
        return;
    }
    if (is_ok && !use->thing.skips) {
        unlock();
        return;
    }
    if (!is_ok && !is_one_of(error, refusals) && !is_gone(error))
        fprintf(stderr, "the call in line %d, kind %d: error %lu\n", line, use->thing.kind,
                (unsigned long)error);
    CHECK(is_ok || is_one_of(error, refusals) || is_gone(error));
    /* No packet follows, and none has come. That of another with the same OVERLAPPED and key may
     * have been taken for it. */
    CHECK(issue != NULL || use->op->is_shared);
    for (i = 0; issue == NULL && i < ISSUES; i++)
        if (use->op->issues[i].is_used && use->op->issues[i].key == use->thing.key)
            issue = &use->op->issues[i];
    if (issue != NULL)
        memset(issue, 0, sizeof *issue);
    unlock();
}

#define END_SOCKET(use, is_ok)                                                 \
    do {                                                                       \
        int end_ok = (is_ok);                                                  \
        end(use, __LINE__, end_ok, (DWORD)WSAGetLastError(), socket_refusals);           \
    } while (0)
#define END_SEND(use, is_ok)                                                   \
    do {                                                                       \
        int end_ok = (is_ok);                                                  \
        end(use, __LINE__, end_ok, (DWORD)WSAGetLastError(), send_refusals);   \
    } while (0)
#define END_FILE(use, is_ok)                                                   \
    do {                                                                       \
        int end_ok = (is_ok);                                                  \
        end(use, __LINE__, end_ok, GetLastError(), file_refusals);                       \
    } while (0)

#endif
