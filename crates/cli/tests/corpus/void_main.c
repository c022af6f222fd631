// bridged: void main
// exit: 0
#include <stdio.h>

static int status(void) { return 7; }

void main()
{
    status();
    return;
}
