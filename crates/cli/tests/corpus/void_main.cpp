// bridged: void main
// arguments: one two
// prints: 3 two
// exit: 0
#include <windows.h>
#include <stdio.h>

VOID main(int argc, CHAR *argv[])
{
    printf("%d %s\n", argc, argv[argc - 1]);
    if (argc == 3)
        return;
    puts("not here");
}
