// variants: short clang
/* lstr*, case, comparing, the shell's strings and paths. */
#include <windows.h>
#include <shlwapi.h>
#include <string.h>
#include <wchar.h>
#include "check.h"

static void lstr(void)
{
    char text[16] = "ab";
    WCHAR wide[16];
    CHECK(lstrlenA("abc") == 3 && lstrlenA(NULL) == 0 && lstrlenW(L"wide") == 4);
    CHECK(lstrcatA(text, "cd") == text && strcmp(text, "abcd") == 0);
    CHECK(lstrcpynA(text, "abcdef", 4) == text && strcmp(text, "abc") == 0);
    CHECK(lstrcpyW(wide, L"one") == wide && lstrcatW(wide, L"two") == wide);
    CHECK(lstrcmpW(wide, L"onetwo") == 0);
    CHECK(lstrcmpiA("HeLLo", "hEllO") == 0 && lstrcmpiW(L"A", L"b") < 0);
    CHECK(lstrcmpA("apple", "Banana") < 0 && lstrcmpA("a", "A") < 0 && lstrcmpA("b", "A") > 0);
}

static void cases(void)
{
    char text[] = "mIxEd";
    WCHAR wide[] = L"m\x00eft";
    CHECK(CharUpperA(text) == text && strcmp(text, "MIXED") == 0);
    CHECK(CharLowerA(text) == text && strcmp(text, "mixed") == 0);
    CHECK(CharUpperW(wide) == wide && wide[0] == 'M' && wide[1] == 0xcf && wide[2] == 'T');
    CHECK((ULONG_PTR)CharUpperA((LPSTR)(ULONG_PTR)'q') == 'Q');
    CHECK(CharUpperBuffA(text, 2) == 2 && strcmp(text, "MIxed") == 0);
    CHECK(IsCharAlphaA('a') && !IsCharAlphaA('1') && IsCharAlphaNumericW(L'1'));
    CHECK(*CharNextA("ab") == 'b' && *CharNextA("") == 0);
    CHECK(*CharNextW(L"ab") == 'b');
    CHECK(CharPrevA(text, text + 2) == text + 1 && CharPrevA(text, text) == text);
}

static void comparing(void)
{
    CHECK(CompareStringOrdinal(L"abc", -1, L"ABC", -1, TRUE) == CSTR_EQUAL);
    CHECK(CompareStringOrdinal(L"abc", -1, L"ABC", -1, FALSE) == CSTR_GREATER_THAN);
    CHECK(CompareStringOrdinal(L"abx", 2, L"aby", 2, FALSE) == CSTR_EQUAL);
    CHECK(CompareStringA(LOCALE_USER_DEFAULT, NORM_IGNORECASE, "a", 1, "A", 1) == CSTR_EQUAL);
    SetLastError(0);
    CHECK(CompareStringOrdinal(NULL, -1, L"", -1, TRUE) == 0);
    CHECK(GetLastError() == ERROR_INVALID_PARAMETER);
}

static void shell_strings(void)
{
    const char *text = "one Two one";
    const WCHAR *wide = L"one Two one";
    char trimmed[] = "  _x y_ ";
    char *copy;
    CHECK(StrStrA(text, "Two") == text + 4 && StrStrA(text, "two") == NULL);
    CHECK(StrStrIA(text, "two") == text + 4 && StrStrW(wide, L"one") == wide);
    CHECK(StrChrA(text, 'T') == text + 4 && StrChrIW(wide, L't') == wide + 4);
    CHECK(StrRChrA(text, NULL, 'o') == text + 8);
    CHECK(StrToIntA("42x") == 42 && StrToIntA(" 42") == 0 && StrToIntA("+42") == 0 &&
           StrToIntW(L"-7") == -7);
    CHECK(StrCmpNIA("ABCx", "abcy", 3) == 0);
    CHECK(StrTrimA(trimmed, " _") && strcmp(trimmed, "x y") == 0 && !StrTrimA(trimmed, " _"));
    copy = StrDupA(text);
    CHECK(copy != NULL && copy != text && strcmp(copy, text) == 0);
    CHECK(LocalFree(copy) == NULL);
}

static void shell_paths(void)
{
    char path[MAX_PATH] = "C:\\dir\\file.txt";
    WCHAR wide[MAX_PATH] = L"\\a\\b.c";
    CHECK(strcmp(PathFindFileNameA(path), "file.txt") == 0);
    CHECK(strcmp(PathFindExtensionA(path), ".txt") == 0);
    CHECK(PathRemoveFileSpecA(path) && strcmp(path, "C:\\dir") == 0);
    CHECK(PathAppendA(path, "..\\x") && strcmp(path, "C:\\x") == 0);
    CHECK(!PathIsRelativeA(path) && PathIsRelativeA("x\\y") && !PathIsRelativeW(wide));
    CHECK(PathRenameExtensionW(wide, L".ini") && wcscmp(wide, L"\\a\\b.ini") == 0);
    PathStripPathW(wide);
    CHECK(wcscmp(wide, L"b.ini") == 0);
    PathRemoveExtensionW(wide);
    CHECK(wcscmp(wide, L"b") == 0);
    CHECK(PathCombineA(path, "C:\\a", "b\\c") == path && strcmp(path, "C:\\a\\b\\c") == 0);
    CHECK(*PathAddBackslashA(path) == 0 && strcmp(path, "C:\\a\\b\\c\\") == 0);
    CHECK(PathFileExistsA(".") && PathIsDirectoryA(".") == FILE_ATTRIBUTE_DIRECTORY);
    CHECK(!PathFileExistsW(L"no such file"));
}

int main(void)
{
    lstr();
    cases();
    comparing();
    shell_strings();
    shell_paths();
    return 0;
}
