// variants: clang
/* S-116, S-123, S-124, S-125: calls for a thread that waits for packets. */
#include <windows.h>
#include "native.h"
#include "check.h"

static HANDLE port;
static LONG called;

static VOID CALLBACK call(ULONG_PTR argument)
{
    called += (LONG)argument;
}

static void queue(HANDLE thread, LONG argument)
{
    CHECK(QueueUserAPC(call, thread, argument));
}

static BOOL take(DWORD milliseconds, BOOL alertable, ULONG_PTR *key)
{
    OVERLAPPED_ENTRY entry;
    ULONG removed = 0;
    BOOL taken = GetQueuedCompletionStatusEx(port, &entry, 1, &removed, milliseconds, alertable);

    if (taken)
        *key = entry.lpCompletionKey;
    return taken;
}

/* A fresh thread, bound to no port: the call comes first. */
static DWORD WINAPI fresh(LPVOID parameter)
{
    ULONG_PTR key = 0;

    (void)parameter;
    called = 0;
    queue(GetCurrentThread(), 1);
    CHECK(PostQueuedCompletionStatus(port, 0, 8, NULL));
    CHECK(!take(1000, TRUE, &key) && GetLastError() == WAIT_IO_COMPLETION && called == 1);
    CHECK(take(1000, TRUE, &key) && key == 8 && called == 1);
    return 0;
}

static DWORD WINAPI late(LPVOID main_thread)
{
    Sleep(100);
    queue(main_thread, 10);
    return 0;
}

int main(void)
{
    HANDLE me, thread;
    ULONG_PTR key = 0;
    DWORD bytes;
    OVERLAPPED *out;
    PVOID context, native_key;
    IO_STATUS_BLOCK block;
    FILE_IO_COMPLETION_INFORMATION entry;
    LARGE_INTEGER timeout;
    ULONG removed;

    port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    CHECK(DuplicateHandle(GetCurrentProcess(), GetCurrentThread(), GetCurrentProcess(), &me, 0,
                          FALSE, DUPLICATE_SAME_ACCESS));
    CHECK(GetThreadId(me) == GetCurrentThreadId());

    /* S-116, S-125: nobody asked for them. */
    queue(me, 1);
    CHECK(!GetQueuedCompletionStatus(port, &bytes, &key, &out, 30) && GetLastError() == WAIT_TIMEOUT);
    CHECK(!take(30, FALSE, &key) && GetLastError() == WAIT_TIMEOUT);
    timeout.QuadPart = -10000;
    CHECK(NtRemoveIoCompletion(port, &native_key, &context, &block, &timeout) == STATUS_TIMEOUT);
    CHECK(called == 0);
    CHECK(!take(30, TRUE, &key) && GetLastError() == WAIT_IO_COMPLETION && called == 1);
    CHECK(!take(0, TRUE, &key) && GetLastError() == WAIT_TIMEOUT && called == 1);

    /* S-124: this thread is bound, so the packet comes first and the call stays. */
    queue(me, 1);
    queue(me, 1);
    CHECK(PostQueuedCompletionStatus(port, 0, 7, NULL));
    CHECK(take(1000, TRUE, &key) && key == 7 && called == 1);
    CHECK(!take(1000, TRUE, &key) && GetLastError() == WAIT_IO_COMPLETION && called == 3);

    /* Arriving while it waits. */
    thread = CreateThread(NULL, 0, late, me, 0, NULL);
    CHECK(!take(20000, TRUE, &key) && GetLastError() == WAIT_IO_COMPLETION && called == 13);
    CHECK(WaitForSingleObject(thread, 20000) == WAIT_OBJECT_0 && CloseHandle(thread));
    thread = CreateThread(NULL, 0, late, me, 0, NULL);
    CHECK(NtRemoveIoCompletionEx(port, &entry, 1, &removed, NULL, TRUE) == STATUS_USER_APC);
    CHECK(called == 23);
    CHECK(WaitForSingleObject(thread, 20000) == WAIT_OBJECT_0 && CloseHandle(thread));

    thread = CreateThread(NULL, 0, fresh, NULL, 0, NULL);
    CHECK(WaitForSingleObject(thread, 20000) == WAIT_OBJECT_0 && CloseHandle(thread));
    return 0;
}
