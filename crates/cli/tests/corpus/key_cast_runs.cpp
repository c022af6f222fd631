// bridged: a key as DWORD; the place of a key as LPDWORD
// prints: 1 1 1
// The calls as this program has them itself: what reaches them must be all of the pointer.
#include <cstdint>
#include <cstdio>

typedef unsigned int DWORD;
typedef std::uintptr_t ULONG_PTR, *PULONG_PTR;
typedef DWORD *LPDWORD;

static ULONG_PTR given;

static void CreateIoCompletionPort(int, int, ULONG_PTR key, int)
{
    given = key;
}

static void GetQueuedCompletionStatus(int, LPDWORD, PULONG_PTR key, void **, int)
{
    *key = given;
}

int main()
{
    int number = -1, *taken;
    DWORD bytes;
    void *overlapped;
    CreateIoCompletionPort(1, 2, (DWORD)&number, 0);
    GetQueuedCompletionStatus(2, &bytes, (LPDWORD)&taken, &overlapped, 0);
    int same = taken == &number;
    CreateIoCompletionPort(1, 2, (DWORD)taken, 0);
    int whole = given == (ULONG_PTR)&number;
    CreateIoCompletionPort(1, 2, (DWORD)number, 0);
    std::printf("%d %d %d\n", same, whole, given == 0xffffffff);
}
