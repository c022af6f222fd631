// options: -DUNICODE -D_UNICODE
// bridged: _tmain
// arguments: 한글
// prints: 2 2 4 한글
#include <stdio.h>
#include <tchar.h>

int _tmain(int argc, _TCHAR *argv[])
{
    _tprintf(_T("%d %d %d %s\n"), argc, (int)_tcslen(argv[1]), (int)sizeof(_TCHAR), argv[1]);
    return 0;
}
