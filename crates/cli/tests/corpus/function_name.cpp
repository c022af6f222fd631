// options: -DUNICODE -D_UNICODE
// prints: main main
#include <stdio.h>
#include <tchar.h>

int main()
{
    const wchar_t *wide = __FUNCTIONW__;
    const wchar_t *pasted = _T(__FUNCTION__);
    wprintf(L"%s %s\n", wide, pasted);
}
