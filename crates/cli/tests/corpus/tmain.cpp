// bridged: _tmain
// arguments: ab
// prints: 2 2 1
#include <stdio.h>
#include <tchar.h>

int _tmain(int argc, _TCHAR *argv[], _TCHAR *envp[])
{
    _tprintf(_T("%d %d %d\n"), argc, (int)_tcslen(argv[1]), (int)sizeof(_TCHAR));
    return envp[0] == NULL;
}
