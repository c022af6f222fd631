// variants: short clang
/* In C++ the interlocked functions are overloads: each type of a program finds its own. */
#include <windows.h>
#include "check.h"

#include <cstdint>

template <class T> static void check(T volatile &n)
{
    n = 4;
    CHECK(InterlockedIncrement(&n) == 5);
    CHECK(InterlockedExchangeAdd(&n, 2) == 5);
    CHECK(InterlockedCompareExchange(&n, 1, 7) == 7);
    CHECK(InterlockedExchange(&n, 0) == 1);
    CHECK(InterlockedDecrement(&n) == T(-1));
    CHECK(n == T(-1));
}

int main()
{
    LONG volatile a;
    check<LONG>(a);
    long volatile b;
    check<long>(b);
#ifdef __COMPLETION_PORT__
    DWORD volatile c;
    check<DWORD>(c);
    unsigned long volatile d;
    check<unsigned long>(d);
    int64_t e = 0;
    CHECK(InterlockedIncrement64(&e) == 1);
    uint64_t f = 0;
    CHECK(InterlockedExchangeAdd64(&f, 3) == 0 && f == 3);
#endif
    LONGLONG g = 0;
    CHECK(InterlockedIncrement64(&g) == 1);
    return 0;
}
