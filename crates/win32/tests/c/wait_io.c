// variants: clang
/* S-174, S-192, S-194, S-225, S-067: waiting for files and sockets, and what ends with a thread. */
#include <winsock2.h>
#include <windows.h>
#include "check.h"

static SOCKET sender;
static struct sockaddr_in address;

static SOCKET receiver(void)
{
    SOCKET made = socket(AF_INET, SOCK_DGRAM, 0);
    int length = sizeof(address);

    memset(&address, 0, sizeof(address));
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK(made != INVALID_SOCKET && bind(made, (struct sockaddr *)&address, sizeof(address)) == 0);
    CHECK(getsockname(made, (struct sockaddr *)&address, &length) == 0);
    return made;
}

static void receive(SOCKET from, OVERLAPPED *ov)
{
    static char text[16];
    WSABUF buffer = {sizeof(text), text};
    DWORD flags = 0;

    CHECK(WSARecv(from, &buffer, 1, NULL, &flags, ov, NULL) == SOCKET_ERROR);
    CHECK(WSAGetLastError() == WSA_IO_PENDING);
}

static void send_to_it(void)
{
    CHECK(sendto(sender, "xyz", 3, 0, (struct sockaddr *)&address, sizeof(address)) == 3);
}

static DWORD WINAPI sends_late(LPVOID parameter)
{
    (void)parameter;
    Sleep(80);
    send_to_it();
    return 0;
}

static struct {
    SOCKET socket;
    OVERLAPPED ov;
} task;

static DWORD WINAPI issues(LPVOID parameter)
{
    (void)parameter;
    receive(task.socket, &task.ov);
    return 0;
}

static HANDLE port;

static DWORD WINAPI blocks_in_receive(LPVOID parameter)
{
    DWORD bytes;
    ULONG_PTR key;
    OVERLAPPED *out;
    char text[16];

    (void)parameter;
    CHECK(GetQueuedCompletionStatus(port, &bytes, &key, &out, 20000) && key == 1);
    /* A blocking call of a bound thread: its slot is free meanwhile. */
    CHECK(recv(task.socket, text, sizeof(text), 0) == 3);
    return 0;
}

int main(void)
{
    WSADATA data;
    SOCKET s;
    OVERLAPPED ov = {0};
    HANDLE event = CreateEventA(NULL, TRUE, TRUE, NULL), both[2], thread;
    DWORD bytes = 0;
    ULONG_PTR key;
    OVERLAPPED *out;

    CHECK(WSAStartup(MAKEWORD(2, 2), &data) == 0);
    sender = socket(AF_INET, SOCK_DGRAM, 0);
    s = receiver();

    /* With an event: that is reset, and set; the handle's own state is left alone. */
    ov.hEvent = event;
    receive(s, &ov);
    CHECK(WaitForSingleObject(event, 0) == WAIT_TIMEOUT);
    send_to_it();
    CHECK(WaitForSingleObject(event, 20000) == WAIT_OBJECT_0);
    CHECK(GetOverlappedResult((HANDLE)s, &ov, &bytes, FALSE) && bytes == 3);

    /* Without: the handle's. */
    ov.hEvent = NULL;
    receive(s, &ov);
    both[0] = event;
    both[1] = (HANDLE)s;
    CHECK(WaitForSingleObject((HANDLE)s, 20) == WAIT_TIMEOUT);
    CHECK(WaitForMultipleObjects(2, both, TRUE, 20) == WAIT_TIMEOUT);
    thread = CreateThread(NULL, 0, sends_late, NULL, 0, NULL);
    CHECK(WaitForMultipleObjects(2, both, TRUE, 20000) == WAIT_OBJECT_0);
    CHECK(GetOverlappedResult((HANDLE)s, &ov, &bytes, FALSE) && bytes == 3);
    CHECK(WaitForSingleObject(thread, 20000) == WAIT_OBJECT_0 && CloseHandle(thread));

    /* Waiting for the result itself. */
    receive(s, &ov);
    CHECK(!GetOverlappedResultEx((HANDLE)s, &ov, &bytes, 30, FALSE) && GetLastError() == WAIT_TIMEOUT);
    CHECK(!GetOverlappedResult((HANDLE)s, &ov, &bytes, FALSE));
    CHECK(GetLastError() == ERROR_IO_INCOMPLETE);
    thread = CreateThread(NULL, 0, sends_late, NULL, 0, NULL);
    CHECK(GetOverlappedResult((HANDLE)s, &ov, &bytes, TRUE) && bytes == 3);
    CHECK(WaitForSingleObject(thread, 20000) == WAIT_OBJECT_0 && CloseHandle(thread));

    /* S-225: what a thread began ends with it, unless the handle belongs to a port. */
    task.socket = s;
    thread = CreateThread(NULL, 0, issues, NULL, 0, NULL);
    CHECK(WaitForSingleObject(thread, 20000) == WAIT_OBJECT_0 && CloseHandle(thread));
    CHECK(!GetOverlappedResult((HANDLE)s, &task.ov, &bytes, TRUE));
    CHECK(GetLastError() == ERROR_OPERATION_ABORTED && task.ov.Internal == 0xC0000120);
    port = CreateIoCompletionPort((HANDLE)s, NULL, 5, 1);
    memset(&task.ov, 0, sizeof(task.ov));
    thread = CreateThread(NULL, 0, issues, NULL, 0, NULL);
    CHECK(WaitForSingleObject(thread, 20000) == WAIT_OBJECT_0 && CloseHandle(thread));
    CHECK(!GetQueuedCompletionStatus(port, &bytes, &key, &out, 50));
    CHECK(task.ov.Internal == STATUS_PENDING);
    send_to_it();
    CHECK(GetQueuedCompletionStatus(port, &bytes, &key, &out, 20000));
    CHECK(out == &task.ov && key == 5 && bytes == 3);
    CHECK(closesocket(s) == 0 && CloseHandle(port));

    /* S-067 */
    task.socket = receiver();
    port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
    thread = CreateThread(NULL, 0, blocks_in_receive, NULL, 0, NULL);
    Sleep(50);
    CHECK(PostQueuedCompletionStatus(port, 0, 1, NULL));
    Sleep(50);
    CHECK(PostQueuedCompletionStatus(port, 0, 2, NULL));
    CHECK(GetQueuedCompletionStatus(port, &bytes, &key, &out, 20000) && key == 2);
    send_to_it();
    CHECK(WaitForSingleObject(thread, 20000) == WAIT_OBJECT_0);
    return 0;
}
