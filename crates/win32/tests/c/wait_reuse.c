/* S-158, S-174: who sees that an operation has ended may use its OVERLAPPED and its event for the
   next one at once: nothing of the first reaches the second. */
#include <windows.h>
#include "check.h"

enum { ROUNDS = 20000 };

static void rounds(HANDLE event, int polls)
{
    HANDLE server, client, waits;
    OVERLAPPED ov;
    char byte;
    DWORD got, i;

    server = CreateNamedPipeA("\\\\.\\pipe\\wait_reuse", PIPE_ACCESS_INBOUND | FILE_FLAG_OVERLAPPED,
                              PIPE_TYPE_BYTE, 1, 0, 0, 0, NULL);
    CHECK(server != INVALID_HANDLE_VALUE);
    client = CreateFileA("\\\\.\\pipe\\wait_reuse", GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    CHECK(client != INVALID_HANDLE_VALUE);
    waits = event != NULL ? event : server;
    memset(&ov, 0, sizeof ov);
    ov.hEvent = event;
    CHECK(!ReadFile(server, &byte, 1, NULL, &ov) && GetLastError() == ERROR_IO_PENDING);
    for (i = 0; i < ROUNDS; i++) {
        CHECK(WriteFile(client, "x", 1, &got, NULL) && got == 1);
        while (polls && !HasOverlappedIoCompleted(&ov))
            SwitchToThread();
        CHECK(GetOverlappedResult(server, &ov, &got, TRUE) && got == 1);
        CHECK(WaitForSingleObject(waits, 0) == WAIT_OBJECT_0);
        CHECK(!ReadFile(server, &byte, 1, NULL, &ov) && GetLastError() == ERROR_IO_PENDING);
        SwitchToThread();
        CHECK(WaitForSingleObject(waits, 0) == WAIT_TIMEOUT);
    }
    CHECK(CloseHandle(client) && CloseHandle(server));
}

int main(void)
{
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);

    rounds(event, 0);
    rounds(event, 1);
    rounds(NULL, 0);
    rounds(NULL, 1);
    return 0;
}
