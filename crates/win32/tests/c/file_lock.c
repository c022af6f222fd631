/* S-295, S-296: locked ranges, waited for and enforced. S-220: a wait for a lock can be cancelled. */
#include <windows.h>
#include "check.h"

static HANDLE open_file(DWORD flags)
{
    HANDLE file = CreateFileA("file", GENERIC_READ | GENERIC_WRITE, 7, NULL, OPEN_ALWAYS, flags,
                              NULL);
    CHECK(file != INVALID_HANDLE_VALUE);
    return file;
}

static OVERLAPPED at(DWORD offset)
{
    OVERLAPPED ov;
    memset(&ov, 0, sizeof(ov));
    ov.Offset = offset;
    return ov;
}

static DWORD WINAPI unlock_later(void *parameter)
{
    OVERLAPPED ov = at(0);
    Sleep(50);
    CHECK(UnlockFileEx((HANDLE)parameter, 0, 10, 0, &ov));
    return 0;
}

int main(void)
{
    HANDLE first = open_file(0), second = open_file(0), third, port, thread;
    OVERLAPPED ov, waiting;
    char buffer[32];
    DWORD bytes;
    ULONG_PTR key;
    OVERLAPPED *out;

    CHECK(WriteFile(first, "0123456789abcdefghij", 20, &bytes, NULL));

    /* Mandatory between two handles of one process. */
    CHECK(LockFile(first, 5, 0, 5, 0));
    CHECK(!LockFile(second, 9, 0, 1, 0) && GetLastError() == ERROR_LOCK_VIOLATION);
    CHECK(LockFile(second, 10, 0, 1, 0) && UnlockFile(second, 10, 0, 1, 0));
    ov = at(5);
    CHECK(!ReadFile(second, buffer, 5, &bytes, &ov) && GetLastError() == ERROR_LOCK_VIOLATION);
    CHECK(!WriteFile(second, "x", 1, &bytes, &ov) && GetLastError() == ERROR_LOCK_VIOLATION);
    ov = at(0);
    CHECK(ReadFile(second, buffer, 5, &bytes, &ov) && bytes == 5);
    ov = at(5);
    CHECK(ReadFile(first, buffer, 5, &bytes, &ov) && WriteFile(first, "F", 1, &bytes, &ov));

    /* Stacked, with exact ranges. */
    ov = at(5);
    CHECK(LockFileEx(first, LOCKFILE_FAIL_IMMEDIATELY, 0, 5, 0, &ov));
    CHECK(!UnlockFile(first, 5, 0, 4, 0) && GetLastError() == ERROR_NOT_LOCKED);
    CHECK(UnlockFile(first, 5, 0, 5, 0));
    ov = at(5);
    CHECK(ReadFile(second, buffer, 5, &bytes, &ov)); /* The shared one is left. */
    CHECK(!WriteFile(second, "x", 1, &bytes, &ov) && GetLastError() == ERROR_LOCK_VIOLATION);
    CHECK(UnlockFile(first, 5, 0, 5, 0));
    CHECK(!UnlockFile(first, 5, 0, 5, 0) && GetLastError() == ERROR_NOT_LOCKED);

    /* Behind the end; shared ones go together. */
    ov = at(1000);
    CHECK(LockFileEx(first, 0, 0, 10, 0, &ov) && LockFileEx(second, 0, 0, 10, 0, &ov));
    CHECK(!LockFileEx(second, LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY, 0, 10, 0, &ov));
    CHECK(GetLastError() == ERROR_LOCK_VIOLATION);
    CHECK(!LockFileEx(first, 0, 1, 10, 0, &ov) && GetLastError() == ERROR_INVALID_PARAMETER);

    /* Closing gives them up. */
    CHECK(CloseHandle(second));
    CHECK(UnlockFile(first, 1000, 0, 10, 0));
    ov = at(1000);
    CHECK(LockFileEx(first, LOCKFILE_EXCLUSIVE_LOCK, 0, 10, 0, &ov));
    CHECK(UnlockFile(first, 1000, 0, 10, 0));

    /* A synchronous handle waits. */
    second = open_file(0);
    ov = at(0);
    CHECK(LockFileEx(first, LOCKFILE_EXCLUSIVE_LOCK, 0, 10, 0, &ov));
    thread = CreateThread(NULL, 0, unlock_later, first, 0, NULL);
    CHECK(thread != NULL);
    CHECK(LockFileEx(second, LOCKFILE_EXCLUSIVE_LOCK, 0, 10, 0, &ov));
    CHECK(WaitForSingleObject(thread, 5000) == WAIT_OBJECT_0);
    CHECK(ov.Internal == 0);

    /* An overlapped one says so later. */
    third = open_file(FILE_FLAG_OVERLAPPED);
    port = CreateIoCompletionPort(third, NULL, 7, 0);
    CHECK(port != NULL);
    waiting = at(0);
    CHECK(!LockFileEx(third, LOCKFILE_EXCLUSIVE_LOCK, 0, 10, 0, &waiting));
    CHECK(GetLastError() == ERROR_IO_PENDING);
    CHECK(!GetQueuedCompletionStatus(port, &bytes, &key, &out, 20));
    CHECK(UnlockFile(second, 0, 0, 10, 0));
    CHECK(GetQueuedCompletionStatus(port, &bytes, &key, &out, 5000));
    CHECK(out == &waiting && key == 7 && waiting.Internal == 0);
    CHECK(!LockFile(second, 0, 0, 10, 0));
    ov = at(0);
    CHECK(!ReadFile(second, buffer, 1, &bytes, &ov) && GetLastError() == ERROR_LOCK_VIOLATION);

    /* Or is cancelled. */
    CHECK(UnlockFile(third, 0, 0, 10, 0) && LockFile(second, 0, 0, 10, 0));
    waiting = at(3);
    CHECK(!LockFileEx(third, 0, 0, 1, 0, &waiting) && GetLastError() == ERROR_IO_PENDING);
    CHECK(CancelIoEx(third, &waiting));
    CHECK(!GetQueuedCompletionStatus(port, &bytes, &key, &out, 5000));
    CHECK(GetLastError() == ERROR_OPERATION_ABORTED && out == &waiting);
    CHECK(!CancelIoEx(third, &waiting) && GetLastError() == ERROR_NOT_FOUND);

    /* An overlapped transfer against a lock is refused at once. */
    waiting = at(0);
    CHECK(!ReadFile(third, buffer, 1, NULL, &waiting) && GetLastError() == ERROR_LOCK_VIOLATION);
    CHECK(!GetQueuedCompletionStatus(port, &bytes, &key, &out, 20));
    return 0;
}
