// variants: clang
/* S-174, S-192: the state of a handle that belongs to a port. */
#include <winsock2.h>
#include <windows.h>
#include "check.h"

static SOCKET ours, peer;
static HANDLE port;

static void connect_them(void)
{
    SOCKET listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address;
    int length = sizeof(address);

    memset(&address, 0, sizeof(address));
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK(bind(listener, (struct sockaddr *)&address, sizeof(address)) == 0);
    CHECK(listen(listener, 1) == 0);
    CHECK(getsockname(listener, (struct sockaddr *)&address, &length) == 0);
    ours = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(connect(ours, (struct sockaddr *)&address, sizeof(address)) == 0);
    peer = accept(listener, NULL, NULL);
    CHECK(peer != INVALID_SOCKET && closesocket(listener) == 0);
}

static void receive(OVERLAPPED *ov)
{
    static char text[16];
    WSABUF buffer = {sizeof(text), text};
    DWORD flags = 0;

    CHECK(WSARecv(ours, &buffer, 1, NULL, &flags, ov, NULL) == SOCKET_ERROR);
    CHECK(WSAGetLastError() == WSA_IO_PENDING);
}

static void take(OVERLAPPED *expected)
{
    DWORD bytes;
    ULONG_PTR key;
    OVERLAPPED *out;

    CHECK(GetQueuedCompletionStatus(port, &bytes, &key, &out, 20000));
    CHECK(out == expected && key == 7 && bytes == 3);
}

static OVERLAPPED of_worker;

static DWORD WINAPI works(LPVOID parameter)
{
    (void)parameter;
    take(&of_worker);
    return 0;
}

static DWORD WINAPI sends_late(LPVOID parameter)
{
    (void)parameter;
    Sleep(50);
    CHECK(send(peer, "xyz", 3, 0) == 3);
    return 0;
}

static void join(HANDLE thread)
{
    CHECK(WaitForSingleObject(thread, 20000) == WAIT_OBJECT_0 && CloseHandle(thread));
}

int main(void)
{
    WSADATA data;
    OVERLAPPED ov = {0};
    WSABUF buffer = {3, "abc"};
    DWORD bytes = 0;
    HANDLE worker, sender;

    CHECK(WSAStartup(MAKEWORD(2, 2), &data) == 0);
    connect_them();
    port = CreateIoCompletionPort((HANDLE)ours, NULL, 7, 1);
    CHECK(port != NULL);

    /* A receive that waits: the handle is not signaled until it has finished, whoever sees that,
       and then stays so. */
    receive(&of_worker);
    CHECK(WaitForSingleObject((HANDLE)ours, 20) == WAIT_TIMEOUT);
    worker = CreateThread(NULL, 0, works, NULL, 0, NULL);
    sender = CreateThread(NULL, 0, sends_late, NULL, 0, NULL);
    CHECK(WaitForSingleObject((HANDLE)ours, 20000) == WAIT_OBJECT_0);
    CHECK(of_worker.Internal == 0 && of_worker.InternalHigh == 3);
    join(sender);
    join(worker);
    CHECK(WaitForSingleObject((HANDLE)ours, 0) == WAIT_OBJECT_0);

    /* The same while nobody waits for a packet. */
    receive(&ov);
    CHECK(WaitForSingleObject((HANDLE)ours, 0) == WAIT_TIMEOUT);
    sender = CreateThread(NULL, 0, sends_late, NULL, 0, NULL);
    CHECK(WaitForSingleObject((HANDLE)ours, 20000) == WAIT_OBJECT_0);
    take(&ov);
    join(sender);

    /* A send that is done at once, while a receive is pending. */
    receive(&of_worker);
    CHECK(WSASend(ours, &buffer, 1, &bytes, 0, &ov, NULL) == 0 && bytes == 3);
    CHECK(WaitForSingleObject((HANDLE)ours, 0) == WAIT_OBJECT_0);
    take(&ov);
    CHECK(send(peer, "xyz", 3, 0) == 3);
    take(&of_worker);

    /* Unless the handle is not to be signaled any more. */
    CHECK(SetFileCompletionNotificationModes((HANDLE)ours, FILE_SKIP_SET_EVENT_ON_HANDLE));
    CHECK(WSASend(ours, &buffer, 1, &bytes, 0, &ov, NULL) == 0 && bytes == 3);
    take(&ov);
    CHECK(WaitForSingleObject((HANDLE)ours, 0) == WAIT_TIMEOUT);
    return 0;
}
