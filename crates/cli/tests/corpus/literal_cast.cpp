// bridged: reinterpret_cast of a literal
// prints: 104
#include <cstdio>

int main()
{
    std::printf("%d\n", reinterpret_cast<unsigned char *>("oh")[1]);
}
