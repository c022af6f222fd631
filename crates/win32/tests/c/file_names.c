// variants: short
/* Calls that act on names: directories, deleting, moving, copying, links, full and temporary names. */
#include <windows.h>
#include "check.h"

static void make(const char *name, const char *content)
{
    DWORD bytes;
    HANDLE file = CreateFileA(name, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    CHECK(file != INVALID_HANDLE_VALUE);
    CHECK(WriteFile(file, content, (DWORD)strlen(content), &bytes, NULL) && CloseHandle(file));
}

static BOOL holds(const char *name, const char *content)
{
    char buffer[64] = {0};
    DWORD bytes = 0;
    HANDLE file = CreateFileA(name, GENERIC_READ, 7, NULL, OPEN_EXISTING, 0, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return FALSE;
    CHECK(ReadFile(file, buffer, 63, &bytes, NULL) && CloseHandle(file));
    return bytes == strlen(content) && !strcmp(buffer, content);
}

static BOOL exists(const char *name)
{
    return GetFileAttributesA(name) != INVALID_FILE_ATTRIBUTES;
}

static void directories(void)
{
    CHECK(CreateDirectoryA("d", NULL));
    CHECK(!CreateDirectoryA("d", NULL) && GetLastError() == ERROR_ALREADY_EXISTS);
    CHECK(!CreateDirectoryA("no\\d", NULL) && GetLastError() == ERROR_PATH_NOT_FOUND);
    CHECK(GetFileAttributesA("d") == FILE_ATTRIBUTE_DIRECTORY);
    make("d\\f", "f");
    CHECK(!RemoveDirectoryA("d") && GetLastError() == ERROR_DIR_NOT_EMPTY);
    CHECK(!RemoveDirectoryA("d\\f") && GetLastError() == ERROR_DIRECTORY);
    CHECK(!RemoveDirectoryA("none") && GetLastError() == ERROR_FILE_NOT_FOUND);
    CHECK(!DeleteFileA("d") && GetLastError() == ERROR_ACCESS_DENIED);
    CHECK(!DeleteFileA("none") && GetLastError() == ERROR_FILE_NOT_FOUND);
    CHECK(!DeleteFileA("none\\none") && GetLastError() == ERROR_PATH_NOT_FOUND);
    CHECK(SetFileAttributesA("d\\f", FILE_ATTRIBUTE_READONLY));
    CHECK(GetFileAttributesA("d\\f") & FILE_ATTRIBUTE_READONLY);
    CHECK(!DeleteFileA("d\\f") && GetLastError() == ERROR_ACCESS_DENIED);
    CHECK(SetFileAttributesA("d\\f", FILE_ATTRIBUTE_NORMAL));
    CHECK(DeleteFileA("D\\F") && RemoveDirectoryA("d") && !exists("d"));
}

static void moving(void)
{
    make("a", "a");
    make("b", "b");
    CHECK(!MoveFileA("a", "b") && GetLastError() == ERROR_ALREADY_EXISTS);
    CHECK(holds("b", "b"));
    CHECK(MoveFileExA("a", "b", MOVEFILE_REPLACE_EXISTING));
    CHECK(holds("b", "a") && !exists("a"));
    CHECK(!MoveFileA("a", "c") && GetLastError() == ERROR_FILE_NOT_FOUND);
    CHECK(!MoveFileA("b", "none\\c") && GetLastError() == ERROR_PATH_NOT_FOUND);
    CHECK(MoveFileA("b", "B") && MoveFileA("B", "b"));
    CHECK(CreateDirectoryA("d", NULL) && MoveFileA("b", "d\\b") && MoveFileA("d", "e"));
    CHECK(holds("e\\b", "a"));
    CHECK(!MoveFileExA("e\\b", "e", MOVEFILE_REPLACE_EXISTING));
    CHECK(GetLastError() == ERROR_ACCESS_DENIED);
    CHECK(DeleteFileA("e\\b") && RemoveDirectoryA("e"));
}

static DWORD chunks, limit = 3;
static DWORD CALLBACK progress(LARGE_INTEGER size, LARGE_INTEGER done, LARGE_INTEGER s, LARGE_INTEGER d,
                               DWORD stream, DWORD reason, HANDLE from, HANDLE to, LPVOID data)
{
    CHECK(size.QuadPart == s.QuadPart && done.QuadPart == d.QuadPart && stream == 1);
    CHECK(from != NULL && to != NULL && data == &chunks);
    if (reason == CALLBACK_STREAM_SWITCH)
        CHECK(done.QuadPart == 0);
    chunks++;
    return chunks > limit ? PROGRESS_CANCEL : PROGRESS_CONTINUE;
}

static void copying(void)
{
    HANDLE file;
    make("from", "content");
    CHECK(CopyFileA("from", "to", TRUE) && holds("to", "content"));
    CHECK(!CopyFileA("from", "to", TRUE) && GetLastError() == ERROR_FILE_EXISTS);
    make("from", "other");
    CHECK(CopyFileA("from", "to", FALSE) && holds("to", "other"));
    CHECK(!CopyFileA("none", "to", FALSE) && GetLastError() == ERROR_FILE_NOT_FOUND);
    CHECK(holds("to", "other"));
    CHECK(!CopyFileA("from", "from", FALSE) && GetLastError() == ERROR_SHARING_VIOLATION);
    CHECK(holds("from", "other"));
    file = CreateFileA("to", GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    CHECK(!CopyFileA("from", "to", FALSE) && GetLastError() == ERROR_SHARING_VIOLATION);
    CHECK(CloseHandle(file));

    /* A long copy tells how far it is, and can be stopped: then nothing is left. */
    file = CreateFileA("large", GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    CHECK(SetFilePointer(file, 10000000, NULL, FILE_BEGIN) && SetEndOfFile(file));
    CHECK(CloseHandle(file));
    CHECK(!CopyFileExA("large", "large2", progress, &chunks, NULL, 0));
    CHECK(GetLastError() == ERROR_REQUEST_ABORTED && chunks == 4 && !exists("large2"));
    limit = 100;
    CHECK(CopyFileExA("large", "large2", progress, &chunks, NULL, 0) && exists("large2"));
    CHECK(DeleteFileA("large") && DeleteFileA("large2"));
}

static void links(void)
{
    BY_HANDLE_FILE_INFORMATION info;
    HANDLE file;
    make("original", "o");
    CHECK(CreateHardLinkA("link", "original", NULL) && holds("link", "o"));
    CHECK(!CreateHardLinkA("link", "original", NULL) && GetLastError() == ERROR_ALREADY_EXISTS);
    file = CreateFileA("link", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    CHECK(GetFileInformationByHandle(file, &info) && info.nNumberOfLinks == 2);
    /* One file, whatever its names. */
    CHECK(CreateFileA("original", GENERIC_READ, 7, NULL, OPEN_EXISTING, 0, NULL) ==
          INVALID_HANDLE_VALUE);
    CHECK(GetLastError() == ERROR_SHARING_VIOLATION);
    CHECK(CloseHandle(file) && DeleteFileA("link") && holds("original", "o"));
    if (CreateSymbolicLinkA("soft", "original", 0)) {
        CHECK(holds("soft", "o"));
        CHECK(GetFileAttributesA("soft") & FILE_ATTRIBUTE_REPARSE_POINT);
        CHECK(DeleteFileA("soft") && holds("original", "o"));
    }
}

static void names(void)
{
    char here[MAX_PATH], full[MAX_PATH], name[MAX_PATH], *part;
    WCHAR wide[MAX_PATH];
    DWORD length;
    HANDLE file;

    length = GetCurrentDirectoryA(MAX_PATH, here);
    CHECK(length > 1 && length == strlen(here) && here[length - 1] != '\\');
    CHECK(GetCurrentDirectoryA(3, name) == length + 1);
    CHECK(GetFullPathNameA("x\\..\\y.txt", MAX_PATH, full, &part) == length + 6);
    CHECK(!strncmp(full, here, length) && !strcmp(full + length, "\\y.txt"));
    CHECK(!strcmp(part, "y.txt") && part == full + length + 1);
    CHECK(GetFullPathNameA("y.txt", 5, name, NULL) == length + 7);
    CHECK(GetFullPathNameW(L"y.txt", MAX_PATH, wide, NULL) == length + 6 && wide[length] == '\\');

    CHECK(CreateDirectoryA("sub", NULL) && SetCurrentDirectoryA("sub"));
    make("in sub", "s");
    CHECK(SetCurrentDirectoryA("..") && holds("sub\\in sub", "s"));
    CHECK(!SetCurrentDirectoryA("none") && GetLastError() == ERROR_FILE_NOT_FOUND);
    CHECK(!SetCurrentDirectoryA("sub\\in sub") && GetLastError() == ERROR_DIRECTORY);

    length = GetTempPathA(MAX_PATH, name);
    CHECK(length > 0 && length == strlen(name) && name[length - 1] == '\\');
    CHECK(GetTempPathA(2, full) == length + 1);
    length = GetTempFileNameA("sub", "abcd", 0, name);
    CHECK(length != 0 && exists(name) && !strncmp(name, "sub\\abc", 7));
    CHECK(strlen(name) > 8 && !strcmp(name + strlen(name) - 4, ".tmp"));
    CHECK(DeleteFileA(name));
    CHECK(GetTempFileNameA("sub", "q", 0x12ab, name) == 0x12ab && !strcmp(name, "sub\\q12AB.tmp"));
    CHECK(!exists(name));
    CHECK(GetTempFileNameA("none", "q", 0, name) == 0 && GetLastError() == ERROR_DIRECTORY);

    /* What an open file is called. */
    file = CreateFileA("SUB\\IN SUB", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    CHECK(file != INVALID_HANDLE_VALUE);
    length = GetFinalPathNameByHandleA(file, full, MAX_PATH, 0);
    CHECK(length == strlen(full) && !strncmp(full, "\\\\?\\", 4));
    CHECK(!strcmp(full + length - 10, "sub\\in sub"));
    CHECK(CloseHandle(file));
    CHECK(holds(full, "s") && holds(full + 4, "s"));
    CHECK(GetLongPathNameA("SUB\\in SUB", name, MAX_PATH) == 10 && !strcmp(name, "sub\\in sub"));
}

static void space(void)
{
    ULARGE_INTEGER available, total, free_bytes;
    DWORD sectors, bytes, free_clusters, clusters;
    CHECK(GetDiskFreeSpaceExA(".", &available, &total, &free_bytes));
    CHECK(available.QuadPart <= free_bytes.QuadPart && free_bytes.QuadPart <= total.QuadPart);
    CHECK(GetDiskFreeSpaceA(NULL, &sectors, &bytes, &free_clusters, &clusters));
    CHECK(sectors > 0 && bytes >= 512 && clusters >= free_clusters);
    CHECK(GetDriveTypeA("none") == DRIVE_NO_ROOT_DIR);
    CHECK(GetDriveTypeA(NULL) > DRIVE_NO_ROOT_DIR && GetLogicalDrives() != 0);
}

int main(void)
{
    directories();
    moving();
    copying();
    links();
    names();
    space();
    return 0;
}
