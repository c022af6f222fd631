// variants: short clang
/* S-040, S-110, S-113, S-130: packets come out verbatim and in order; a timeout says so. */
#include <windows.h>
#include "check.h"

int main(void)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
    DWORD bytes = 0xdeadbeef;
    ULONG_PTR key = 0xdeadbeef;
    OVERLAPPED ov;
    OVERLAPPED *out = (OVERLAPPED *)1;

    CHECK(port != NULL);
    CHECK(!GetQueuedCompletionStatus(port, &bytes, &key, &out, 0));
    CHECK(GetLastError() == WAIT_TIMEOUT);
    CHECK(out == NULL && bytes == 0xdeadbeef && key == 0xdeadbeef);

    CHECK(PostQueuedCompletionStatus(port, 1, 2, &ov));
    CHECK(PostQueuedCompletionStatus(port, 0xffffffff, ~(ULONG_PTR)0, (OVERLAPPED *)~(ULONG_PTR)0));
    CHECK(PostQueuedCompletionStatus(port, 0, 0, NULL));

    SetLastError(12345);
    CHECK(GetQueuedCompletionStatus(port, &bytes, &key, &out, 0));
    CHECK(bytes == 1 && key == 2 && out == &ov && GetLastError() == 12345);
    CHECK(GetQueuedCompletionStatus(port, &bytes, &key, &out, INFINITE));
    CHECK(bytes == 0xffffffff && key == ~(ULONG_PTR)0 && out == (OVERLAPPED *)~(ULONG_PTR)0);
    CHECK(GetQueuedCompletionStatus(port, &bytes, &key, &out, 100));
    CHECK(bytes == 0 && key == 0 && out == NULL);

    CHECK(CloseHandle(port));
    CHECK(!PostQueuedCompletionStatus(port, 0, 0, NULL));
    CHECK(GetLastError() == ERROR_INVALID_HANDLE);
    return 0;
}
