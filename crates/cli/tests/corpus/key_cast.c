// links: no
// bridged: the place of a key as LPDWORD
#include <windows.h>

BOOL take(HANDLE port, DWORD *bytes, OVERLAPPED **overlapped)
{
    void *key;
    return GetQueuedCompletionStatus(port, bytes, (PDWORD)&key, overlapped, INFINITE);
}
