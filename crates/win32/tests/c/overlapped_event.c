/* What stands in the place of an event and is none: the operation is refused, as the system below
 * does it, and there is no packet (S-150, S-174). */
#include "sockets.h"

static void refuses(HANDLE file, SOCKET s, HANDLE port, HANDLE event)
{
    OVERLAPPED ov = {0};
    char byte;

    ov.hEvent = event;
    SetLastError(0);
    CHECK(!ReadFile(file, &byte, 1, NULL, &ov) && GetLastError() == ERROR_INVALID_HANDLE);
    CHECK(!LockFileEx(file, 0, 0, 1, 0, &ov) && GetLastError() == ERROR_INVALID_HANDLE);
    CHECK(receive(s, &byte, 1, NULL, &ov) == SOCKET_ERROR);
    CHECK(WSAGetLastError() == WSA_INVALID_HANDLE || WSAGetLastError() == WSAENOTSOCK);
    CHECK(nothing(port));
}

int main(void)
{
    HANDLE port = new_port(), file, event, semaphore;
    SOCKET a, b;
    OVERLAPPED ov = {0};
    struct packet p;
    char byte;

    start();
    pair(&a, &b);
    associate(a, port, 1);
    file = CreateFileA("file", GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS,
                       FILE_FLAG_OVERLAPPED, NULL);
    CHECK(file != INVALID_HANDLE_VALUE && CreateIoCompletionPort(file, port, 2, 0) == port);
    semaphore = CreateSemaphoreA(NULL, 0, 1, NULL);
    event = CreateEventA(NULL, TRUE, TRUE, NULL);
    CHECK(semaphore != NULL && event != NULL);
    refuses(file, a, port, semaphore);
    refuses(file, a, port, (HANDLE)((ULONG_PTR)semaphore | 1));
    refuses(file, a, port, file);
    refuses(file, a, port, (HANDLE)0x7ffffff0);
    refuses(file, a, port, (HANDLE)1234566);

    /* Both serve as before. */
    ov.hEvent = event;
    CHECK(ACCEPTED(receive(a, &byte, 1, NULL, &ov)) && WaitForSingleObject(event, 0) == WAIT_TIMEOUT);
    CHECK(send(b, "x", 1, 0) == 1);
    p = take(port, 5000);
    CHECK(p.ok && p.key == 1 && p.ov == &ov && byte == 'x');
    CHECK(WaitForSingleObject(event, 0) == WAIT_OBJECT_0);
    return 0;
}
