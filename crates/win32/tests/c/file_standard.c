/* Standard streams as handles; devices. */
#include <windows.h>
#include "check.h"

int main(void)
{
    char buffer[16];
    DWORD bytes = 99;
    HANDLE out = GetStdHandle(STD_OUTPUT_HANDLE), in = GetStdHandle(STD_INPUT_HANDLE);
    HANDLE file, null;

    CHECK(out != NULL && out != INVALID_HANDLE_VALUE && GetStdHandle(STD_OUTPUT_HANDLE) == out);
    CHECK(GetStdHandle(5) == INVALID_HANDLE_VALUE);
    CHECK(GetFileType(out) != FILE_TYPE_UNKNOWN);
    CHECK(WriteFile(out, "written\n", 8, &bytes, NULL) && bytes == 8);
    CHECK(in != NULL && ReadFile(in, buffer, 16, &bytes, NULL) && bytes == 0);

    null = CreateFileA("NUL", GENERIC_READ | GENERIC_WRITE, 7, NULL, OPEN_EXISTING, 0, NULL);
    CHECK(null != INVALID_HANDLE_VALUE && GetFileType(null) == FILE_TYPE_CHAR);
    CHECK(WriteFile(null, "gone", 4, &bytes, NULL) && bytes == 4);
    CHECK(ReadFile(null, buffer, 16, &bytes, NULL) && bytes == 0);

    file = CreateFileA("file", GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    CHECK(SetStdHandle(STD_OUTPUT_HANDLE, file) && GetStdHandle(STD_OUTPUT_HANDLE) == file);
    CHECK(WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), "here", 4, &bytes, NULL));
    CHECK(GetFileSize(file, NULL) == 4);
    CHECK(SetStdHandle(STD_OUTPUT_HANDLE, out));
    return 0;
}
