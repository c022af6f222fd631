// variants: short clang
/* Between code pages and wide characters: lengths, rooms, what cannot be converted. */
#include <windows.h>
#include <string.h>
#include <wchar.h>
#include "check.h"

/* "한글" in UTF-8, in code page 949, and its two characters. */
static const char utf8[] = "\xed\x95\x9c\xea\xb8\x80";
static const char uhc[] = "\xc7\xd1\xb1\xdb";

static void lengths(void)
{
    WCHAR wide[16];
    char bytes[16];
    CHECK(MultiByteToWideChar(CP_UTF8, 0, utf8, -1, NULL, 0) == 3);
    CHECK(MultiByteToWideChar(CP_UTF8, 0, utf8, 3, NULL, 0) == 1);
    memset(wide, 0x55, sizeof wide);
    CHECK(MultiByteToWideChar(CP_UTF8, 0, utf8, -1, wide, 3) == 3);
    CHECK(wide[0] == 0xd55c && wide[1] == 0xae00 && wide[2] == 0);
    memset(wide, 0x55, sizeof wide);
    CHECK(MultiByteToWideChar(CP_UTF8, 0, utf8, 6, wide, 16) == 2);
    CHECK(wide[1] == 0xae00 && wide[2] != 0);
    CHECK(WideCharToMultiByte(CP_UTF8, 0, wide, 2, NULL, 0, NULL, NULL) == 6);
    memset(bytes, 0x55, sizeof bytes);
    CHECK(WideCharToMultiByte(CP_UTF8, 0, wide, 2, bytes, 6, NULL, NULL) == 6);
    CHECK(memcmp(bytes, utf8, 6) == 0 && bytes[6] == 0x55);
    CHECK(WideCharToMultiByte(CP_UTF8, 0, L"ab", -1, bytes, 16, NULL, NULL) == 3);
    CHECK(strcmp(bytes, "ab") == 0);
}

static void mistakes(void)
{
    WCHAR wide[16];
    char bytes[16];
    BOOL used = TRUE;
    SetLastError(0);
    CHECK(MultiByteToWideChar(CP_UTF8, 0, utf8, -1, wide, 2) == 0);
    CHECK(GetLastError() == ERROR_INSUFFICIENT_BUFFER);
    CHECK(MultiByteToWideChar(CP_UTF8, 0, NULL, -1, wide, 16) == 0);
    CHECK(GetLastError() == ERROR_INVALID_PARAMETER);
    CHECK(MultiByteToWideChar(CP_UTF8, 0, utf8, 0, wide, 16) == 0);
    CHECK(GetLastError() == ERROR_INVALID_PARAMETER);
    CHECK(MultiByteToWideChar(12345, 0, utf8, -1, wide, 16) == 0);
    CHECK(GetLastError() == ERROR_INVALID_PARAMETER);
    CHECK(MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, "a\xff", -1, wide, 16) == 0);
    CHECK(GetLastError() == ERROR_NO_UNICODE_TRANSLATION);
    CHECK(MultiByteToWideChar(CP_UTF8, 0, "a\xff", -1, wide, 16) == 3 && wide[1] == 0xfffd);
    CHECK(WideCharToMultiByte(CP_UTF8, 0, L"abc", -1, bytes, 3, NULL, NULL) == 0);
    CHECK(GetLastError() == ERROR_INSUFFICIENT_BUFFER);
    CHECK(WideCharToMultiByte(CP_UTF8, 0, L"abc", -1, bytes, 16, NULL, &used) == 0);
    CHECK(GetLastError() == ERROR_INVALID_PARAMETER);
}

static void other_pages(void)
{
    WCHAR wide[16];
    char bytes[16];
    BOOL used = FALSE;
    CHECK(MultiByteToWideChar(949, 0, uhc, -1, wide, 16) == 3);
    CHECK(wide[0] == 0xd55c && wide[1] == 0xae00);
    CHECK(WideCharToMultiByte(949, 0, wide, -1, bytes, 16, NULL, &used) == 5);
    CHECK(strcmp(bytes, uhc) == 0 && !used);
    CHECK(WideCharToMultiByte(1252, 0, wide, -1, bytes, 16, "!", &used) == 3);
    CHECK(strcmp(bytes, "!!") == 0 && used);
    CHECK(WideCharToMultiByte(1252, 0, L"\x20ac", -1, bytes, 16, NULL, NULL) == 2);
    CHECK((unsigned char)bytes[0] == 0x80);
    CHECK(IsDBCSLeadByteEx(949, 0xc7) && !IsDBCSLeadByteEx(949, 'a'));
    CHECK(IsValidCodePage(949) && IsValidCodePage(CP_UTF8) && !IsValidCodePage(12345));
}

/* A character outside the first plane is one 32-bit or two 16-bit units. */
static void far_characters(void)
{
    const char crab[] = "\xf0\x9f\xa6\x80";
    WCHAR wide[4];
    char bytes[8];
    int units = sizeof(WCHAR) == 2 ? 2 : 1;
    CHECK(MultiByteToWideChar(CP_UTF8, 0, crab, 4, wide, 4) == units);
    CHECK(sizeof(WCHAR) == 2 ? wide[0] == (WCHAR)0xd83e : (unsigned)wide[0] == 0x1f980);
    CHECK(WideCharToMultiByte(CP_UTF8, 0, wide, units, bytes, 8, NULL, NULL) == 4);
    CHECK(memcmp(bytes, crab, 4) == 0);
}

/* A packed structure, as it comes from the network: wide characters at odd places. */
static void odd_places(void)
{
#pragma pack(push, 1)
    struct {
        char size;
        WCHAR name[4];
        WCHAR room[4];
    } packet = {1, L"abc", L""};
#pragma pack(pop)
    char bytes[8];
    LPCWSTR name = (LPCWSTR)(void *)((char *)&packet + 1);
    LPWSTR room = (LPWSTR)(void *)((char *)&packet + 1 + sizeof packet.name);
    CHECK(WideCharToMultiByte(CP_UTF8, 0, name, -1, bytes, 8, NULL, NULL) == 4);
    CHECK(strcmp(bytes, "abc") == 0);
    CHECK(MultiByteToWideChar(CP_UTF8, 0, "xyz", -1, room, 4) == 4);
    CHECK(memcmp(room, L"xyz", sizeof packet.room) == 0);
}

int main(void)
{
    odd_places();
    lengths();
    mistakes();
    other_pages();
    far_characters();
    return 0;
}
