// bridged: __finally; __except, which catches no fault
// prints: leave finally-1 loop thrown return finally-0 value-4 line-51
#include <windows.h>
#include <cstdio>

static int guarded()
{
    int value = 1;
    __try {
        value = 4;
        return value;
    }
    __finally {
        printf(" return finally-%d", AbnormalTermination() == 0);
        value = 9;
    }
}

int main()
{
    __try {
        for (int at = 0;; at++) {
            if (at == 3) {
                printf("leave");
                __leave;
            }
        }
    }
    __finally {
        printf(" finally-%d", AbnormalTermination() == 0);
    }
    for (;;) {
        __try {
            break;
        } __finally {
            __try { printf(" loop"); } __except (EXCEPTION_EXECUTE_HANDLER) { printf("never"); }
        }
    }
    try {
        __try {
            throw 1;
        } __finally {
            printf(" thrown");
        }
    } catch (int) {
    }
    __try {
        __leave;
    } __except (EXCEPTION_EXECUTE_HANDLER) { printf("never"); }
    int value = guarded();
    printf(" value-%d line-%d\n", value, __LINE__);
    return 0;
}
