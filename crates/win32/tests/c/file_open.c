// variants: short clang
/* S-280 to S-284, S-288, S-289: dispositions, last errors, directories, names. */
#include <windows.h>
#include "check.h"

static HANDLE open_file(const char *name, DWORD access, DWORD disposition, DWORD flags)
{
    SetLastError(12345);
    return CreateFileA(name, access, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                       disposition, flags, NULL);
}

/* Opens, closes, and gives the last error; 12345 would mean that it was left alone. */
static DWORD outcome(const char *name, DWORD access, DWORD disposition, DWORD flags, BOOL *opened)
{
    HANDLE file = open_file(name, access, disposition, flags);
    DWORD error = GetLastError();
    *opened = file != INVALID_HANDLE_VALUE;
    if (*opened)
        CHECK(CloseHandle(file));
    return error;
}

static LONGLONG size_of(const char *name)
{
    LARGE_INTEGER size;
    HANDLE file = open_file(name, GENERIC_READ, OPEN_EXISTING, 0);
    CHECK(file != INVALID_HANDLE_VALUE);
    CHECK(GetFileSizeEx(file, &size));
    CHECK(CloseHandle(file));
    return size.QuadPart;
}

static void fill(const char *name)
{
    DWORD bytes;
    HANDLE file = open_file(name, GENERIC_WRITE, CREATE_ALWAYS, 0);
    CHECK(file != INVALID_HANDLE_VALUE);
    CHECK(WriteFile(file, "content", 7, &bytes, NULL) && bytes == 7);
    CHECK(CloseHandle(file));
}

int main(void)
{
    static const struct {
        DWORD disposition;
        BOOL opens_existing;
        DWORD error_existing;
        LONGLONG size_existing;
        BOOL opens_missing;
        DWORD error_missing;
    } rows[] = {
        {CREATE_NEW, FALSE, ERROR_FILE_EXISTS, 7, TRUE, 0},
        {CREATE_ALWAYS, TRUE, ERROR_ALREADY_EXISTS, 0, TRUE, 0},
        {OPEN_EXISTING, TRUE, 0, 7, FALSE, ERROR_FILE_NOT_FOUND},
        {OPEN_ALWAYS, TRUE, ERROR_ALREADY_EXISTS, 7, TRUE, 0},
        {TRUNCATE_EXISTING, TRUE, 0, 0, FALSE, ERROR_FILE_NOT_FOUND},
    };
    const DWORD both = GENERIC_READ | GENERIC_WRITE;
    BOOL opened;
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        fill("there");
        DeleteFileA("missing");
        CHECK(outcome("there", both, rows[i].disposition, 0, &opened) == rows[i].error_existing);
        CHECK(opened == rows[i].opens_existing);
        CHECK(size_of("there") == rows[i].size_existing);
        CHECK(outcome("missing", both, rows[i].disposition, 0, &opened) == rows[i].error_missing);
        CHECK(opened == rows[i].opens_missing);
        CHECK(outcome("nowhere\\x", both, rows[i].disposition, 0, &opened) ==
              ERROR_PATH_NOT_FOUND);
        CHECK(!opened);
    }

    /* S-281: who empties a file that may not be written, or a hidden one, says so. */
    fill("there");
    CHECK(SetFileAttributesA("there", FILE_ATTRIBUTE_READONLY));
    CHECK(outcome("there", both, CREATE_ALWAYS, 0, &opened) == ERROR_ACCESS_DENIED && !opened);
    CHECK(outcome("there", GENERIC_WRITE, OPEN_EXISTING, 0, &opened) == ERROR_ACCESS_DENIED);
    CHECK(outcome("there", GENERIC_READ, OPEN_EXISTING, 0, &opened) == 0 && opened);
    CHECK(SetFileAttributesA("there", FILE_ATTRIBUTE_NORMAL));
    if (SetFileAttributesA("there", FILE_ATTRIBUTE_HIDDEN)) {
        CHECK(outcome("there", both, CREATE_ALWAYS, 0, &opened) == ERROR_ACCESS_DENIED);
        CHECK(outcome("there", both, CREATE_ALWAYS, FILE_ATTRIBUTE_HIDDEN, &opened) ==
              ERROR_ALREADY_EXISTS);
        CHECK(GetFileAttributesA("there") & FILE_ATTRIBUTE_HIDDEN);
        CHECK(SetFileAttributesA("there", FILE_ATTRIBUTE_NORMAL));
    }

    /* S-282: directories need a flag. */
    CHECK(CreateDirectoryA("folder", NULL));
    CHECK(outcome("folder", GENERIC_READ, OPEN_EXISTING, 0, &opened) == ERROR_ACCESS_DENIED);
    CHECK(outcome("folder", GENERIC_READ, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, &opened) == 0);
    CHECK(opened);
    CHECK(outcome("folder", both, CREATE_NEW, FILE_FLAG_BACKUP_SEMANTICS, &opened) ==
          ERROR_FILE_EXISTS);

    /* Names: separators, another case, what no name may have in it, a device, no name at all. */
    fill("folder\\Name.Txt");
    CHECK(size_of("folder/Name.Txt") == 7);
    CHECK(size_of("FOLDER\\name.TXT") == 7);
    CHECK(size_of(".\\folder\\..\\folder\\NAME.txt") == 7);
    CHECK(outcome("a<b", both, CREATE_ALWAYS, 0, &opened) == ERROR_INVALID_NAME && !opened);
    CHECK(outcome("a?b", both, CREATE_ALWAYS, 0, &opened) == ERROR_INVALID_NAME && !opened);
    CHECK(outcome("a|b", both, OPEN_EXISTING, 0, &opened) == ERROR_INVALID_NAME && !opened);
    CHECK(outcome("", both, OPEN_EXISTING, 0, &opened) == ERROR_PATH_NOT_FOUND && !opened);
    outcome("nul", both, OPEN_EXISTING, 0, &opened);
    CHECK(opened);

    /* Numbers that make no sense. */
    CHECK(outcome("there", both, 0, 0, &opened) == ERROR_INVALID_PARAMETER && !opened);
    CHECK(outcome("there", both, 6, 0, &opened) == ERROR_INVALID_PARAMETER && !opened);

    /* The same by wide names. */
    {
        CREATEFILE2_EXTENDED_PARAMETERS parameters = {sizeof(parameters), 0, 0, 0, NULL, NULL};
        HANDLE file = CreateFileW(L"wide \x00e9\x4e2d", GENERIC_WRITE, 0, NULL, CREATE_NEW, 0, NULL);
        CHECK(file != INVALID_HANDLE_VALUE && CloseHandle(file));
        CHECK(GetFileAttributesW(L"WIDE \x00c9\x4e2d") != INVALID_FILE_ATTRIBUTES);
        parameters.dwFileFlags = FILE_FLAG_DELETE_ON_CLOSE;
        file = CreateFile2(L"wide \x00e9\x4e2d", GENERIC_READ, 0, OPEN_EXISTING, &parameters);
        CHECK(file != INVALID_HANDLE_VALUE && CloseHandle(file));
        CHECK(GetFileAttributesW(L"wide \x00e9\x4e2d") == INVALID_FILE_ATTRIBUTES);
        CHECK(GetLastError() == ERROR_FILE_NOT_FOUND);
    }
    return 0;
}
