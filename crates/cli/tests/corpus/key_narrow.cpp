// bridged: a key of 32 bits
// prints: 7
#include <cstdio>

typedef unsigned int DWORD;
typedef unsigned long long *PULONG_PTR;

static int GetQueuedCompletionStatus(int, DWORD *, PULONG_PTR place, void **, int)
{
    *place = 7;
    return 1;
}

int main()
{
    DWORD bytes, key;
    void *overlapped;
    if (GetQueuedCompletionStatus(1, &bytes, &key, &overlapped, 0))
        std::printf("%u\n", key);
}
