/*
 * An echo server whose main thread accepts connections one by one with WSAAccept, while workers
 * take what is received on all of them from one port.
 *
 *     echo_wsaaccept          checks itself with clients of its own
 *     echo_wsaaccept 7000     serves port 7000 until Enter is pressed
 */
#include <winsock2.h>
#include <windows.h>

#include "echo.h"

#define WORKERS 2

typedef struct {
    OVERLAPPED ov;
    SOCKET s;
    BOOL sending;
    WSABUF wsabuf;
    char buf[1024];
} CLIENT;

static HANDLE port;
static SOCKET listener;

static BOOL go_on(CLIENT *client, DWORD bytes)
{
    DWORD flags = 0;
    int result;

    memset(&client->ov, 0, sizeof(client->ov));
    client->sending = bytes > 0;
    client->wsabuf.buf = client->buf;
    client->wsabuf.len = client->sending ? bytes : sizeof(client->buf);
    result = client->sending ? WSASend(client->s, &client->wsabuf, 1, NULL, 0, &client->ov, NULL)
                             : WSARecv(client->s, &client->wsabuf, 1, NULL, &flags, &client->ov, NULL);
    return result == 0 || WSAGetLastError() == WSA_IO_PENDING;
}

static unsigned __stdcall worker(void *unused)
{
    (void)unused;
    for (;;) {
        DWORD bytes;
        ULONG_PTR key;
        OVERLAPPED *ov;
        BOOL ok = GetQueuedCompletionStatus(port, &bytes, &key, &ov, INFINITE);
        /* The client is the key here, not the OVERLAPPED. */
        CLIENT *client = (CLIENT *)key;

        if (client == NULL)
            return 0;
        if (!ok || (!client->sending && bytes == 0) || !go_on(client, client->sending ? 0 : bytes)) {
            closesocket(client->s);
            free(client);
        }
    }
}

static unsigned __stdcall acceptor(void *unused)
{
    SOCKET s;
    (void)unused;
    while ((s = WSAAccept(listener, NULL, NULL, NULL, 0)) != INVALID_SOCKET) {
        CLIENT *client = (CLIENT *)calloc(1, sizeof(*client));
        client->s = s;
        CreateIoCompletionPort((HANDLE)s, port, (ULONG_PTR)client, 0);
        if (!go_on(client, 0)) {
            closesocket(s);
            free(client);
        }
    }
    return 0;
}

int main(int argc, char **argv)
{
    HANDLE threads[WORKERS + 1];
    const char *number = argc > 1 ? argv[1] : NULL;
    WSADATA data;
    u_short bound;
    int i, result;

    if (WSAStartup(MAKEWORD(2, 2), &data) != 0)
        die("WSAStartup");
    port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, WORKERS);
    listener = listener_on(number, &bound);
    for (i = 0; i < WORKERS; i++)
        threads[i] = (HANDLE)_beginthreadex(NULL, 0, worker, NULL, 0, NULL);
    threads[WORKERS] = (HANDLE)_beginthreadex(NULL, 0, acceptor, NULL, 0, NULL);

    result = serve_or_check(number, bound);

    /* The acceptor is in WSAAccept: closing the socket calls it out. */
    closesocket(listener);
    for (i = 0; i < WORKERS; i++)
        PostQueuedCompletionStatus(port, 0, 0, NULL);
    WaitForMultipleObjects(WORKERS + 1, threads, TRUE, INFINITE);
    CloseHandle(port);
    WSACleanup();
    printf("shut down\n");
    return result;
}
