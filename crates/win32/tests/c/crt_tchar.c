// variants: short clang
// flags: -DUNICODE -D_UNICODE
/* The names of tchar.h, wide. */
#include <windows.h>
#include <stdlib.h>
#include <tchar.h>

#include "check.h"

int main(void)
{
    TCHAR text[32], copy[] = _T("a b");
    _TCHAR *rest = NULL;
    CHECK(sizeof(TCHAR) == sizeof(wchar_t) && _tcslen(_T("abc")) == 3);
    CHECK(_stprintf_s(text, 32, _T("%s %d"), _T("x"), 7) == 3 && _tcscmp(text, _T("x 7")) == 0);
    CHECK(_tcscpy_s(text, 32, TEXT("name.EXE")) == 0 && _tcsicmp(text, _T("NAME.exe")) == 0);
    CHECK(_tcsrchr(text, _T('.')) == text + 4 && _tcsstr(text, _T("EXE")) == text + 5);
    CHECK(_ttoi(_T("42")) == 42 && _tcstol(_T("0x10"), NULL, 16) == 16);
    CHECK(_istdigit(_T('5')) && !_istalpha(_T('5')) && _totupper(_T('a')) == _T('A'));
    CHECK(_tcscmp(_tcstok_s(copy, _T(" "), &rest), _T("a")) == 0);
    CHECK(_itot_s(99, text, 32, 10) == 0 && _tcscmp(text, _T("99")) == 0);
    CHECK(_tcsncpy_s(text, 4, _T("abcdef"), _TRUNCATE) == STRUNCATE && _tcslen(text) == 3);
    CHECK(_tprintf(_T("%s\n"), text) == 4);
#ifdef __COMPLETION_PORT__
    /* As Microsoft's preprocessor has it, which overlooks further arguments. */
    CHECK(_tcscmp(_T("a", 1), TEXT("a", 1, 2)) == 0);
#endif
    return 0;
}
