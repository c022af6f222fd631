/* S-152, S-160: ReadDirectoryChangesW says TRUE whether something has changed already or not; its
   packet comes in both cases, also where success at once has none. */
#include <windows.h>
#include "check.h"

enum { ROUNDS = 300 };

static HANDLE port;

static void changed(OVERLAPPED *wanted)
{
    DWORD bytes;
    ULONG_PTR key;
    OVERLAPPED *ov;

    CHECK(GetQueuedCompletionStatus(port, &bytes, &key, &ov, 5000));
    CHECK(ov == wanted && bytes > 0);
}

int main(void)
{
    DWORD buffer[1024];
    OVERLAPPED ov = {0};
    HANDLE folder, file;
    char name[32];
    int i;

    CHECK(CreateDirectoryA("watched", NULL));
    folder = CreateFileA("watched", FILE_LIST_DIRECTORY, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
                         OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OVERLAPPED, NULL);
    CHECK(folder != INVALID_HANDLE_VALUE);
    port = CreateIoCompletionPort(folder, NULL, 0, 0);
    CHECK(port != NULL);
    CHECK(SetFileCompletionNotificationModes(folder, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS));
    for (i = 0; i < ROUNDS; i++) {
        int before = i % 2;
        if (!before)
            CHECK(ReadDirectoryChangesW(folder, buffer, sizeof buffer, FALSE,
                                        FILE_NOTIFY_CHANGE_FILE_NAME, NULL, &ov, NULL));
        sprintf(name, "watched/%d", i);
        file = CreateFileA(name, GENERIC_WRITE, 0, NULL, CREATE_NEW, 0, NULL);
        CHECK(file != INVALID_HANDLE_VALUE && CloseHandle(file));
        if (before) {
            Sleep(i % 3);
            CHECK(ReadDirectoryChangesW(folder, buffer, sizeof buffer, FALSE,
                                        FILE_NOTIFY_CHANGE_FILE_NAME, NULL, &ov, NULL));
        }
        changed(&ov);
    }
    return 0;
}
