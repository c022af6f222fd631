// links: no
// bridged: a key as DWORD; the place of a key as LPDWORD
// What was written for 32 bits calls any place of a key LPDWORD.
#include <winsock2.h>
#include <windows.h>

struct session {
    SOCKET socket;
    int number;
};

BOOL give(HANDLE port, session *one)
{
    CreateIoCompletionPort((HANDLE)one->socket, port, (DWORD)one, 0);
    CreateIoCompletionPort((HANDLE)one->socket, port, (DWORD)one->number, 0);
    return PostQueuedCompletionStatus(port, 0, (DWORD)-1, NULL);
}

BOOL take(HANDLE port, DWORD *bytes, OVERLAPPED **overlapped)
{
    session *one;
    SOCKET socket;
    ULONG_PTR key;
    GetQueuedCompletionStatus(port, bytes, (LPDWORD)&one, overlapped, (DWORD)0);
    GetQueuedCompletionStatus(port, bytes, (DWORD *)&socket, overlapped, 0);
    return GetQueuedCompletionStatus(port, (LPDWORD)bytes, &key, (LPOVERLAPPED *)overlapped, 0);
}
