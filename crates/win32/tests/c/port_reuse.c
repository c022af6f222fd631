// variants: clang
/*
 * S-032: a port is known to a thread by its handle until that is closed, whoever closes it, and not
 * a moment longer, however often the thread has used it before; and calls within calls.
 */
#include <windows.h>
#include "check.h"
#include "waits.h"

static HANDLE port, other, asked, answered;
static volatile LONG waiting;

/* What a call says of the handle: 0, or why not. */
static DWORD post(HANDLE handle)
{
    return PostQueuedCompletionStatus(handle, 1, 2, NULL) ? 0 : GetLastError();
}

static DWORD take(HANDLE handle)
{
    DWORD bytes;
    ULONG_PTR key;
    OVERLAPPED *out;

    return GetQueuedCompletionStatus(handle, &bytes, &key, &out, 0) ? 0 : GetLastError();
}

static DWORD take_several(HANDLE handle)
{
    OVERLAPPED_ENTRY entries[2];
    ULONG removed;

    return GetQueuedCompletionStatusEx(handle, entries, 2, &removed, 0, FALSE) ? 0 : GetLastError();
}

static DWORD WINAPI user(LPVOID parameter)
{
    (void)parameter;
    CHECK(post(port) == 0 && take(port) == 0 && post(port) == 0 && take_several(port) == 0);
    CHECK(SetEvent(answered) && WaitForSingleObject(asked, 20000) == WAIT_OBJECT_0);
    /* Closed by the main thread; the port itself lives on by another handle. */
    CHECK(post(port) == ERROR_INVALID_HANDLE);
    CHECK(take(port) == ERROR_INVALID_HANDLE);
    CHECK(take_several(port) == ERROR_INVALID_HANDLE);
    CHECK(post(other) == 0 && take(other) == 0);
    CHECK(SetEvent(answered) && WaitForSingleObject(asked, 20000) == WAIT_OBJECT_0);
    /* The last one: the port is at its end. */
    CHECK(take(other) == ERROR_INVALID_HANDLE && post(other) == ERROR_INVALID_HANDLE);
    return 0;
}

static void closed_by_another(void)
{
    HANDLE thread;

    CHECK(DuplicateHandle(GetCurrentProcess(), port, GetCurrentProcess(), &other, 0, FALSE,
                          DUPLICATE_SAME_ACCESS));
    thread = CreateThread(NULL, 0, user, NULL, 0, NULL);
    CHECK(WaitForSingleObject(answered, 20000) == WAIT_OBJECT_0);
    CHECK(CloseHandle(port) && SetEvent(asked));
    CHECK(WaitForSingleObject(answered, 20000) == WAIT_OBJECT_0);
    CHECK(CloseHandle(other) && SetEvent(asked));
    CHECK(WaitForSingleObject(thread, 20000) == WAIT_OBJECT_0);
    CloseHandle(thread);
}

/* Runs while the thread waits at the port: uses another, and ends the first. */
static VOID CALLBACK within(ULONG_PTR argument)
{
    HANDLE second = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);

    (void)argument;
    CHECK(post(port) == 0 && take(port) == 0);
    CHECK(post(second) == 0 && take(second) == 0);
    CHECK(CloseHandle(port));
    CHECK(post(second) == 0 && take(second) == 0);
    CHECK(CloseHandle(second) && take(second) == ERROR_INVALID_HANDLE);
}

static DWORD WINAPI alertable(LPVOID parameter)
{
    OVERLAPPED_ENTRY entry;
    ULONG removed = 0;

    (void)parameter;
    CHECK(take(port) == WAIT_TIMEOUT);
    InterlockedIncrement(&waiting);
    CHECK(!GetQueuedCompletionStatusEx(port, &entry, 1, &removed, INFINITE, TRUE));
    CHECK(GetLastError() == WAIT_IO_COMPLETION);
    CHECK(take(port) == ERROR_INVALID_HANDLE);
    return 0;
}

static void calls_within_calls(void)
{
    HANDLE thread;

    port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    thread = CreateThread(NULL, 0, alertable, NULL, 0, NULL);
    while (waiting < 1)
        Sleep(1);
    until_waits(thread);
    CHECK(QueueUserAPC(within, thread, 0));
    CHECK(WaitForSingleObject(thread, 20000) == WAIT_OBJECT_0);
    CloseHandle(thread);
}

/* A thread that uses several in turn gets from each what was posted there. */
static void several_in_turn(void)
{
    HANDLE ports[3];
    int i, round;

    for (i = 0; i < 3; i++)
        ports[i] = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    for (round = 0; round < 4; round++) {
        for (i = 0; i < 3; i++)
            CHECK(PostQueuedCompletionStatus(ports[i], 0, 100 * round + i, NULL));
        for (i = 0; i < 3; i++) {
            DWORD bytes;
            ULONG_PTR key;
            OVERLAPPED *out;

            CHECK(GetQueuedCompletionStatus(ports[i], &bytes, &key, &out, 0));
            CHECK(key == (ULONG_PTR)(100 * round + i));
        }
    }
    for (i = 0; i < 3; i++)
        CHECK(CloseHandle(ports[i]));
}

int main(void)
{
    asked = CreateEvent(NULL, FALSE, FALSE, NULL);
    answered = CreateEvent(NULL, FALSE, FALSE, NULL);
    port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    closed_by_another();
    calls_within_calls();
    several_in_turn();
    return 0;
}
