/* S-047, S-123: a wait on a port ends with 192 only if a call has been run. */
#include <windows.h>
#include "check.h"

enum { CALLS = 100000 };

static LONG ran;
static volatile LONG over;

static VOID CALLBACK call(ULONG_PTR argument)
{
    (void)argument;
    ran++;
}

static DWORD WINAPI queue(void *waiter)
{
    int i;

    for (i = 0; i < CALLS; i++)
        CHECK(QueueUserAPC(call, waiter, 0));
    over = 1;
    return 0;
}

int main(void)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0), me, other;
    OVERLAPPED_ENTRY entry;
    ULONG taken;
    LONG before;

    CHECK(DuplicateHandle(GetCurrentProcess(), GetCurrentThread(), GetCurrentProcess(), &me, 0,
                          FALSE, DUPLICATE_SAME_ACCESS));
    other = CreateThread(NULL, 0, queue, me, 0, NULL);
    CHECK(other != NULL);
    while (ran < CALLS) {
        before = ran;
        CHECK(!GetQueuedCompletionStatusEx(port, &entry, 1, &taken, 100, TRUE));
        if (GetLastError() == WAIT_IO_COMPLETION)
            CHECK(ran > before);
        else
            CHECK(GetLastError() == WAIT_TIMEOUT);
    }
    CHECK(WaitForSingleObject(other, INFINITE) == WAIT_OBJECT_0 && over);
    CHECK(!GetQueuedCompletionStatusEx(port, &entry, 1, &taken, 0, TRUE));
    CHECK(GetLastError() == WAIT_TIMEOUT);
    return 0;
}
