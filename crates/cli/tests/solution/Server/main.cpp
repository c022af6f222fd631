#include "stdafx.h"
#include "core.h"
#pragma comment(lib, "Core.lib")

int _tmain(int argc, _TCHAR *argv[])
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    PostQueuedCompletionStatus(port, 1, PORT, NULL);

    DWORD bytes;
    ULONG_PTR key;
    LPOVERLAPPED overlapped;
    GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, INFINITE);
    _tprintf(_T("%s %d %d\n"), argv[argc - 1], (int)key, core());
    CloseHandle(port);
    return 0;
}
