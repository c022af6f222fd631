// links: no
#include <winsock2.h>
#include <windows.h>

struct Context : OVERLAPPED {
    WSABUF buffer;
    char bytes[64];
};

HANDLE attach(SOCKET s, HANDLE port, Context *context)
{
    ZeroMemory(static_cast<OVERLAPPED *>(context), sizeof(OVERLAPPED));
    DWORD flags = 0;
    if (WSARecv(s, &context->buffer, 1, NULL, &flags, context, NULL) == SOCKET_ERROR &&
        WSAGetLastError() != WSA_IO_PENDING)
        return INVALID_HANDLE_VALUE;
    return CreateIoCompletionPort((HANDLE)s, port, (ULONG_PTR)context, 0);
}

bool is_pending(Context *context) { return context->Internal == STATUS_PENDING; }
Context *of(LPOVERLAPPED o) { return CONTAINING_RECORD(o, Context, Internal); }
