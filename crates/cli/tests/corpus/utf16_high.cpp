// encoding: utf-16be
// bridged: UTF-16
// prints: 끝 €
#include <stdio.h>

int main(void)
{
    puts("끝 €");
    return 0;
}
