// variants: short clang
/* S-010, S-011, S-013, S-014, S-015, S-018, S-030, S-131, S-132: making ports, and what is none. */
#include <windows.h>
#include "check.h"
#include "native.h"

static void fails(HANDLE port, DWORD error)
{
    DWORD bytes = 1;
    ULONG_PTR key = 2;
    OVERLAPPED *out = (OVERLAPPED *)3;
    OVERLAPPED_ENTRY entry;
    ULONG removed = 4;

    SetLastError(0);
    CHECK(!GetQueuedCompletionStatus(port, &bytes, &key, &out, 0) && GetLastError() == error);
    /* S-111: this one is written at once, the others are not. */
    CHECK(bytes == 1 && key == 2 && out == NULL);
    CHECK(!GetQueuedCompletionStatusEx(port, &entry, 1, &removed, 0, FALSE));
    CHECK(GetLastError() == error);
    CHECK(!PostQueuedCompletionStatus(port, 0, 0, NULL) && GetLastError() == error);
}

int main(void)
{
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 77, 0);
    HANDLE other = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 4000);
    HANDLE none = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1), copy = NULL;
    OVERLAPPED_ENTRY entry;
    ULONG removed = 0;

    CHECK(port && other && none && port != other && event);
    CHECK((ULONG_PTR)port % 4 == 0 && (ULONG_PTR)port < 0x80000000u);

    /* S-013 */
    CHECK(CreateIoCompletionPort(INVALID_HANDLE_VALUE, port, 0, 0) == NULL);
    CHECK(GetLastError() == ERROR_INVALID_PARAMETER);
    /* S-015, S-018: what has no operations cannot be associated, and what is no port is none. */
    CHECK(CreateIoCompletionPort(event, port, 0, 0) == NULL);
    CHECK(GetLastError() == ERROR_INVALID_HANDLE);
    CHECK(CreateIoCompletionPort(event, NULL, 0, 0) == NULL);
    CHECK(GetLastError() == ERROR_INVALID_HANDLE);
    CHECK(CreateIoCompletionPort(port, other, 0, 0) == NULL);
    CHECK(GetLastError() == ERROR_INVALID_HANDLE);
    CHECK(CreateIoCompletionPort(NULL, port, 0, 0) == NULL);
    CHECK(GetLastError() == ERROR_INVALID_HANDLE);
    CHECK(CreateIoCompletionPort((HANDLE)0x7ff0, port, 0, 0) == NULL);
    CHECK(GetLastError() == ERROR_INVALID_HANDLE);

    CHECK(CloseHandle(none));
    fails(none, ERROR_INVALID_HANDLE);
    fails(NULL, ERROR_INVALID_HANDLE);
    fails(INVALID_HANDLE_VALUE, ERROR_INVALID_HANDLE);
    fails(event, ERROR_INVALID_HANDLE);
    CHECK(!CloseHandle(none) && GetLastError() == ERROR_INVALID_HANDLE);

    /* S-127 */
    CHECK(!GetQueuedCompletionStatusEx(port, &entry, 0, &removed, 0, FALSE));
    CHECK(GetLastError() == ERROR_INVALID_PARAMETER);

    /* A duplicate is the same port, which lives as long as either. */
    CHECK(DuplicateHandle(GetCurrentProcess(), port, GetCurrentProcess(), &copy, 0, FALSE,
                          DUPLICATE_SAME_ACCESS));
    CHECK(copy != port && CompareObjectHandles(copy, port) && !CompareObjectHandles(copy, other));
    CHECK(PostQueuedCompletionStatus(port, 5, 6, NULL) && CloseHandle(port));
    CHECK(GetQueuedCompletionStatusEx(copy, &entry, 1, &removed, 0, FALSE));
    CHECK(removed == 1 && entry.lpCompletionKey == 6 && entry.dwNumberOfBytesTransferred == 5);
    CHECK(CloseHandle(copy) && CloseHandle(other) && CloseHandle(event));
    return 0;
}
