// bridged: sizeof without brackets
// prints: 1 1 1
#include <cstdio>

struct record {
    int many[4];
};

int main()
{
    record one, *other = &one;
    int a = sizeof(int) * 4 == sizeof record;
    int b = sizeof one.many == sizeof other->many;
    std::printf("%d %d %d\n", a, b, sizeof *other == sizeof record);
}
