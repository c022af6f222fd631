// variants: clang
/* S-030, S-032, S-034, S-126: closing a port releases who waits, in every kind of call. */
#include <windows.h>
#include "native.h"
#include "check.h"
#include "waits.h"

static HANDLE port;
static volatile LONG waiting;

static DWORD WINAPI single(LPVOID parameter)
{
    DWORD bytes = 1;
    ULONG_PTR key = 2;
    OVERLAPPED *out = (OVERLAPPED *)3;

    InterlockedIncrement(&waiting);
    CHECK(!GetQueuedCompletionStatus(port, &bytes, &key, &out, (DWORD)(ULONG_PTR)parameter));
    CHECK(GetLastError() == ERROR_ABANDONED_WAIT_0);
    CHECK(bytes == 1 && key == 2 && out == NULL);
    /* S-032 */
    CHECK(!GetQueuedCompletionStatus(port, &bytes, &key, &out, INFINITE));
    CHECK(GetLastError() == ERROR_INVALID_HANDLE && out == NULL);
    return 0;
}

static DWORD WINAPI several(LPVOID parameter)
{
    OVERLAPPED_ENTRY entries[2];
    ULONG removed = 7;

    InterlockedIncrement(&waiting);
    CHECK(!GetQueuedCompletionStatusEx(port, entries, 2, &removed, INFINITE, parameter != NULL));
    CHECK(GetLastError() == ERROR_ABANDONED_WAIT_0);
    return 0;
}

static DWORD WINAPI native(LPVOID parameter)
{
    PVOID key, context;
    IO_STATUS_BLOCK block;

    (void)parameter;
    InterlockedIncrement(&waiting);
    CHECK(NtRemoveIoCompletion(port, &key, &context, &block, NULL) == STATUS_ABANDONED_WAIT_0);
    CHECK(NtRemoveIoCompletion(port, &key, &context, &block, NULL) == (NTSTATUS)0xC0000008);
    return 0;
}

int main(void)
{
    HANDLE threads[5], copy;
    int i;

    port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
    threads[0] = CreateThread(NULL, 0, single, (LPVOID)(ULONG_PTR)INFINITE, 0, NULL);
    threads[1] = CreateThread(NULL, 0, single, (LPVOID)20000, 0, NULL);
    threads[2] = CreateThread(NULL, 0, several, NULL, 0, NULL);
    threads[3] = CreateThread(NULL, 0, several, (LPVOID)1, 0, NULL);
    threads[4] = CreateThread(NULL, 0, native, NULL, 0, NULL);
    while (waiting < 5)
        Sleep(1);
    for (i = 0; i < 5; i++)
        until_waits(threads[i]);
    CHECK(DuplicateHandle(GetCurrentProcess(), port, GetCurrentProcess(), &copy, 0, FALSE,
                          DUPLICATE_SAME_ACCESS));
    CHECK(CloseHandle(copy));
    CHECK(WaitForMultipleObjects(5, threads, FALSE, 100) == WAIT_TIMEOUT);
    CHECK(CloseHandle(port));
    CHECK(WaitForMultipleObjects(5, threads, TRUE, 20000) == WAIT_OBJECT_0);
    return 0;
}
