// variants: short clang
/* Interlocked functions: what they return, and that a `long` of the program is taken whole. */
#include <windows.h>
#include "check.h"

static void of_32_bits(void)
{
    LONG n = 5;

    CHECK(InterlockedIncrement(&n) == 6 && n == 6);
    CHECK(InterlockedDecrement(&n) == 5 && n == 5);
    CHECK(InterlockedExchange(&n, -7) == 5 && n == -7);
    CHECK(InterlockedExchangeAdd(&n, 10) == -7 && n == 3);
    CHECK(InterlockedAdd(&n, 4) == 7 && n == 7);
    CHECK(InterlockedCompareExchange(&n, 1, 6) == 7 && n == 7);
    CHECK(InterlockedCompareExchange(&n, 12, 7) == 7 && n == 12);
    CHECK(InterlockedAnd(&n, 6) == 12 && n == 4);
    CHECK(InterlockedOr(&n, 3) == 4 && n == 7);
    CHECK(InterlockedXor(&n, 5) == 7 && n == 2);
    n = 0x7fffffff;
    CHECK(InterlockedIncrement(&n) < 0);
}

static void of_64_bits(void)
{
    LONG64 n = 0xffffffff;

    CHECK(InterlockedIncrement64(&n) == 0x100000000 && n == 0x100000000);
    CHECK(InterlockedDecrement64(&n) == 0xffffffff);
    CHECK(InterlockedExchange64(&n, 1) == 0xffffffff);
    CHECK(InterlockedExchangeAdd64(&n, 0x200000000) == 1 && n == 0x200000001);
    CHECK(InterlockedCompareExchange64(&n, 9, 0x200000001) == 0x200000001 && n == 9);
}

/* On Windows the halves of a `long` cannot tell; here a 32-bit operation would lose the upper. */
static void of_long(void)
{
    volatile long n = 0x7fffffff;

    InterlockedDecrement(&n);
    CHECK(InterlockedExchange(&n, -1) == 0x7ffffffe && n == -1);
    CHECK(InterlockedIncrement(&n) == 0 && n == 0);
    CHECK(InterlockedCompareExchange(&n, -2, 0) == 0 && n == -2);
    CHECK(InterlockedExchangeAdd(&n, 1) == -2 && n == -1);
}

static void of_pointers(void)
{
    int a, b;
    PVOID p = &a;

    CHECK(InterlockedExchangePointer(&p, &b) == &a && p == &b);
    CHECK(InterlockedCompareExchangePointer(&p, NULL, &a) == &b && p == &b);
    CHECK(InterlockedCompareExchangePointer(&p, NULL, &b) == &b && p == NULL);
}

#ifdef __COMPLETION_PORT__
/* GCC for Windows wants an option for it. */
static void of_two_words(void)
{
    static DECLSPEC_ALIGN(16) LONG64 words[2] = {1, 2};
    LONG64 expected[2] = {1, 3};

    CHECK(!InterlockedCompareExchange128(words, 20, 10, expected));
    CHECK(expected[0] == 1 && expected[1] == 2 && words[0] == 1 && words[1] == 2);
    CHECK(InterlockedCompareExchange128(words, 20, 10, expected));
    CHECK(words[0] == 10 && words[1] == 20);
}
#endif

int main(void)
{
    of_32_bits();
    of_64_bits();
    of_long();
    of_pointers();
#ifdef __COMPLETION_PORT__
    of_two_words();
#endif
    return 0;
}
