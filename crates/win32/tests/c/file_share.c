/* S-284: every access and share against every other. S-283, S-285, S-286: metadata conflicts with
   nothing, a refused open changes nothing, duplicates keep the mode. S-287: delete on close. */
#include <windows.h>
#include "check.h"

static const DWORD accesses[] = {
    0,
    FILE_READ_ATTRIBUTES,
    GENERIC_READ,
    GENERIC_WRITE,
    FILE_APPEND_DATA,
    FILE_EXECUTE,
    DELETE,
    GENERIC_READ | GENERIC_WRITE,
    GENERIC_READ | DELETE,
    GENERIC_ALL,
};
#define ACCESSES (sizeof(accesses) / sizeof(accesses[0]))

static DWORD needs(DWORD access)
{
    DWORD shares = 0;
    if (access & (GENERIC_READ | GENERIC_ALL | FILE_READ_DATA | FILE_EXECUTE))
        shares |= FILE_SHARE_READ;
    if (access & (GENERIC_WRITE | GENERIC_ALL | FILE_WRITE_DATA | FILE_APPEND_DATA))
        shares |= FILE_SHARE_WRITE;
    if (access & (GENERIC_ALL | DELETE))
        shares |= FILE_SHARE_DELETE;
    return shares;
}

static BOOL compatible(DWORD access, DWORD share, DWORD access2, DWORD share2)
{
    if (!needs(access) || !needs(access2))
        return TRUE;
    return !(needs(access) & ~share2) && !(needs(access2) & ~share);
}

static HANDLE open_file(DWORD access, DWORD share, DWORD disposition, DWORD flags)
{
    return CreateFileA("file", access, share, NULL, disposition, flags, NULL);
}

static void matrix(void)
{
    size_t i, j;
    DWORD share, share2;
    for (i = 0; i < ACCESSES; i++)
        for (share = 0; share < 8; share++) {
            HANDLE first = open_file(accesses[i], share, OPEN_EXISTING, 0);
            CHECK(first != INVALID_HANDLE_VALUE);
            for (j = 0; j < ACCESSES; j++)
                for (share2 = 0; share2 < 8; share2++) {
                    HANDLE second = open_file(accesses[j], share2, OPEN_EXISTING, 0);
                    BOOL opened = second != INVALID_HANDLE_VALUE;
                    CHECK(opened || GetLastError() == ERROR_SHARING_VIOLATION);
                    CHECK(opened == compatible(accesses[i], share, accesses[j], share2));
                    if (opened)
                        CloseHandle(second);
                }
            CloseHandle(first);
        }
}

static void delete_on_close(void)
{
    const DWORD all = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    HANDLE first, second;

    first = open_file(GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, OPEN_EXISTING, 0);
    CHECK(open_file(GENERIC_READ, all, OPEN_EXISTING, FILE_FLAG_DELETE_ON_CLOSE) ==
          INVALID_HANDLE_VALUE);
    CHECK(GetLastError() == ERROR_SHARING_VIOLATION);
    CloseHandle(first);

    first = open_file(GENERIC_READ, all, OPEN_EXISTING, FILE_FLAG_DELETE_ON_CLOSE);
    CHECK(first != INVALID_HANDLE_VALUE);
    CHECK(open_file(GENERIC_READ, FILE_SHARE_READ, OPEN_EXISTING, 0) == INVALID_HANDLE_VALUE);
    CHECK(GetLastError() == ERROR_SHARING_VIOLATION);
    second = open_file(GENERIC_READ, all, OPEN_EXISTING, 0);
    CHECK(second != INVALID_HANDLE_VALUE);
    CHECK(CloseHandle(first));

    /* The name is still there, but nobody gets in, and nobody can use it. */
    CHECK(open_file(GENERIC_READ, all, OPEN_EXISTING, 0) == INVALID_HANDLE_VALUE);
    CHECK(GetLastError() == ERROR_ACCESS_DENIED);
    CHECK(open_file(GENERIC_WRITE, all, CREATE_ALWAYS, 0) == INVALID_HANDLE_VALUE);
    CHECK(GetLastError() == ERROR_ACCESS_DENIED);
    CHECK(CloseHandle(second));
    CHECK(open_file(GENERIC_READ, all, OPEN_EXISTING, 0) == INVALID_HANDLE_VALUE);
    CHECK(GetLastError() == ERROR_FILE_NOT_FOUND);

    /* By information instead of by flag. */
    {
        FILE_DISPOSITION_INFO doomed = {TRUE};
        first = open_file(GENERIC_WRITE | DELETE, all, CREATE_NEW, 0);
        CHECK(SetFileInformationByHandle(first, FileDispositionInfo, &doomed, sizeof(doomed)));
        CHECK(open_file(GENERIC_READ, all, OPEN_EXISTING, 0) == INVALID_HANDLE_VALUE);
        CHECK(GetLastError() == ERROR_ACCESS_DENIED);
        CHECK(CloseHandle(first));
        CHECK(GetFileAttributesA("file") == INVALID_FILE_ATTRIBUTES);
    }
}

int main(void)
{
    HANDLE file, twin;
    LARGE_INTEGER size;
    DWORD bytes;

    file = open_file(GENERIC_WRITE, 0, CREATE_NEW, 0);
    CHECK(file != INVALID_HANDLE_VALUE);
    CHECK(WriteFile(file, "content", 7, &bytes, NULL));

    /* S-285 */
    CHECK(open_file(GENERIC_WRITE, 7, CREATE_ALWAYS, 0) == INVALID_HANDLE_VALUE);
    CHECK(GetLastError() == ERROR_SHARING_VIOLATION);
    CHECK(GetFileSizeEx(file, &size) && size.QuadPart == 7);

    /* S-286: the file object counts, not the handle. */
    CHECK(DuplicateHandle(GetCurrentProcess(), file, GetCurrentProcess(), &twin, 0, FALSE,
                          DUPLICATE_SAME_ACCESS));
    CHECK(CloseHandle(file));
    CHECK(open_file(GENERIC_READ, 7, OPEN_EXISTING, 0) == INVALID_HANDLE_VALUE);
    CHECK(GetLastError() == ERROR_SHARING_VIOLATION);
    CHECK(CloseHandle(twin));

    matrix();

    /* Deleting a name asks those who have the file open. */
    file = open_file(GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, OPEN_EXISTING, 0);
    CHECK(!DeleteFileA("file") && GetLastError() == ERROR_SHARING_VIOLATION);
    CHECK(!MoveFileA("file", "other") && GetLastError() == ERROR_SHARING_VIOLATION);
    CHECK(CloseHandle(file));

    delete_on_close();
    return 0;
}
