// bridged: wmain
// arguments: größe 끝
// prints: 3 5 1
// exit: 5
#include <wchar.h>
#include <stdio.h>

int wmain(int argc, wchar_t **argv)
{
    printf("%d %d %d\n", argc, (int)wcslen(argv[1]), (int)wcslen(argv[2]));
    return argv[argc] == NULL ? 5 : 1;
}
