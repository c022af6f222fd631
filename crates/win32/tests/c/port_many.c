// variants: clang
/* S-040, S-045, S-120, S-122, S-128: many packets in one call, and how many there are. */
#include <windows.h>
#include "check.h"

int main(void)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
    OVERLAPPED_ENTRY entries[8];
    OVERLAPPED ov[5];
    ULONG removed, i, k;

    CHECK(port != NULL);
    removed = 99;
    CHECK(!GetQueuedCompletionStatusEx(port, entries, 8, &removed, 0, FALSE));
    CHECK(GetLastError() == WAIT_TIMEOUT && removed <= 1);
    removed = 99;
    CHECK(!GetQueuedCompletionStatusEx(port, entries, 8, &removed, 30, FALSE));
    CHECK(GetLastError() == WAIT_TIMEOUT && removed <= 1);

    for (i = 0; i < 5; i++)
        CHECK(PostQueuedCompletionStatus(port, 100 + i, i, &ov[i]));
    memset(entries, 0xcc, sizeof(entries));
    SetLastError(12345);
    CHECK(GetQueuedCompletionStatusEx(port, entries, 3, &removed, INFINITE, FALSE));
    CHECK(removed == 3 && GetLastError() == 12345);
    for (i = 0; i < 3; i++) {
        CHECK(entries[i].lpCompletionKey == i && entries[i].lpOverlapped == &ov[i]);
        CHECK(entries[i].dwNumberOfBytesTransferred == 100 + i && entries[i].Internal == 0);
    }
    CHECK((DWORD)entries[3].lpCompletionKey == 0xcccccccc);
    /* It never waits to fill the array. */
    CHECK(GetQueuedCompletionStatusEx(port, entries, 8, &removed, INFINITE, FALSE));
    CHECK(removed == 2 && entries[0].lpCompletionKey == 3 && entries[1].lpCompletionKey == 4);
    CHECK(!GetQueuedCompletionStatusEx(port, entries, 8, &removed, 0, FALSE));

    /* In order, whoever takes how many. */
    for (k = 0; k < 1000; k++)
        CHECK(PostQueuedCompletionStatus(port, 0, k, NULL));
    for (k = 0; k < 1000;) {
        CHECK(GetQueuedCompletionStatusEx(port, entries, 1 + k % 8, &removed, 0, FALSE));
        CHECK(removed >= 1 && removed <= 1 + k % 8);
        for (i = 0; i < removed; i++)
            CHECK(entries[i].lpCompletionKey == k++);
    }
    CHECK(CloseHandle(port));
    return 0;
}
