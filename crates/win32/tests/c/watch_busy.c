/* S-160: a folder in which something changes all the time keeps nobody in a call: neither who asks
   for changes, nor who waits for other packets of the same port. */
#include <windows.h>
#include <stdio.h>
#include "check.h"

enum { WRITERS = 3, PACKETS = 100 };

static DWORD buffer[2048];
static volatile LONG over;

/* Two files in turn: the system tells of the same change only once. */
static DWORD WINAPI writes(LPVOID parameter)
{
    HANDLE files[2];
    char name[64];
    DWORD bytes;
    int i;

    for (i = 0; i < 2; i++) {
        sprintf(name, "busy\\%d-%d", (int)(ULONG_PTR)parameter, i);
        files[i] = CreateFileA(name, GENERIC_WRITE, 7, NULL, CREATE_ALWAYS, 0, NULL);
        CHECK(files[i] != INVALID_HANDLE_VALUE);
    }
    for (i = 0; !over; i = !i) {
        SetFilePointer(files[i], 0, NULL, FILE_BEGIN);
        CHECK(WriteFile(files[i], "x", 1, &bytes, NULL));
    }
    CHECK(CloseHandle(files[0]) && CloseHandle(files[1]));
    return 0;
}

int main(void)
{
    const DWORD filter = FILE_NOTIFY_CHANGE_FILE_NAME | FILE_NOTIFY_CHANGE_LAST_WRITE;
    HANDLE folder, port, threads[WRITERS];
    OVERLAPPED ov, *out;
    DWORD bytes;
    ULONG_PTR key;
    int i, changes = 0, posts = 0;

    CHECK(CreateDirectoryA("busy", NULL));
    folder = CreateFileA("busy", FILE_LIST_DIRECTORY, 7, NULL, OPEN_EXISTING,
                         FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OVERLAPPED, NULL);
    CHECK(folder != INVALID_HANDLE_VALUE);
    port = CreateIoCompletionPort(folder, NULL, 1, 0);
    CHECK(port != NULL);
    for (i = 0; i < WRITERS; i++)
        threads[i] = CreateThread(NULL, 0, writes, (LPVOID)(ULONG_PTR)i, 0, NULL);
    memset(&ov, 0, sizeof ov);
    CHECK(ReadDirectoryChangesW(folder, buffer, sizeof buffer, FALSE, filter, NULL, &ov, NULL));
    CHECK(PostQueuedCompletionStatus(port, 0, 2, NULL));
    while (changes < PACKETS || posts < PACKETS) {
        CHECK(GetQueuedCompletionStatus(port, &bytes, &key, &out, 20000));
        if (key == 2) {
            posts++;
            CHECK(PostQueuedCompletionStatus(port, 0, 2, NULL));
            continue;
        }
        CHECK(out == &ov);
        changes++;
        memset(&ov, 0, sizeof ov);
        CHECK(ReadDirectoryChangesW(folder, buffer, sizeof buffer, FALSE, filter, NULL, &ov,
                                    NULL));
    }
    InterlockedExchange(&over, 1);
    CHECK(WaitForMultipleObjects(WRITERS, threads, TRUE, 20000) == WAIT_OBJECT_0);
    /* The posted packet is taken, and then what is left of the changes. */
    while (GetQueuedCompletionStatus(port, &bytes, &key, &out, 500))
        if (key == 1) {
            memset(&ov, 0, sizeof ov);
            CHECK(ReadDirectoryChangesW(folder, buffer, sizeof buffer, FALSE, filter, NULL, &ov,
                                        NULL));
        }
    CHECK(GetLastError() == WAIT_TIMEOUT && out == NULL);
    /* It still listens. */
    CHECK(CreateDirectoryA("busy\\below", NULL) && RemoveDirectoryA("busy\\below"));
    CHECK(MoveFileA("busy\\0-0", "busy\\moved"));
    CHECK(GetQueuedCompletionStatus(port, &bytes, &key, &out, 20000) && out == &ov);
    CHECK(CloseHandle(folder));
    return 0;
}
