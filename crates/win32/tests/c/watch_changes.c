// variants: short
/* S-160, S-297, S-230: ReadDirectoryChangesW: queued is success; packets, events, names, overflow. */
#include <windows.h>
#include <stddef.h>
#include "check.h"

static const DWORD names_and_writes = FILE_NOTIFY_CHANGE_FILE_NAME | FILE_NOTIFY_CHANGE_DIR_NAME |
                                      FILE_NOTIFY_CHANGE_LAST_WRITE;
static HANDLE port;
static DWORD buffer[2048];
static char log_text[8192];

static HANDLE open_folder(const char *name)
{
    HANDLE folder = CreateFileA(name, FILE_LIST_DIRECTORY, 7, NULL, OPEN_EXISTING,
                                FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OVERLAPPED, NULL);
    CHECK(folder != INVALID_HANDLE_VALUE);
    return folder;
}

static void touch(const char *name)
{
    DWORD bytes;
    HANDLE file = CreateFileA(name, GENERIC_WRITE, 7, NULL, OPEN_ALWAYS, 0, NULL);
    CHECK(file != INVALID_HANDLE_VALUE);
    CHECK(WriteFile(file, "x", 1, &bytes, NULL) && CloseHandle(file));
}

/* Adds "1 name;" for each change. */
static void note(DWORD bytes)
{
    const char *at = (const char *)buffer;
    for (;;) {
        const FILE_NOTIFY_INFORMATION *info = (const FILE_NOTIFY_INFORMATION *)at;
        char *end = log_text + strlen(log_text);
        DWORD i, length = info->FileNameLength / sizeof(WCHAR);
        CHECK(at + offsetof(FILE_NOTIFY_INFORMATION, FileName) + info->FileNameLength <=
              (char *)buffer + bytes);
        end += sprintf(end, "%u ", (unsigned)info->Action);
        for (i = 0; i < length; i++)
            *end++ = (char)info->FileName[i];
        strcpy(end, ";");
        if (info->NextEntryOffset == 0)
            break;
        CHECK(info->NextEntryOffset % 4 == 0);
        at += info->NextEntryOffset;
    }
}

static void watch(HANDLE folder, BOOL subtree, OVERLAPPED *ov)
{
    DWORD bytes = 77;
    CHECK(ReadDirectoryChangesW(folder, buffer, sizeof(buffer), subtree, names_and_writes, &bytes,
                                ov, NULL));
}

/* Collects until the log ends as wanted. */
static void until(HANDLE folder, BOOL subtree, OVERLAPPED *ov, const char *end)
{
    size_t wanted = strlen(end);
    for (;;) {
        DWORD bytes;
        ULONG_PTR key;
        OVERLAPPED *out;
        size_t length = strlen(log_text);
        if (length >= wanted && !strcmp(log_text + length - wanted, end))
            return;
        if (!GetQueuedCompletionStatus(port, &bytes, &key, &out, 3000)) {
            fprintf(stderr, "seen: %s\n", log_text);
            CHECK(!"a packet");
        }
        CHECK(out == ov && key == 8);
        note(bytes);
        watch(folder, subtree, ov);
    }
}

static void basic(void)
{
    OVERLAPPED ov = {0};
    HANDLE folder = open_folder("folder");
    CHECK(CreateIoCompletionPort(folder, port, 8, 0) == port);
    watch(folder, FALSE, &ov);
    touch("folder\\new");
    until(folder, FALSE, &ov, "1 new;3 new;");
    CHECK(MoveFileA("folder\\new", "folder\\renamed"));
    until(folder, FALSE, &ov, "4 new;5 renamed;");
    CHECK(MoveFileA("folder\\renamed", "outside"));
    until(folder, FALSE, &ov, "2 renamed;");
    CHECK(MoveFileA("outside", "folder\\inside"));
    until(folder, FALSE, &ov, "1 inside;");
    CHECK(CreateDirectoryA("folder\\below", NULL));
    until(folder, FALSE, &ov, "1 below;");
    touch("folder\\below\\unseen");
    CHECK(DeleteFileA("folder\\inside"));
    until(folder, FALSE, &ov, "2 inside;");
    CHECK(!strstr(log_text, "unseen"));

    /* S-230: closing ends the call that is in flight. */
    CHECK(CloseHandle(folder));
    {
        DWORD bytes;
        ULONG_PTR key;
        OVERLAPPED *out = NULL;
        CHECK(!GetQueuedCompletionStatus(port, &bytes, &key, &out, 5000) && out == &ov);
        CHECK(GetLastError() == ERROR_OPERATION_ABORTED && bytes == 0 && key == 8);
    }
}

static void subtree(void)
{
    OVERLAPPED ov = {0};
    HANDLE folder = open_folder("folder");
    log_text[0] = 0;
    CHECK(CreateIoCompletionPort(folder, port, 8, 0) == port);
    watch(folder, TRUE, &ov);
    touch("folder\\below\\seen");
    until(folder, TRUE, &ov, "1 below\\seen;3 below\\seen;");
    CHECK(CreateDirectoryA("folder\\below\\deep", NULL));
    touch("folder\\below\\deep\\file");
    until(folder, TRUE, &ov, "3 below\\deep\\file;");
    CHECK(MoveFileA("folder\\below", "folder\\moved"));
    until(folder, TRUE, &ov, "4 below;5 moved;");
    touch("folder\\moved\\deep\\file");
    until(folder, TRUE, &ov, "3 moved\\deep\\file;");
    CHECK(MoveFileA("folder\\moved\\deep\\file", "folder\\file"));
    until(folder, TRUE, &ov, "2 moved\\deep\\file;1 file;");

    /* Changes between two calls are kept; and what an event says agrees. */
    CHECK(CancelIoEx(folder, &ov));
    {
        DWORD bytes, i;
        ULONG_PTR key;
        OVERLAPPED *out = NULL;
        CHECK(!GetQueuedCompletionStatus(port, &bytes, &key, &out, 5000) && out == &ov);
        CHECK(GetLastError() == ERROR_OPERATION_ABORTED);
        CHECK(DeleteFileA("folder\\file"));
        Sleep(50);
        log_text[0] = 0;
        ov.hEvent = CreateEventA(NULL, TRUE, TRUE, NULL);
        watch(folder, TRUE, &ov);
        CHECK(WaitForSingleObject(ov.hEvent, 5000) == WAIT_OBJECT_0);
        CHECK(GetOverlappedResult(folder, &ov, &bytes, TRUE) && bytes > 0);
        note(bytes);
        CHECK(!strcmp(log_text, "2 file;"));
        CHECK(GetQueuedCompletionStatus(port, &bytes, &key, &out, 5000) && out == &ov);

        /* Too many for the buffer: success and no bytes, and the directory must be read. */
        for (i = 0; i < 2000; i++) {
            char name[64];
            sprintf(name, "folder\\a long name that fills the buffer %lu", (unsigned long)i);
            touch(name);
        }
        Sleep(100);
        watch(folder, TRUE, &ov);
        CHECK(GetQueuedCompletionStatus(port, &bytes, &key, &out, 5000) && bytes == 0);
        CHECK((DWORD)ov.Internal == 0x10C && ov.InternalHigh == 0);
    }
    CHECK(CloseHandle(folder));
}

/* A program that issues the same zeroed OVERLAPPED again and again must not break anything. */
static void careless(void)
{
    static OVERLAPPED ov;
    HANDLE folder = open_folder("careless");
    DWORD bytes, i, packets = 0;
    ULONG_PTR key;
    OVERLAPPED *out;
    CHECK(CreateIoCompletionPort(folder, port, 8, 0) == port);
    for (i = 0; i < 20; i++) {
        memset(&ov, 0, sizeof(ov));
        watch(folder, FALSE, &ov);
    }
    for (i = 0; i < 5; i++) {
        touch(i % 2 ? "careless\\a" : "careless\\b");
        /* What is in the buffer is not looked at: another of the calls may be writing to it. */
        CHECK(GetQueuedCompletionStatus(port, &bytes, &key, &out, 5000) && out == &ov);
        packets++;
    }
    CHECK(CloseHandle(folder));
    /* Each call ends once, whatever has become of the structure meanwhile. */
    while (GetQueuedCompletionStatus(port, &bytes, &key, &out, 200) || out != NULL) {
        CHECK(out == &ov && key == 8);
        packets++;
    }
    CHECK(packets == 20);
}

static void refusals(void)
{
    OVERLAPPED ov = {0};
    HANDLE folder = open_folder("careless"), file;
    CHECK(!ReadDirectoryChangesW(folder, (char *)buffer + 1, 1000, FALSE, names_and_writes, NULL,
                                 &ov, NULL));
    CHECK(GetLastError() == ERROR_NOACCESS);
    CHECK(!ReadDirectoryChangesW(folder, buffer, 1000, FALSE, 0, NULL, &ov, NULL));
    CHECK(GetLastError() == ERROR_INVALID_PARAMETER);
    touch("plain");
    file = CreateFileA("plain", GENERIC_READ, 7, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
    CHECK(!ReadDirectoryChangesW(file, buffer, 1000, FALSE, names_and_writes, NULL, &ov, NULL));
    CHECK(GetLastError() == ERROR_INVALID_PARAMETER);
    CHECK(CloseHandle(file) && CloseHandle(folder));
}

static DWORD WINAPI touch_later(void *parameter)
{
    Sleep(50);
    touch((const char *)parameter);
    return 0;
}

static void synchronous(void)
{
    DWORD bytes = 0;
    HANDLE thread;
    HANDLE folder = CreateFileA("careless", FILE_LIST_DIRECTORY, 7, NULL, OPEN_EXISTING,
                                FILE_FLAG_BACKUP_SEMANTICS, NULL);
    CHECK(folder != INVALID_HANDLE_VALUE);
    thread = CreateThread(NULL, 0, touch_later, (void *)"careless\\sync", 0, NULL);
    CHECK(ReadDirectoryChangesW(folder, buffer, sizeof(buffer), FALSE, names_and_writes, &bytes,
                                NULL, NULL));
    CHECK(bytes > 0 && ((FILE_NOTIFY_INFORMATION *)buffer)->Action == FILE_ACTION_ADDED);
    CHECK(WaitForSingleObject(thread, 5000) == WAIT_OBJECT_0);
    CHECK(CloseHandle(folder));
}

static DWORD routine_bytes;
static VOID CALLBACK routine(DWORD error, DWORD bytes, LPOVERLAPPED overlapped)
{
    CHECK(error == 0 && overlapped != NULL);
    routine_bytes = bytes;
}

static void with_routine(void)
{
    OVERLAPPED ov = {0};
    HANDLE folder = open_folder("careless");
    CHECK(ReadDirectoryChangesW(folder, buffer, sizeof(buffer), FALSE, names_and_writes, NULL, &ov,
                                routine));
    touch("careless\\routine");
    CHECK(SleepEx(5000, TRUE) == WAIT_IO_COMPLETION && routine_bytes > 0);
    CHECK(CloseHandle(folder));
}

int main(void)
{
    port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
    CHECK(port != NULL);
    CHECK(CreateDirectoryA("folder", NULL) && CreateDirectoryA("careless", NULL));
    basic();
    subtree();
    careless();
    refusals();
    synchronous();
    with_routine();
    return 0;
}
