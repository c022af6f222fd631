// variants: short
/* FindFirstChangeNotification: a handle that is signaled; ReOpenFile. */
#include <windows.h>
#include "check.h"

static void touch(const char *name)
{
    HANDLE file = CreateFileA(name, GENERIC_WRITE, 7, NULL, OPEN_ALWAYS, 0, NULL);
    CHECK(file != INVALID_HANDLE_VALUE && CloseHandle(file));
}

int main(void)
{
    HANDLE change, file, again;
    char byte;
    DWORD bytes;

    CHECK(CreateDirectoryA("folder", NULL) && CreateDirectoryA("folder\\below", NULL));
    CHECK(FindFirstChangeNotificationA("none", FALSE, FILE_NOTIFY_CHANGE_FILE_NAME) ==
          INVALID_HANDLE_VALUE);
    CHECK(GetLastError() == ERROR_FILE_NOT_FOUND);
    change = FindFirstChangeNotificationW(L"folder", FALSE, FILE_NOTIFY_CHANGE_FILE_NAME);
    CHECK(change != INVALID_HANDLE_VALUE);
    touch("folder\\below\\unseen");
    CHECK(WaitForSingleObject(change, 50) == WAIT_TIMEOUT);
    touch("folder\\one");
    CHECK(WaitForSingleObject(change, 5000) == WAIT_OBJECT_0);
    CHECK(WaitForSingleObject(change, 0) == WAIT_OBJECT_0);
    touch("folder\\two");
    Sleep(50);
    CHECK(FindNextChangeNotification(change)); /* What came since is told again. */
    CHECK(WaitForSingleObject(change, 5000) == WAIT_OBJECT_0);
    CHECK(FindNextChangeNotification(change));
    CHECK(WaitForSingleObject(change, 50) == WAIT_TIMEOUT);
    CHECK(FindCloseChangeNotification(change));
    CHECK(!FindNextChangeNotification(change) && GetLastError() == ERROR_INVALID_HANDLE);

    file = CreateFileA("file", GENERIC_WRITE, 7, NULL, CREATE_NEW, 0, NULL);
    CHECK(WriteFile(file, "x", 1, &bytes, NULL));
    CHECK(ReOpenFile(file, GENERIC_READ, FILE_SHARE_READ, 0) == INVALID_HANDLE_VALUE);
    CHECK(GetLastError() == ERROR_SHARING_VIOLATION);
    again = ReOpenFile(file, GENERIC_READ, 7, 0);
    CHECK(again != INVALID_HANDLE_VALUE);
    CHECK(ReadFile(again, &byte, 1, &bytes, NULL) && bytes == 1 && byte == 'x');
    CHECK(!WriteFile(again, "y", 1, &bytes, NULL) && GetLastError() == ERROR_ACCESS_DENIED);
    CHECK(CloseHandle(file) && CloseHandle(again));
    return 0;
}
