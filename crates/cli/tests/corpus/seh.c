// only: gcc
// bridged: __finally; __except, which catches no fault
// prints: leave finally-1 loop return finally-0 value-4
#include <windows.h>
#include <stdio.h>

static int guarded(void)
{
    int value = 1;
    __try {
        value = 4;
        return value;
    } __finally {
        printf(" return finally-%d", AbnormalTermination() == 0);
        value = 9;
    }
    return 0;
}

int main(void)
{
    int at;
    __try {
        for (at = 0;; at++) {
            if (at == 3) {
                printf("leave");
                __leave;
            }
        }
    } __finally {
        printf(" finally-%d", AbnormalTermination() == 0);
    }
    for (;;) {
        __try {
            break;
        } __finally {
            printf(" loop");
        }
    }
    __try {
        __try {
            printf("%s", "");
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            printf("never");
        }
        __leave;
    } __except (GetExceptionCode() == 0xc0000005 ? EXCEPTION_EXECUTE_HANDLER
                                                 : EXCEPTION_CONTINUE_SEARCH) {
        printf("never");
    }
    printf(" value-%d\n", guarded());
    return 0;
}
