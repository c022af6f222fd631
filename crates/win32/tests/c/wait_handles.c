// variants: clang
/* Handles: pseudo handles, duplicates, flags, closing. */
#include <windows.h>
#include "check.h"
#include "native.h"

int main(void)
{
    HANDLE process = GetCurrentProcess(), thread = GetCurrentThread();
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL), copy = NULL, other = NULL;
    SECURITY_ATTRIBUTES attributes = {sizeof(attributes), NULL, TRUE};
    DWORD flags = 99, code = 0;

    CHECK(process == (HANDLE)(LONG_PTR)-1 && thread == (HANDLE)(LONG_PTR)-2);
    CHECK(CloseHandle(process) && CloseHandle(thread));
    CHECK(WaitForSingleObject(process, 20) == WAIT_TIMEOUT);
    CHECK(WaitForSingleObject(thread, 20) == WAIT_TIMEOUT);
    CHECK(GetExitCodeThread(thread, &code) && code == STILL_ACTIVE);
    CHECK(GetExitCodeProcess(process, &code) && code == STILL_ACTIVE);
    CHECK(GetThreadId(thread) == GetCurrentThreadId() && GetProcessId(process) == GetCurrentProcessId());

    CHECK(DuplicateHandle(process, thread, process, &copy, 0, FALSE, DUPLICATE_SAME_ACCESS));
    CHECK(copy != thread && GetThreadId(copy) == GetCurrentThreadId());
    CHECK(CompareObjectHandles(copy, thread) && CloseHandle(copy));
    CHECK(DuplicateHandle(process, process, process, &copy, 0, FALSE, DUPLICATE_SAME_ACCESS));
    CHECK(copy != process && GetProcessId(copy) == GetCurrentProcessId());
    CHECK(WaitForSingleObject(copy, 20) == WAIT_TIMEOUT);
    /* A real handle of this process is as good as the other. */
    CHECK(DuplicateHandle(copy, event, copy, &other, 0, TRUE, DUPLICATE_SAME_ACCESS));
    CHECK(CompareObjectHandles(other, event) && CloseHandle(copy));
    CHECK(GetHandleInformation(other, &flags) && flags == HANDLE_FLAG_INHERIT);
    CHECK(GetHandleInformation(event, &flags) && flags == 0);
    CHECK(SetEvent(other) && WaitForSingleObject(event, 0) == WAIT_OBJECT_0);

    /* The object lives as long as one handle does. */
    CHECK(CloseHandle(event));
    CHECK(WaitForSingleObject(event, 0) == WAIT_FAILED && GetLastError() == ERROR_INVALID_HANDLE);
    CHECK(WaitForSingleObject(other, 0) == WAIT_OBJECT_0);
    CHECK(DuplicateHandle(process, other, process, &copy, 0, FALSE,
                          DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE));
    CHECK(copy == other || WaitForSingleObject(other, 0) == WAIT_FAILED);
    CHECK(DuplicateHandle(process, copy, NULL, NULL, 0, FALSE, DUPLICATE_CLOSE_SOURCE) ||
          GetLastError() == ERROR_INVALID_HANDLE);
    CHECK(WaitForSingleObject(copy, 0) == WAIT_FAILED);
    CHECK(!DuplicateHandle(process, copy, process, &other, 0, FALSE, DUPLICATE_SAME_ACCESS));
    CHECK(GetLastError() == ERROR_INVALID_HANDLE);

    event = CreateEventA(&attributes, TRUE, FALSE, NULL);
    CHECK(GetHandleInformation(event, &flags) && flags == HANDLE_FLAG_INHERIT);
    CHECK(SetHandleInformation(event, HANDLE_FLAG_INHERIT | HANDLE_FLAG_PROTECT_FROM_CLOSE,
                               HANDLE_FLAG_PROTECT_FROM_CLOSE));
    CHECK(GetHandleInformation(event, &flags) && flags == HANDLE_FLAG_PROTECT_FROM_CLOSE);
    CHECK(!CloseHandle(event) && GetLastError() == ERROR_INVALID_HANDLE);
    CHECK(SetHandleInformation(event, HANDLE_FLAG_PROTECT_FROM_CLOSE, 0) && CloseHandle(event));
    CHECK(!SetHandleInformation(event, HANDLE_FLAG_INHERIT, 0));
    CHECK(GetLastError() == ERROR_INVALID_HANDLE);
    CHECK(!CloseHandle(NULL) && GetLastError() == ERROR_INVALID_HANDLE);
    CHECK(!CloseHandle((HANDLE)0x12345) && GetLastError() == ERROR_INVALID_HANDLE);
    return 0;
}
