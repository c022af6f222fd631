// bridged: suffixes such as i64
// prints: 5000000000 1 16
#include <stdio.h>
#include <windows.h>

static __forceinline unsigned __int64 large(void) { return 5000000000ui64; }

__declspec(align(16)) static char aligned[16];
__declspec(thread) static int local = 1;

DWORD WINAPI thread(LPVOID argument) { return argument != NULL; }

int main(void)
{
    LPTHREAD_START_ROUTINE start = thread;
    printf("%I64u %d %d\n", large(), local + (int)start(NULL),
           (int)((ULONG_PTR)aligned % 16 == 0) * 16);
    return 0;
}
