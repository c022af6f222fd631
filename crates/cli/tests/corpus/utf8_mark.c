// encoding: utf-8-bom
// prints: größe
#include <stdio.h>

int main(void)
{
    puts("größe");
    return 0;
}
