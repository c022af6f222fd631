/* Calls in random order, with random handles, sizes and OVERLAPPEDs: nothing crashes, every
 * operation that is accepted has one packet, with its key (S-150, S-162), and every mistake has a
 * documented error.
 *
 * random_calls [SEED [ROUNDS [THREADS [TRACE]]]]: without arguments a fixed list of seeds. The last
 * seed that is printed is the one that failed. */
#include "random_model.h"

enum { STEPS = 400, BIG = 8 << 20, PATIENCE_MS = 20000 };

static char *big;
static HANDLE sent_file;
static LPFN_CONNECTEX connect_ex;
static LPFN_DISCONNECTEX disconnect_ex;

static ULONG length(struct thread *t)
{
    static const ULONG lengths[] = {0, 1, 16, 1000, 1024};
    return lengths[any(t, 5)];
}

static void receive_some(struct thread *t)
{
    struct use use;
    WSABUF bufs[3];
    DWORD flags = any(t, 16) == 0 ? MSG_PEEK : any(t, 16) == 0 ? MSG_WAITALL : 0, got, i;
    DWORD count = 1 + any(t, 3), *where = any(t, 2) ? &got : NULL;
    int how = (int)any(t, 20);

    if (!begin(t, &use, (int)any(t, 4)))
        return;
    for (i = 0; i < 3; i++) {
        bufs[i].buf = (char *)use.op->buffer;
        bufs[i].len = length(t);
    }
    if (how == 0)
        END_SOCKET(&use, WSARecv((SOCKET)use.handle, NULL, count, where, &flags, &use.op->ov, NULL) == 0);
    else if (how == 1)
        END_SOCKET(&use, WSARecv((SOCKET)use.handle, bufs, 0, where, &flags, &use.op->ov, NULL) == 0);
    else if (how == 2)
        END_SOCKET(&use, WSARecv((SOCKET)use.handle, bufs, count, where, NULL, &use.op->ov, NULL) == 0);
    else if (how < 6)
        END_FILE(&use, ReadFile(use.handle, bufs[0].buf, bufs[0].len, where, &use.op->ov));
    else
        END_SOCKET(&use, WSARecv((SOCKET)use.handle, bufs, count, where, &flags, &use.op->ov, NULL) == 0);
}

static void send_some(struct thread *t)
{
    struct use use;
    WSABUF bufs[3];
    DWORD got, i, count = 1 + any(t, 3), *where = any(t, 2) ? &got : NULL;
    int how = (int)any(t, 20);
    struct sockaddr_in to = loopback((u_short)(1024 + any(t, 60000)));

    if (!begin(t, &use, (int)any(t, 4)))
        return;
    for (i = 0; i < 3; i++) {
        bufs[i].buf = big;
        bufs[i].len = any(t, 8) == 0 ? BIG : length(t);
    }
    if (how == 0)
        END_SEND(&use, WSASend((SOCKET)use.handle, NULL, count, where, 0, &use.op->ov, NULL) == 0);
    else if (how == 1)
        END_SEND(&use, WSASend((SOCKET)use.handle, bufs, 0, where, 0, &use.op->ov, NULL) == 0);
    else if (how < 5)
        END_FILE(&use, WriteFile(use.handle, bufs[0].buf, bufs[0].len, where, &use.op->ov));
    else if (how < 8)
        END_SEND(&use, WSASendTo((SOCKET)use.handle, bufs, count, where, 0, (struct sockaddr *)&to,
                                 sizeof to, &use.op->ov, NULL) == 0);
    else
        END_SEND(&use, WSASend((SOCKET)use.handle, bufs, count, where, 0, &use.op->ov, NULL) == 0);
}

static void file_some(struct thread *t)
{
    static const int kinds[] = {OVERLAPPED_FILE, OVERLAPPED_FILE, PLAIN_FILE, SERVER, CLIENT, FOLDER};
    struct use use;
    DWORD got, *where = &got;
    int how = (int)any(t, 16);
    ULONG bytes = length(t);

    if (!begin(t, &use, kinds[any(t, 6)]))
        return;
    if (any(t, 2) && use.thing.kind != PLAIN_FILE)
        where = NULL;
    if (use.thing.kind == SERVER && how < 4)
        END_FILE(&use, ConnectNamedPipe(use.handle, &use.op->ov));
    else if (use.thing.kind == OVERLAPPED_FILE && how < 3)
        END_FILE(&use, LockFileEx(use.handle, any(t, 4), 0, bytes, 0, &use.op->ov));
    else if (use.thing.kind == OVERLAPPED_FILE && how < 5) {
        /* No operation: there is no packet. */
        use.thing.skips = TRUE;
        END_FILE(&use, UnlockFileEx(use.handle, 0, bytes, 0, &use.op->ov));
    } else if (use.thing.kind == FOLDER && how < 10) {
        BOOL is_queued = ReadDirectoryChangesW(use.handle, use.op->buffer, bytes, any(t, 2),
                                               FILE_NOTIFY_CHANGE_SIZE | FILE_NOTIFY_CHANGE_FILE_NAME,
                                               where, &use.op->ov, NULL);
        /* TRUE means that it is queued (S-160). */
        end(&use, __LINE__, FALSE, is_queued ? ERROR_IO_PENDING : GetLastError(), file_refusals);
    } else if (how == 15)
        END_FILE(&use, ReadFile(use.handle, NULL, 16, where, &use.op->ov));
    else if (how == 14)
        END_FILE(&use, WriteFile(use.handle, NULL, 16, where, &use.op->ov));
    else if (any(t, 2))
        END_FILE(&use, ReadFile(use.handle, use.op->buffer, bytes, where, &use.op->ov));
    else
        END_FILE(&use, WriteFile(use.handle, any(t, 16) ? (void *)use.op->buffer : big, bytes, where,
                                 &use.op->ov));
}

static void connect_some(struct thread *t)
{
    struct use use;
    struct thing other;
    HANDLE handle;
    struct sockaddr_in to = loopback(1);
    DWORD bytes;

    if (pick_thing(t, &other, &handle, LISTENER) >= 0 && any(t, 8) > 0)
        to = loopback(other.number);
    if (!begin(t, &use, any(t, 8) ? FRESH : (int)any(t, 4)))
        return;
    END_SOCKET(&use, connect_ex((SOCKET)use.handle, (struct sockaddr *)&to, sizeof to,
                                any(t, 2) ? big : NULL, length(t), &bytes, &use.op->ov));
}

static void accept_some(struct thread *t)
{
    struct use use;
    struct thing other;
    HANDLE acceptor;
    DWORD bytes;
    ULONG room = any(t, 8) ? 32 : any(t, 40);

    if (pick_thing(t, &other, &acceptor, any(t, 8) ? FRESH : (int)any(t, KINDS)) < 0
        || !begin(t, &use, any(t, 8) ? LISTENER : (int)any(t, 4)))
        return;
    END_SOCKET(&use, AcceptEx((SOCKET)use.handle, (SOCKET)acceptor, any(t, 16) ? use.op->buffer : NULL,
                              any(t, 2) ? 16 : 0, room, room, &bytes, &use.op->ov));
}

static void finish_some(struct thread *t)
{
    struct use use;

    if (!begin(t, &use, PAIRED))
        return;
    if (any(t, 2))
        END_SOCKET(&use, disconnect_ex((SOCKET)use.handle, &use.op->ov, any(t, 2) ? TF_REUSE_SOCKET : 0,
                                       any(t, 16) == 0));
    else
        END_SOCKET(&use, TransmitFile((SOCKET)use.handle, any(t, 8) ? sent_file : NULL, any(t, 3000), 0,
                                      &use.op->ov, NULL, any(t, 8) ? 0 : TF_DISCONNECT));
}

/* ---- Things ---- */

static void add(struct thread *t, enum kind kind, HANDLE handle, u_short number)
{
    int i, port = -1;
    struct thing *thing = NULL;
    HANDLE at = any(t, 6) ? port_handle(t, &port) : NULL;
    ULONG_PTR key;
    int is_tied, skips = any(t, 5) == 0;

    lock();
    for (i = 0; i < THINGS && thing == NULL; i++)
        if (things[i].count == 0)
            thing = &things[i];
    key = ++last_key;
    if (thing == NULL) {
        unlock();
        CHECK(is_socket(kind) ? closesocket((SOCKET)handle) == 0 : CloseHandle(handle));
        return;
    }
    thing->count = -1;
    unlock();
    is_tied = at != NULL && CreateIoCompletionPort(handle, at, key, 0) == at;
    if (at != NULL && !is_tied) {
        DWORD error = GetLastError();
        CHECK(kind == PLAIN_FILE || kind == EVENT || is_gone(error));
        CHECK(error == ERROR_INVALID_PARAMETER || error == ERROR_INVALID_HANDLE);
    }
    CHECK(!is_tied || (kind != PLAIN_FILE && kind != EVENT));
    skips = skips && SetFileCompletionNotificationModes(handle, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS);
    lock();
    memset(thing, 0, sizeof *thing);
    thing->kind = kind;
    thing->port = is_tied ? port : -1;
    thing->key = key;
    thing->skips = skips;
    thing->number = number;
    thing->handles[0] = handle;
    thing->count = 1;
    unlock();
}

static void open_some(struct thread *t)
{
    static volatile LONG number;
    char name[80];
    SOCKET a, b;
    HANDLE handle;
    u_long on = 1;

    switch (any(t, KINDS)) {
    case FRESH:
        a = tcp();
        if (any(t, 4) > 0)
            bind_any(a);
        if (any(t, 2))
            ioctlsocket(a, FIONBIO, &on);
        add(t, FRESH, (HANDLE)a, 0);
        break;
    case PAIRED:
        pair(&a, &b);
        add(t, PAIRED, (HANDLE)a, 0);
        add(t, PAIRED, (HANDLE)b, 0);
        break;
    case LISTENER:
        a = listener();
        add(t, LISTENER, (HANDLE)a, ntohs(name_of(a).sin_port));
        break;
    case UDP:
        a = WSASocketW(AF_INET, SOCK_DGRAM, 0, NULL, 0, WSA_FLAG_OVERLAPPED);
        CHECK(a != INVALID_SOCKET);
        if (any(t, 4) > 0)
            bind_any(a);
        add(t, UDP, (HANDLE)a, 0);
        break;
    case OVERLAPPED_FILE:
    case PLAIN_FILE: {
        int is_plain = (int)any(t, 3) == 0;
        handle = CreateFileA("random_calls", any(t, 4) ? GENERIC_READ | GENERIC_WRITE : GENERIC_READ,
                             FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_ALWAYS,
                             is_plain ? 0 : FILE_FLAG_OVERLAPPED, NULL);
        CHECK(handle != INVALID_HANDLE_VALUE);
        add(t, is_plain ? PLAIN_FILE : OVERLAPPED_FILE, handle, 0);
        break;
    }
    case SERVER:
    case CLIENT: {
        DWORD mode = any(t, 2) ? PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE : PIPE_TYPE_BYTE;
        snprintf(name, sizeof name, "\\\\.\\pipe\\random_calls_%lu_%ld",
                 (unsigned long)GetCurrentProcessId(), (long)InterlockedIncrement(&number));
        handle = CreateNamedPipeA(name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, mode, 4, 0, 0, 0, NULL);
        CHECK(handle != INVALID_HANDLE_VALUE);
        if (any(t, 4) > 0) {
            HANDLE client = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING,
                                        FILE_FLAG_OVERLAPPED, NULL);
            CHECK(client != INVALID_HANDLE_VALUE);
            add(t, CLIENT, client, 0);
        }
        add(t, SERVER, handle, 0);
        break;
    }
    case FOLDER:
        handle = CreateFileA(".", FILE_LIST_DIRECTORY, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
                             OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OVERLAPPED, NULL);
        CHECK(handle != INVALID_HANDLE_VALUE);
        add(t, FOLDER, handle, 0);
        break;
    default:
        handle = CreateEventA(NULL, TRUE, FALSE, NULL);
        CHECK(handle != NULL);
        add(t, EVENT, handle, 0);
    }
}

/* One handle of a thing, maybe the last. */
static int close_thing(struct thread *t, int which)
{
    HANDLE handle = NULL;
    enum kind kind = EVENT;
    int i;

    lock();
    if (things[which].count > 0) {
        i = (int)any(t, (unsigned)things[which].count);
        handle = things[which].handles[i];
        kind = things[which].kind;
        things[which].handles[i] = things[which].handles[--things[which].count];
    }
    unlock();
    if (handle == NULL)
        return 0;
    if (is_socket(kind) && (!IS_HERE || any(t, 4) > 0))
        CHECK(closesocket((SOCKET)handle) == 0);
    else
        CHECK(CloseHandle(handle));
    lock();
    remember_stale(handle);
    unlock();
    return 1;
}

static void duplicate_some(struct thread *t)
{
    struct thing thing;
    HANDLE handle, copy = NULL, self = GetCurrentProcess();
    int which = pick_thing(t, &thing, &handle, -1), is_kept = 0;

    if (which < 0 || (!IS_HERE && is_socket(thing.kind)))
        return;
    if (!DuplicateHandle(self, handle, self, &copy, 0, FALSE, DUPLICATE_SAME_ACCESS)) {
        CHECK(is_gone(GetLastError()));
        return;
    }
    lock();
    if (things[which].key == thing.key && things[which].count > 0 && things[which].count < HANDLES) {
        things[which].handles[things[which].count++] = copy;
        is_kept = 1;
    }
    unlock();
    if (!is_kept)
        CHECK(is_socket(thing.kind) ? closesocket((SOCKET)copy) == 0 : CloseHandle(copy));
}

static void associate_some(struct thread *t)
{
    struct thing thing;
    HANDLE handle, at;
    int which = pick_thing(t, &thing, &handle, -1), port = -1, i, k;

    if (which < 0 || (at = port_handle(t, &port)) == NULL)
        return;
    lock();
    if (things[which].key != thing.key || things[which].count <= 0 || things[which].is_settling) {
        unlock();
        return;
    }
    thing = things[which];
    if (thing.port < 0 && thing.kind != PLAIN_FILE && thing.kind != EVENT) {
        things[which].is_settling = 1;
        things[which].port = port;
        /* What is in flight may end before or after. */
        for (i = 0; i < OPS; i++)
            for (k = 0; k < ISSUES; k++) {
                struct issue *issue = &ops[i].issues[k];
                if (issue->is_used && issue->key == thing.key && !((ULONG_PTR)ops[i].ov.hEvent & 1)) {
                    issue->wanted = PERHAPS;
                    issue->port = port;
                }
            }
    }
    unlock();
    if (CreateIoCompletionPort(handle, at, thing.key, 0) == at) {
        CHECK(thing.port < 0 && thing.kind != PLAIN_FILE && thing.kind != EVENT);
        lock();
        if (things[which].key == thing.key)
            things[which].is_settling = 0;
        unlock();
    } else {
        DWORD error = GetLastError();
        CHECK(error == ERROR_INVALID_PARAMETER || error == ERROR_INVALID_HANDLE);
        CHECK(thing.port >= 0 || thing.kind == PLAIN_FILE || thing.kind == EVENT || is_gone(error));
        lock();
        /* Too late to tell whether it belongs to a port: neither here nor with another thread. */
        if (things[which].key == thing.key && things[which].is_settling) {
            things[which].is_settling = 0;
            things[which].port = -1;
        }
        unlock();
    }
}

/* ---- Ports ---- */

static void open_port(struct thread *t)
{
    HANDLE handle;
    int which = -1;

    lock();
    if (port_count < PORTS)
        which = port_count++;
    unlock();
    if (which < 0)
        return;
    handle = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 99, any(t, 4));
    CHECK(handle != NULL);
    lock();
    ports[which].handles[0] = handle;
    ports[which].count = 1;
    unlock();
}

static int close_port(struct thread *t, int which)
{
    HANDLE handle = NULL;
    int i, k;

    lock();
    if (ports[which].count > 0) {
        i = (int)any(t, (unsigned)ports[which].count);
        handle = ports[which].handles[i];
        ports[which].handles[i] = ports[which].handles[--ports[which].count];
        if (ports[which].count == 0) {
            /* What is queued may be taken by somebody who is at it, and is lost otherwise. */
            for (i = 0; i < OPS; i++)
                for (k = 0; k < ISSUES; k++)
                    if (ops[i].issues[k].is_used && ops[i].issues[k].port == which
                        && ops[i].issues[k].wanted == ONE_PACKET)
                        ops[i].issues[k].wanted = PERHAPS;
        }
    }
    unlock();
    if (handle == NULL)
        return 0;
    CHECK(CloseHandle(handle));
    lock();
    remember_stale(handle);
    unlock();
    return 1;
}

static void duplicate_port(struct thread *t)
{
    int which, is_kept = 0;
    HANDLE handle = port_handle(t, &which), copy = NULL, self = GetCurrentProcess();

    if (handle == NULL)
        return;
    if (!DuplicateHandle(self, handle, self, &copy, 0, FALSE, DUPLICATE_SAME_ACCESS)) {
        CHECK(is_gone(GetLastError()));
        return;
    }
    lock();
    if (ports[which].count > 0 && ports[which].count < HANDLES) {
        ports[which].handles[ports[which].count++] = copy;
        is_kept = 1;
    }
    unlock();
    if (!is_kept)
        CHECK(CloseHandle(copy));
}

static void post_some(struct thread *t)
{
    int which, n = -1;
    HANDLE handle = port_handle(t, &which);
    DWORD bytes = any(t, 0x7fffffff) * 2;
    OVERLAPPED *ov = any(t, 2) ? NULL : (OVERLAPPED *)(ULONG_PTR)any(t, 0x7fffffff);

    if (handle == NULL)
        return;
    lock();
    if (post_count < POSTS) {
        n = post_count++;
        posts[n].port = which;
        posts[n].is_due = 1;
        posts[n].bytes = bytes;
        posts[n].ov = ov;
    }
    unlock();
    if (n < 0)
        return;
    if (!PostQueuedCompletionStatus(handle, bytes, KEY_OF_POSTS + (ULONG_PTR)n, ov)) {
        CHECK(is_gone(GetLastError()));
        lock();
        CHECK(posts[n].is_due);
        posts[n].is_due = 0;
        unlock();
    }
}

/* ---- Mistakes ---- */

#define IS_INVALID(error) ((error) == ERROR_INVALID_HANDLE || (error) == WSAENOTSOCK)

static void blunder(struct thread *t)
{
    static OVERLAPPED ov;
    HANDLE bad = no_handle(t), handle, copy, self = GetCurrentProcess();
    OVERLAPPED_ENTRY entry;
    struct thing thing;
    struct packet p;
    WSABUF buf;
    char byte[64];
    DWORD bytes = 0xdead, flags = 0;
    ULONG count;
    int which;

    buf.buf = byte;
    buf.len = sizeof byte;
    switch (any(t, 24)) {
    case 0:
        p = take(bad, any(t, 2));
        CHECK(!p.ok && p.ov == NULL && p.error == ERROR_INVALID_HANDLE);
        break;
    case 1:
        CHECK(!GetQueuedCompletionStatusEx(bad, &entry, 1, &count, 0, FALSE));
        CHECK(GetLastError() == ERROR_INVALID_HANDLE);
        break;
    case 2:
        CHECK(!PostQueuedCompletionStatus(bad, 1, 2, NULL) && GetLastError() == ERROR_INVALID_HANDLE);
        break;
    case 3:
        CHECK(CreateIoCompletionPort(INVALID_HANDLE_VALUE, (HANDLE)((ULONG_PTR)bad | 64), 0, 0) == NULL);
        CHECK(GetLastError() == ERROR_INVALID_PARAMETER);
        break;
    case 4:
        CHECK(CreateIoCompletionPort(bad, NULL, 0, 0) == NULL && GetLastError() == ERROR_INVALID_HANDLE);
        break;
    case 5:
        if (pick_thing(t, &thing, &handle, -1) >= 0) {
            p = take(handle, 0);
            CHECK(!p.ok && p.ov == NULL && p.error == ERROR_INVALID_HANDLE);
            CHECK(!PostQueuedCompletionStatus(handle, 1, 2, NULL));
            CHECK(GetLastError() == ERROR_INVALID_HANDLE);
            CHECK(CreateIoCompletionPort(handle, handle, 0, 0) == NULL);
            CHECK(GetLastError() == ERROR_INVALID_HANDLE || GetLastError() == ERROR_INVALID_PARAMETER);
        }
        break;
    case 6:
        CHECK(!ReadFile(bad, byte, sizeof byte, &bytes, &ov) && GetLastError() == ERROR_INVALID_HANDLE);
        CHECK(bytes == 0);
        break;
    case 7:
        CHECK(!WriteFile(bad, byte, sizeof byte, &bytes, &ov) && GetLastError() == ERROR_INVALID_HANDLE);
        break;
    case 8:
        CHECK(FAILS(WSARecv((SOCKET)bad, &buf, 1, &bytes, &flags, &ov, NULL), WSAENOTSOCK));
        break;
    case 9:
        CHECK(FAILS(WSASend((SOCKET)bad, &buf, 1, &bytes, 0, &ov, NULL), WSAENOTSOCK));
        break;
    case 10:
        CHECK(FAILS(closesocket((SOCKET)bad), WSAENOTSOCK));
        break;
    case 11:
        CHECK(!CloseHandle(bad) && GetLastError() == ERROR_INVALID_HANDLE);
        break;
    case 12:
        CHECK(!CancelIoEx(bad, any(t, 2) ? &ov : NULL) && GetLastError() == ERROR_INVALID_HANDLE);
        CHECK(!CancelIo(bad) && GetLastError() == ERROR_INVALID_HANDLE);
        break;
    case 13:
        copy = NULL;
        CHECK(!DuplicateHandle(self, bad, self, &copy, 0, FALSE, DUPLICATE_SAME_ACCESS));
        CHECK(GetLastError() == ERROR_INVALID_HANDLE && copy == NULL);
        break;
    case 14:
        CHECK(!AcceptEx((SOCKET)bad, (SOCKET)bad, byte, 0, 32, 32, &bytes, &ov));
        CHECK(IS_INVALID((DWORD)WSAGetLastError()));
        break;
    case 15:
        if (pick_thing(t, &thing, &handle, (int)any(t, 4)) >= 0) {
            CHECK(!AcceptEx((SOCKET)handle, (SOCKET)bad, byte, 0, 32, 32, &bytes, &ov));
            CHECK(WSAGetLastError() == WSAENOTSOCK || WSAGetLastError() == WSAEINVAL);
            CHECK(!AcceptEx((SOCKET)handle, (SOCKET)handle, byte, 0, 32, 32, &bytes, NULL));
        }
        break;
    case 16:
        if (pick_thing(t, &thing, &handle, (int)any(t, KINDS)) >= 0 && !is_socket(thing.kind)) {
            CHECK(FAILS(closesocket((SOCKET)handle), WSAENOTSOCK));
            CHECK(FAILS(WSARecv((SOCKET)handle, &buf, 1, &bytes, &flags, &ov, NULL), WSAENOTSOCK));
        }
        break;
    case 17:
        if (pick_thing(t, &thing, &handle, EVENT) >= 0) {
            CHECK(!ReadFile(handle, byte, 1, &bytes, &ov) && GetLastError() == ERROR_INVALID_HANDLE);
            CHECK(!CancelIoEx(handle, NULL) || !IS_HERE);
        }
        break;
    case 18:
        CHECK(!ConnectNamedPipe(bad, &ov) && !DisconnectNamedPipe(bad));
        CHECK(!LockFileEx(bad, 0, 0, 1, 0, &ov) && GetLastError() == ERROR_INVALID_HANDLE);
        break;
    case 19:
        if ((handle = port_handle(t, &which)) != NULL) {
            CHECK(!ReadFile(handle, byte, 1, &bytes, &ov) && GetLastError() == ERROR_INVALID_HANDLE);
            CHECK(FAILS(WSARecv((SOCKET)handle, &buf, 1, &bytes, &flags, &ov, NULL), WSAENOTSOCK));
            CHECK(CreateIoCompletionPort(handle, handle, 0, 0) == NULL);
        }
        break;
    case 20:
        if (pick_thing(t, &thing, &handle, OVERLAPPED_FILE) >= 0) {
            bytes = 0xdead;
            CHECK(!ReadFile(handle, byte, 1, &bytes, NULL) && bytes == 0);
            CHECK(GetLastError() == ERROR_INVALID_PARAMETER || is_gone(GetLastError())
                  || GetLastError() == ERROR_ACCESS_DENIED);
        }
        break;
    case 21:
        if (IS_HERE && (handle = port_handle(t, &which)) != NULL) {
            ULONG_PTR key;
            OVERLAPPED *out;
            CHECK(!GetQueuedCompletionStatus(handle, NULL, &key, &out, 0));
            CHECK(GetLastError() == ERROR_INVALID_PARAMETER);
            CHECK(!GetQueuedCompletionStatus(handle, &bytes, NULL, &out, 0));
            CHECK(!GetQueuedCompletionStatus(handle, &bytes, &key, NULL, 0));
            CHECK(!GetQueuedCompletionStatusEx(handle, NULL, 1, &count, 0, FALSE));
            CHECK(!GetQueuedCompletionStatusEx(handle, &entry, 1, NULL, 0, FALSE));
            CHECK(!GetQueuedCompletionStatusEx(handle, &entry, 0, &count, 0, FALSE));
            CHECK(GetLastError() == ERROR_INVALID_PARAMETER);
            CHECK(!GetOverlappedResult(handle, NULL, &bytes, FALSE));
        }
        break;
    case 22:
        CHECK(FAILS(shutdown((SOCKET)bad, SD_BOTH), WSAENOTSOCK));
        CHECK(FAILS(listen((SOCKET)bad, 1), WSAENOTSOCK));
        CHECK(!SetFileCompletionNotificationModes(bad, 1) && GetLastError() == ERROR_INVALID_HANDLE);
        break;
    default:
        CHECK(WaitForSingleObject(bad, 0) == WAIT_FAILED && GetLastError() == ERROR_INVALID_HANDLE);
        CHECK(!SetEvent(bad) && GetLastError() == ERROR_INVALID_HANDLE);
    }
}

static void cancel_some(struct thread *t)
{
    struct thing thing;
    HANDLE handle;
    OVERLAPPED *garbage = (OVERLAPPED *)(ULONG_PTR)any(t, 4096);
    OVERLAPPED *ov = any(t, 2) ? NULL : any(t, 8) ? &ops[any(t, OPS)].ov : garbage;
    DWORD bytes;

    if (pick_thing(t, &thing, &handle, -1) < 0)
        return;
    if (any(t, 4) == 0)
        CHECK(CancelIo(handle) || is_gone(GetLastError()) || thing.kind == EVENT);
    else if (!CancelIoEx(handle, ov))
        CHECK(GetLastError() == ERROR_NOT_FOUND || is_gone(GetLastError()) || thing.kind == EVENT);
    if (!GetOverlappedResult(handle, &ops[any(t, OPS)].ov, &bytes, FALSE))
        CHECK(GetLastError() != 0);
    WaitForSingleObject(handle, 0);
}

static void disturb_some(struct thread *t)
{
    struct thing thing;
    HANDLE handle;
    struct linger linger = {1, 0};

    if (pick_thing(t, &thing, &handle, -1) < 0)
        return;
    if (thing.kind == PAIRED && any(t, 2))
        shutdown((SOCKET)handle, (int)any(t, 4));
    else if (thing.kind == PAIRED)
        setsockopt((SOCKET)handle, SOL_SOCKET, SO_LINGER, (char *)&linger, sizeof linger);
    else if (thing.kind == SERVER)
        DisconnectNamedPipe(handle);
}

/* ---- Rounds ---- */

static void step(struct thread *t)
{
    int which;
    HANDLE handle;
    unsigned what = any(t, 100);

    if (what < 10)
        open_some(t);
    else if (what < 28)
        receive_some(t);
    else if (what < 42)
        send_some(t);
    else if (what < 54)
        file_some(t);
    else if (what < 57)
        connect_some(t);
    else if (what < 60)
        accept_some(t);
    else if (what < 62)
        finish_some(t);
    else if (what < 66)
        cancel_some(t);
    else if (what < 70)
        close_thing(t, (int)any(t, THINGS));
    else if (what < 72)
        duplicate_some(t);
    else if (what < 74)
        associate_some(t);
    else if (what < 75)
        any(t, 2) ? open_port(t) : duplicate_port(t);
    else if (what < 76)
        any(t, 3) ? 0 : close_port(t, (int)any(t, PORTS));
    else if (what < 82)
        post_some(t);
    else if (what < 88)
        blunder(t);
    else if (what < 89)
        disturb_some(t);
    else if ((handle = port_handle(t, &which)) != NULL)
        take_some(handle, which, any(t, 3), any(t, 2) ? 0 : 1 + any(t, 16));
}

static DWORD WINAPI runs(void *parameter)
{
    struct thread t;
    int i;

    t.state = (ULONG_PTR)parameter;
    any(&t, 2);
    for (i = 0; i < STEPS / threads + 50; i++)
        step(&t);
    return 0;
}

/* Whether a packet is due on a port that is open. */
static int is_due(int which)
{
    int i, k;

    for (i = 0; i < post_count; i++)
        if (posts[i].is_due && posts[i].port == which)
            return 1;
    for (i = 0; i < OPS; i++)
        for (k = 0; k < ISSUES; k++)
            if (ops[i].issues[k].is_used && ops[i].issues[k].wanted == ONE_PACKET
                && ops[i].issues[k].port == which)
                return 1;
    return 0;
}

static void say_due(int which)
{
    int i, k;

    for (i = 0; i < post_count; i++)
        if (posts[i].is_due && posts[i].port == which)
            fprintf(stderr, "post %d is lost on port %d\n", i, which);
    for (i = 0; i < OPS; i++)
        for (k = 0; k < ISSUES; k++)
            if (ops[i].issues[k].is_used && ops[i].issues[k].port == which
                && ops[i].issues[k].wanted != NO_PACKET)
                fprintf(stderr, "operation %d of line %d is lost on port %d: key %llu, Internal %llx\n", i,
                        ops[i].issues[k].line, which, (unsigned long long)ops[i].issues[k].key,
                        (unsigned long long)ops[i].ov.Internal);
}

static void finish(struct thread *t)
{
    int i, k, which, is_unknown = 0;
    DWORD bytes;

    for (i = 0; i < THINGS; i++) {
        struct thing *thing = &things[i];
        if (thing->count > 0 && any(t, 4) == 0 && thing->kind != EVENT)
            CancelIoEx(thing->handles[0], NULL);
    }
    for (i = 0; i < THINGS; i++)
        while (close_thing(t, i))
            ;
    for (which = 0; which < PORTS; which++) {
        ULONGLONG begin = GetTickCount64();
        if (ports[which].count == 0)
            continue;
        while (is_due(which) && GetTickCount64() - begin < PATIENCE_MS)
            take_some(ports[which].handles[0], which, 100, any(t, 2) ? 0 : 16);
        if (is_due(which))
            say_due(which);
        CHECK(!is_due(which));
    }
    /* Those of which no packet tells have come to an end, too. */
    for (i = 0; i < OPS; i++) {
        int is_waiting = 0;
        for (k = 0; k < ISSUES; k++)
            is_waiting |= ops[i].issues[k].is_used;
        is_unknown |= ops[i].is_shared && is_waiting;
        if (is_waiting && !ops[i].is_shared
            && !GetOverlappedResultEx(NULL, &ops[i].ov, &bytes, PATIENCE_MS, FALSE)) {
            if (GetLastError() == WAIT_TIMEOUT)
                say_due(ops[i].issues[0].port);
            CHECK(GetLastError() != WAIT_TIMEOUT);
        }
    }
    /* Nothing comes twice. */
    for (which = 0; which < PORTS; which++) {
        if (ports[which].count > 0)
            while (take_some(ports[which].handles[0], which, 1, 0))
                ;
        while (close_port(t, which))
            ;
    }
    for (i = 0; i < OPS; i++)
        if (ops[i].event != NULL)
            CHECK(CloseHandle(ops[i].event));
    /* One that was shared may be in use, and nobody can tell. */
    if (!is_unknown)
        free(ops);
}

static void play(unsigned seed, int count)
{
    HANDLE crew[8];
    struct thread t;
    int i;

    threads = count;
    printf("seed %u, %d threads\n", seed, threads);
    fflush(stdout);
    t.state = seed * 1000003ull + (unsigned)threads;
    memset(ports, 0, sizeof ports);
    memset(things, 0, sizeof things);
    memset(posts, 0, sizeof posts);
    port_count = post_count = stale_count = 0;
    ops = (struct op *)calloc(OPS, sizeof *ops);
    CHECK(ops != NULL);
    open_port(&t);
    open_port(&t);
    for (i = 0; i < 8; i++)
        open_some(&t);
    if (threads == 1) {
        for (i = 0; i < STEPS; i++)
            step(&t);
    } else {
        for (i = 0; i < threads; i++) {
            ULONG_PTR own = (seed * 64ull + (unsigned)i) * 2654435761u;
            crew[i] = CreateThread(NULL, 0, runs, (void *)own, 0, NULL);
            CHECK(crew[i] != NULL);
        }
        for (i = 0; i < threads; i++) {
            CHECK(WaitForSingleObject(crew[i], 60000) == WAIT_OBJECT_0);
            CHECK(CloseHandle(crew[i]));
        }
    }
    finish(&t);
}

int main(int argc, char **argv)
{
    unsigned seed = argc > 1 ? (unsigned)atoi(argv[1]) : 1;
    int rounds = argc > 2 ? atoi(argv[2]) : argc > 1 ? 1 : 24, i;
    int crew = argc > 3 ? atoi(argv[3]) : 0;
    GUID connect_id = WSAID_CONNECTEX, disconnect_id = WSAID_DISCONNECTEX;
    DWORD before = 0, after = 0, written;
    SOCKET s;

    traces = argc > 4;
    start();
    InitializeCriticalSection(&model);
    s = tcp();
    connect_ex = (LPFN_CONNECTEX)extension(s, connect_id);
    disconnect_ex = (LPFN_DISCONNECTEX)extension(s, disconnect_id);
    CHECK(closesocket(s) == 0);
    big = (char *)calloc(1, BIG);
    CHECK(big != NULL);
    sent_file = CreateFileA("random_sent", GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    CHECK(sent_file != INVALID_HANDLE_VALUE);
    CHECK(WriteFile(sent_file, big, 100000, &written, NULL) && written == 100000);
    for (i = 0; i < rounds; i++) {
        play(seed + (unsigned)i, crew > 0 ? crew : i % 3 == 2 ? 4 : 1);
        CHECK(GetProcessHandleCount(GetCurrentProcess(), i == 0 ? &before : &after));
    }
    CHECK(!IS_HERE || rounds == 1 || crew > 1 || after == before);
    return 0;
}
