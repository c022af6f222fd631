// variants: short clang
/* INI files: reading, writing, lists. */
#include <windows.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>
#include "check.h"

#define FILE_NAME ".\\settings.ini"
#define WIDE_NAME L".\\settings.ini"

int main(void)
{
    char text[64];
    WCHAR wide[64];
    FILE *file = fopen("settings.ini", "wb");
    CHECK(file != NULL);
    fputs("; comment\r\n[Server]\r\nPort = 9190\r\nName=\" a b \"\r\n[Empty]\r\n", file);
    fclose(file);
    CHECK(GetPrivateProfileIntA("Server", "port", 5, FILE_NAME) == 9190);
    CHECK(GetPrivateProfileIntW(L"SERVER", L"Port", 5, WIDE_NAME) == 9190);
    CHECK(GetPrivateProfileIntA("Server", "none", 5, FILE_NAME) == 5);
    CHECK(GetPrivateProfileIntA("none", "port", -5, FILE_NAME) == (UINT)-5);
    CHECK(GetPrivateProfileStringA("Server", "Name", "", text, 64, FILE_NAME) == 5);
    CHECK(strcmp(text, " a b ") == 0);
    CHECK(GetPrivateProfileStringW(L"Server", L"x", L"dflt", wide, 64, WIDE_NAME) == 4);
    CHECK(wcscmp(wide, L"dflt") == 0);
    CHECK(GetPrivateProfileStringA("Server", "Port", "", text, 3, FILE_NAME) == 2);
    CHECK(strcmp(text, "91") == 0);
    CHECK(GetPrivateProfileStringA("Server", NULL, "", text, 64, FILE_NAME) == 10);
    CHECK(memcmp(text, "Port\0Name\0", 11) == 0);
    CHECK(GetPrivateProfileStringA(NULL, NULL, "", text, 64, FILE_NAME) == 13);
    CHECK(memcmp(text, "Server\0Empty\0", 14) == 0);
    CHECK(WritePrivateProfileStringA("Server", "Port", "1", FILE_NAME));
    CHECK(WritePrivateProfileStringW(L"New", L"Key", L"w\xd55c", WIDE_NAME));
    CHECK(GetPrivateProfileIntA("Server", "Port", 0, FILE_NAME) == 1);
    CHECK(GetPrivateProfileStringW(L"New", L"Key", L"", wide, 64, WIDE_NAME) == 2);
    CHECK(wide[1] == 0xd55c);
    CHECK(WritePrivateProfileStringA("Server", NULL, NULL, FILE_NAME));
    CHECK(GetPrivateProfileIntA("Server", "Port", 7, FILE_NAME) == 7);
    CHECK(GetPrivateProfileStringA("a", "b", "none", text, 64, ".\\missing.ini") == 4);
    CHECK(GetLastError() == ERROR_FILE_NOT_FOUND);
    return 0;
}
