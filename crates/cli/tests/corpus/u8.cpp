// prints: größe
#include <iostream>

int main()
{
    const char *text = u8"größe";
    std::cout << text << u8"\n";
}
