// variants: short
/* What is known about a file, by handle, by class and by name, and changing it. */
#include <windows.h>
#include <winioctl.h>
#include "check.h"

static ULONGLONG number(FILETIME time)
{
    return (ULONGLONG)time.dwHighDateTime << 32 | time.dwLowDateTime;
}

static void listing(void)
{
    static ULONGLONG room[200];
    char text[256] = "", *end = text;
    HANDLE folder;
    DWORD i;
    FILE_INFO_BY_HANDLE_CLASS what = FileIdBothDirectoryRestartInfo;

    CHECK(CreateDirectoryA("d", NULL) && CreateDirectoryA("d\\one", NULL));
    CHECK(CreateDirectoryA("d\\two", NULL) && CreateDirectoryA("d\\three", NULL));
    folder = CreateFileA("d", FILE_LIST_DIRECTORY, 7, NULL, OPEN_EXISTING,
                         FILE_FLAG_BACKUP_SEMANTICS, NULL);
    CHECK(folder != INVALID_HANDLE_VALUE);
    while (GetFileInformationByHandleEx(folder, what, room, 320)) {
        const char *at = (const char *)room;
        for (;;) {
            const FILE_ID_BOTH_DIR_INFO *entry = (const FILE_ID_BOTH_DIR_INFO *)at;
            for (i = 0; i < entry->FileNameLength / sizeof(WCHAR); i++)
                *end++ = (char)entry->FileName[i];
            *end++ = ';';
            CHECK(entry->FileId.QuadPart != 0);
            CHECK(entry->FileAttributes & FILE_ATTRIBUTE_DIRECTORY);
            if (entry->NextEntryOffset == 0)
                break;
            at += entry->NextEntryOffset;
        }
        what = FileIdBothDirectoryInfo;
    }
    CHECK(GetLastError() == ERROR_NO_MORE_FILES);
    *end = 0;
    CHECK(!strcmp(text, ".;..;one;three;two;"));
    CHECK(GetFileInformationByHandleEx(folder, FileFullDirectoryRestartInfo, room, sizeof(room)));
    CHECK(((FILE_FULL_DIR_INFO *)room)->FileNameLength == sizeof(WCHAR));
    CHECK(((FILE_FULL_DIR_INFO *)room)->FileName[0] == '.');
    CHECK(CloseHandle(folder));
}

static void controls(HANDLE file)
{
    FILE_ZERO_DATA_INFORMATION zero;
    FILE_ALLOCATED_RANGE_BUFFER range, found[8];
    char buffer[16];
    DWORD bytes;
    OVERLAPPED ov = {0};

    CHECK(DeviceIoControl(file, FSCTL_SET_SPARSE, NULL, 0, NULL, 0, &bytes, NULL) && bytes == 0);
    zero.FileOffset.QuadPart = 2;
    zero.BeyondFinalZero.QuadPart = 4;
    if (DeviceIoControl(file, FSCTL_SET_ZERO_DATA, &zero, sizeof(zero), NULL, 0, &bytes, NULL)) {
        CHECK(ReadFile(file, buffer, 6, &bytes, &ov) && !memcmp(buffer, "01\0\0" "45", 6));
    }
    range.FileOffset.QuadPart = 0;
    range.Length.QuadPart = 10;
    CHECK(DeviceIoControl(file, FSCTL_QUERY_ALLOCATED_RANGES, &range, sizeof(range), found,
                          sizeof(found), &bytes, NULL));
    CHECK(bytes == sizeof(found[0]) && found[0].FileOffset.QuadPart == 0);
    CHECK(!DeviceIoControl(file, CTL_CODE(FILE_DEVICE_UNKNOWN, 0x999, METHOD_BUFFERED, 0), NULL, 0,
                           NULL, 0, &bytes, NULL));
    CHECK(GetLastError() == ERROR_INVALID_FUNCTION);
}

int main(void)
{
    BY_HANDLE_FILE_INFORMATION info;
    WIN32_FILE_ATTRIBUTE_DATA data;
    FILE_BASIC_INFO basic;
    FILE_STANDARD_INFO standard;
    FILE_ATTRIBUTE_TAG_INFO tag;
    FILE_END_OF_FILE_INFO end;
    FILE_ID_INFO id;
    FILETIME created, accessed, written, set;
    union {
        FILE_NAME_INFO info;
        FILE_RENAME_INFO rename;
        char room[1024];
    } name;
    DWORD bytes, i;
    WCHAR *text;
    HANDLE file = CreateFileA("file", GENERIC_READ | GENERIC_WRITE | DELETE, 7, NULL, CREATE_ALWAYS,
                              0, NULL);
    CHECK(file != INVALID_HANDLE_VALUE && WriteFile(file, "0123456789", 10, &bytes, NULL));

    CHECK(GetFileInformationByHandle(file, &info));
    CHECK(info.nFileSizeLow == 10 && info.nFileSizeHigh == 0 && info.nNumberOfLinks == 1);
    CHECK(info.dwFileAttributes == FILE_ATTRIBUTE_ARCHIVE);
    CHECK(GetFileAttributesExA("file", GetFileExInfoStandard, &data) && data.nFileSizeLow == 10);
    CHECK(!GetFileAttributesExA("none", GetFileExInfoStandard, &data));
    CHECK(GetLastError() == ERROR_FILE_NOT_FOUND);

    /* Times: 2001-09-09 01:46:40 UTC. */
    set.dwHighDateTime = (DWORD)(126444736000000000ULL >> 32);
    set.dwLowDateTime = (DWORD)126444736000000000ULL;
    CHECK(SetFileTime(file, NULL, NULL, &set));
    CHECK(GetFileTime(file, &created, &accessed, &written) && number(written) == number(set));
    CHECK(number(created) > number(set) && number(accessed) > number(set));
    CHECK(GetFileInformationByHandleEx(file, FileBasicInfo, &basic, sizeof(basic)));
    CHECK((ULONGLONG)basic.LastWriteTime.QuadPart == number(set));
    memset(&basic, 0, sizeof(basic));
    basic.FileAttributes = FILE_ATTRIBUTE_READONLY;
    CHECK(SetFileInformationByHandle(file, FileBasicInfo, &basic, sizeof(basic)));
    CHECK(GetFileTime(file, NULL, NULL, &written) && number(written) == number(set));
    CHECK(GetFileInformationByHandleEx(file, FileAttributeTagInfo, &tag, sizeof(tag)));
    CHECK(tag.FileAttributes & FILE_ATTRIBUTE_READONLY);
    basic.FileAttributes = FILE_ATTRIBUTE_NORMAL;
    CHECK(SetFileInformationByHandle(file, FileBasicInfo, &basic, sizeof(basic)));

    CHECK(GetFileInformationByHandleEx(file, FileStandardInfo, &standard, sizeof(standard)));
    CHECK(standard.EndOfFile.QuadPart == 10 && standard.NumberOfLinks == 1);
    CHECK(!standard.DeletePending && !standard.Directory);
    CHECK(!GetFileInformationByHandleEx(file, FileStandardInfo, &standard, 8));
    CHECK(GetLastError() == ERROR_BAD_LENGTH);
    CHECK(!GetFileInformationByHandleEx(file, FileEndOfFileInfo, &standard, sizeof(standard)));
    CHECK(GetLastError() == ERROR_INVALID_PARAMETER);
    CHECK(GetFileInformationByHandleEx(file, FileIdInfo, &id, sizeof(id)));
    controls(file);

    end.EndOfFile.QuadPart = 4;
    CHECK(SetFileInformationByHandle(file, FileEndOfFileInfo, &end, sizeof(end)));
    CHECK(GetFileSize(file, NULL) == 4);

    CHECK(GetFileInformationByHandleEx(file, FileNameInfo, &name, sizeof(name)));
    i = name.info.FileNameLength / sizeof(WCHAR);
    text = name.info.FileName;
    CHECK(i > 5 && text[i - 5] == '\\' && text[i - 1] == 'e');
    CHECK(!GetFileInformationByHandleEx(file, FileNameInfo, &name, 10));
    CHECK(GetLastError() == ERROR_MORE_DATA);

    memset(&name, 0, sizeof(name));
    name.rename.FileNameLength = 5 * sizeof(WCHAR);
    text = name.rename.FileName;
    for (i = 0; i < 5; i++)
        text[i] = (WCHAR)"other"[i];
    CHECK(SetFileInformationByHandle(file, FileRenameInfo, &name, sizeof(name)));
    CHECK(GetFileAttributesA("file") == INVALID_FILE_ATTRIBUTES);
    CHECK(GetFileAttributesA("other") != INVALID_FILE_ATTRIBUTES);
    CHECK(CloseHandle(file));
    listing();
    return 0;
}
