/* S-230: an operation that is accepted while its handle is being closed ends, too. */
#include "sockets.h"

enum { ROUNDS = 600 };

enum kind { RECEIVE, DATAGRAM, CONTROL, CONNECT, ACCEPT, PIPE, PIPE_CONNECT, SLOT, LOCK, CHANGES, KINDS };

static LONG go;
static HANDLE victim;
static int is_socket;

static DWORD WINAPI closes(void *parameter)
{
    LONG round;

    (void)parameter;
    for (round = 1; round <= ROUNDS; round++) {
        volatile int i;
        while (InterlockedCompareExchange(&go, 0, 0) != round)
            SwitchToThread();
        for (i = 0; i < round * 7 % 2000; i++)
            ;
        CHECK(is_socket ? closesocket((SOCKET)victim) == 0 : CloseHandle(victim));
        InterlockedExchange(&go, -round);
    }
    return 0;
}

static char name[64];
static HANDLE other;
static SOCKET listening, peer;

static void open_one(enum kind kind)
{
    SOCKET s = INVALID_SOCKET;

    switch (kind) {
    case RECEIVE:
        pair(&s, &peer);
        break;
    case DATAGRAM:
    case CONTROL:
        s = WSASocketW(AF_INET, SOCK_DGRAM, 0, NULL, 0, WSA_FLAG_OVERLAPPED);
        bind_any(s);
        break;
    case CONNECT:
        s = tcp();
        bind_any(s);
        break;
    case ACCEPT:
        s = listener();
        peer = tcp();
        break;
    case PIPE:
    case PIPE_CONNECT:
        victim = CreateNamedPipeA(name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, PIPE_TYPE_BYTE,
                                  2, 0, 0, 0, NULL);
        CHECK(victim != INVALID_HANDLE_VALUE);
        if (kind == PIPE) {
            other = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
            CHECK(other != INVALID_HANDLE_VALUE);
        }
        break;
    case SLOT:
        victim = CreateMailslotA(name, 0, MAILSLOT_WAIT_FOREVER, NULL);
        CHECK(victim != INVALID_HANDLE_VALUE);
        break;
    case LOCK:
        victim = CreateFileA("locked", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE,
                             NULL, OPEN_ALWAYS, FILE_FLAG_OVERLAPPED, NULL);
        CHECK(victim != INVALID_HANDLE_VALUE);
        break;
    case CHANGES:
        victim = CreateFileA(".", FILE_LIST_DIRECTORY, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
                             OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OVERLAPPED, NULL);
        CHECK(victim != INVALID_HANDLE_VALUE);
        break;
    default:
        break;
    }
    if (is_socket)
        victim = (HANDLE)s;
}

static LPFN_CONNECTEX connect_ex;
static LPFN_WSARECVMSG receive_message;

/* What an operation uses until its end. */
struct used {
    OVERLAPPED ov;
    DWORD buffer[64];
    WSAMSG message;
    WSABUF buf;
};

/* Whether the operation is in flight. */
static int begin(enum kind kind, struct used *used)
{
    OVERLAPPED *ov = &used->ov;
    char *buffer = (char *)used->buffer;
    DWORD bytes, flags = 0;
    struct sockaddr_in address;

    switch (kind) {
    case RECEIVE:
    case DATAGRAM:
        return receive((SOCKET)victim, buffer, sizeof used->buffer, NULL, ov) != 0
            && WSAGetLastError() == WSA_IO_PENDING;
    case CONTROL:
        used->buf.len = sizeof used->buffer;
        used->buf.buf = buffer;
        used->message.lpBuffers = &used->buf;
        used->message.dwBufferCount = 1;
        return receive_message((SOCKET)victim, &used->message, NULL, ov, NULL) != 0
            && WSAGetLastError() == WSA_IO_PENDING;
    case CONNECT:
        address = name_of(listening);
        return !connect_ex((SOCKET)victim, (struct sockaddr *)&address, sizeof address, "x", 1, NULL,
                           ov)
            && WSAGetLastError() == WSA_IO_PENDING;
    case ACCEPT:
        return !AcceptEx((SOCKET)victim, peer, buffer, 0, 32, 32, &bytes, ov)
            && WSAGetLastError() == WSA_IO_PENDING;
    case PIPE:
    case SLOT:
        return !ReadFile(victim, buffer, sizeof used->buffer, NULL, ov)
            && GetLastError() == ERROR_IO_PENDING;
    case PIPE_CONNECT:
        return !ConnectNamedPipe(victim, ov) && GetLastError() == ERROR_IO_PENDING;
    case LOCK:
        return !LockFileEx(victim, LOCKFILE_EXCLUSIVE_LOCK, 0, 1, 0, ov)
            && GetLastError() == ERROR_IO_PENDING;
    case CHANGES:
        return ReadDirectoryChangesW(victim, buffer, sizeof used->buffer, FALSE,
                                     FILE_NOTIFY_CHANGE_SECURITY, &flags, ov, NULL);
    default:
        return 0;
    }
}

static void race(enum kind kind)
{
    HANDLE thread;
    DWORD bytes;
    LONG round;
    int ended = 0;

    is_socket = kind <= ACCEPT;
    snprintf(name, sizeof name, "\\\\.\\%s\\close_race_%lu", kind == SLOT ? "mailslot" : "pipe",
             (unsigned long)GetCurrentProcessId());
    InterlockedExchange(&go, 0);
    thread = CreateThread(NULL, 0, closes, NULL, 0, NULL);
    CHECK(thread != NULL);
    for (round = 1; round <= ROUNDS; round++) {
        struct used used[8];
        int begun[8], i, open = 1;
        memset(used, 0, sizeof used);
        open_one(kind);
        InterlockedExchange(&go, round);
        for (i = 0; i < 8; i++) {
            begun[i] = open && (kind != CONNECT || i == 0) && (kind != ACCEPT || i == 0)
                && begin(kind, &used[i]);
            open = open && begun[i];
        }
        while (InterlockedCompareExchange(&go, 0, 0) != -round)
            SwitchToThread();
        for (i = 0; i < 8; i++) {
            if (!begun[i])
                continue;
            if (!GetOverlappedResultEx(victim, &used[i].ov, &bytes, 5000, FALSE)) {
                if (GetLastError() != ERROR_OPERATION_ABORTED
                    && GetLastError() != ERROR_BROKEN_PIPE)
                    fprintf(stderr, "kind %d, round %ld, operation %d\n", kind, (long)round, i);
                CHECK(GetLastError() == ERROR_OPERATION_ABORTED
                      || GetLastError() == ERROR_BROKEN_PIPE);
                ended++;
            }
        }
        if (kind == RECEIVE || kind == ACCEPT)
            CHECK(closesocket(peer) == 0);
        if (kind == CONNECT) {
            u_long on = 1;
            SOCKET s;
            CHECK(ioctlsocket(listening, FIONBIO, &on) == 0);
            while ((s = accept(listening, NULL, NULL)) != INVALID_SOCKET)
                CHECK(closesocket(s) == 0);
        }
        if (kind == PIPE)
            CHECK(CloseHandle(other));
    }
    CHECK(WaitForSingleObject(thread, INFINITE) == WAIT_OBJECT_0 && CloseHandle(thread));
    CHECK(ended > 0 || kind == CONNECT);
}

int main(void)
{
    GUID connect_id = WSAID_CONNECTEX, receive_id = WSAID_WSARECVMSG;
    HANDLE holder;
    OVERLAPPED ov = {0};
    SOCKET udp;
    int kind;

    start();
    listening = listener();
    udp = socket(AF_INET, SOCK_DGRAM, 0);
    connect_ex = (LPFN_CONNECTEX)extension(listening, connect_id);
    receive_message = (LPFN_WSARECVMSG)extension(udp, receive_id);
    holder = CreateFileA("locked", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE,
                         NULL, OPEN_ALWAYS, 0, NULL);
    CHECK(holder != INVALID_HANDLE_VALUE);
    CHECK(LockFileEx(holder, LOCKFILE_EXCLUSIVE_LOCK, 0, 1, 0, &ov));
    for (kind = 0; kind < KINDS; kind++)
        race(kind);
    return 0;
}
