// variants: clang
/* S-390 to S-395: completions that the pool calls back for. */
#include <winsock2.h>
#include <windows.h>
#include "check.h"

static volatile LONG called, last_error, last_bytes, blocked;
static HANDLE event, gate;
static OVERLAPPED *volatile last;

static VOID CALLBACK completed(PTP_CALLBACK_INSTANCE instance, PVOID context, PVOID overlapped,
                               ULONG error, ULONG_PTR bytes, PTP_IO io)
{
    CHECK(instance != NULL && context == &called && io != NULL);
    last = overlapped;
    last_error = (LONG)error;
    last_bytes = (LONG)bytes;
    if (blocked)
        CHECK(WaitForSingleObject(gate, 20000) == WAIT_OBJECT_0);
    InterlockedIncrement(&called);
    SetEvent(event);
}

static VOID CALLBACK routine(DWORD error, DWORD bytes, LPOVERLAPPED overlapped)
{
    last = overlapped;
    last_error = (LONG)error;
    last_bytes = (LONG)bytes;
    InterlockedIncrement(&called);
    SetEvent(event);
}

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

    memset(ov, 0, sizeof(*ov));
    CHECK(WSARecv(from, &buffer, 1, NULL, &flags, ov, NULL) == 0 ||
          WSAGetLastError() == WSA_IO_PENDING);
}

static void send_to_it(void)
{
    CHECK(sendto(sender, "xyz", 3, 0, (struct sockaddr *)&address, sizeof(address)) == 3);
}

static void happens(void)
{
    CHECK(WaitForSingleObject(event, 20000) == WAIT_OBJECT_0);
}

int main(void)
{
    WSADATA data;
    SOCKET s, other;
    OVERLAPPED ov, second;
    PTP_IO io;
    DWORD_PTR i;

    CHECK(WSAStartup(MAKEWORD(2, 2), &data) == 0);
    event = CreateEventA(NULL, FALSE, FALSE, NULL);
    gate = CreateEventA(NULL, TRUE, FALSE, NULL);
    sender = socket(AF_INET, SOCK_DGRAM, 0);
    s = receiver();

    io = CreateThreadpoolIo((HANDLE)s, completed, (PVOID)&called, NULL);
    CHECK(io != NULL);
    CHECK(CreateThreadpoolIo((HANDLE)s, completed, (PVOID)&called, NULL) == NULL);
    CHECK(GetLastError() == ERROR_INVALID_PARAMETER);
    CHECK(CreateIoCompletionPort((HANDLE)s, NULL, 0, 0) == NULL);
    CHECK(GetLastError() == ERROR_INVALID_PARAMETER);

    /* S-391, S-392 */
    StartThreadpoolIo(io);
    receive(s, &ov);
    CHECK(called == 0);
    send_to_it();
    happens();
    CHECK(called == 1 && last == &ov && last_error == 0 && last_bytes == 3);
    /* Completing at once calls back as well. */
    for (i = 0; i < 50; i++) {
        send_to_it();
        Sleep(1);
        StartThreadpoolIo(io);
        receive(s, &ov);
        happens();
        CHECK(last_error == 0 && last_bytes == 3);
    }
    WaitForThreadpoolIoCallbacks(io, FALSE);
    CHECK(called == 51);
    StartThreadpoolIo(io);
    CancelThreadpoolIo(io);
    WaitForThreadpoolIoCallbacks(io, FALSE);

    /* Cancelled: 995 and no bytes. */
    StartThreadpoolIo(io);
    receive(s, &ov);
    CHECK(CancelIoEx((HANDLE)s, &ov));
    happens();
    CHECK(last_error == ERROR_OPERATION_ABORTED && last_bytes == 0 && last == &ov);

    /* S-393: it waits for what was started, and drops what has not begun. */
    StartThreadpoolIo(io);
    receive(s, &ov);
    WaitForThreadpoolIoCallbacks(io, TRUE);
    send_to_it();
    CHECK(WaitForSingleObject(event, 60) == WAIT_TIMEOUT);
    CHECK(HasOverlappedIoCompleted(&ov) && ov.InternalHigh == 3);

    /* Callbacks that block do not keep others from being called. */
    other = receiver();
    CHECK(BindIoCompletionCallback((HANDLE)other, routine, 0));
    CHECK(!BindIoCompletionCallback((HANDLE)other, routine, 0));
    blocked = 1;
    called = 0;
    {
        struct sockaddr_in to_other = address;
        int length = sizeof(address);

        CHECK(getsockname(s, (struct sockaddr *)&address, &length) == 0);
        StartThreadpoolIo(io);
        receive(s, &ov);
        send_to_it();
        while (last != &ov || last_bytes != 3)
            Sleep(1);
        address = to_other;
    }
    for (i = 0; i < 3; i++) {
        receive(other, &second);
        send_to_it();
        happens();
        CHECK(last == &second && last_error == 0 && last_bytes == 3 && called == (LONG)i + 1);
    }
    receive(other, &second);
    CHECK(CancelIoEx((HANDLE)other, NULL));
    happens();
    CHECK(last == &second && last_error == ERROR_OPERATION_ABORTED);
    CHECK(called == 4);
    SetEvent(gate);
    happens();
    CHECK(called == 5);

    CloseThreadpoolIo(io);
    CHECK(!BindIoCompletionCallback((HANDLE)s, routine, 1));
    CHECK(!BindIoCompletionCallback(event, routine, 0));
    CHECK(closesocket(s) == 0 && closesocket(other) == 0);
    return 0;
}
