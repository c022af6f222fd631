// variants: clang
/* One-time initialisation, and waiting on an address. */
#include <windows.h>
#include "check.h"
#include "waits.h"

static INIT_ONCE once = INIT_ONCE_STATIC_INIT, failing, several;
static volatile LONG runs, fails = 1, word, woken;
static int thing;
static volatile UCHAR small;

static BOOL CALLBACK makes(PINIT_ONCE which, PVOID parameter, PVOID *context)
{
    CHECK(which == &once && parameter == &thing);
    Sleep(50);
    InterlockedIncrement(&runs);
    *context = &thing;
    return TRUE;
}

static BOOL CALLBACK may_fail(PINIT_ONCE which, PVOID parameter, PVOID *context)
{
    (void)which, (void)parameter, (void)context;
    SetLastError(4711);
    return fails-- <= 0;
}

static DWORD WINAPI runs_once(LPVOID parameter)
{
    PVOID context = NULL;

    (void)parameter;
    CHECK(InitOnceExecuteOnce(&once, makes, &thing, &context) && context == &thing);
    return 0;
}

static DWORD WINAPI waits(LPVOID parameter)
{
    LONG zero = 0;

    (void)parameter;
    while (word == 0)
        CHECK(WaitOnAddress(&word, &zero, sizeof(word), 20000));
    InterlockedIncrement(&woken);
    return 0;
}

static DWORD WINAPI waits_for_byte(LPVOID parameter)
{
    UCHAR zero = 0;

    CHECK(WaitOnAddress(&small, &zero, 1, 20000));
    return (DWORD)(ULONG_PTR)parameter;
}

int main(void)
{
    HANDLE threads[4];
    PVOID context = NULL;
    BOOL pending = 7;
    LONG one = 1, zero = 0;
    ULONGLONG wide = 5, same = 5;
    int i;

    CHECK(!InitOnceBeginInitialize(&once, INIT_ONCE_CHECK_ONLY, &pending, &context));
    for (i = 0; i < 4; i++)
        threads[i] = CreateThread(NULL, 0, runs_once, NULL, 0, NULL);
    CHECK(WaitForMultipleObjects(4, threads, TRUE, 20000) == WAIT_OBJECT_0 && runs == 1);
    CHECK(InitOnceBeginInitialize(&once, INIT_ONCE_CHECK_ONLY, &pending, &context));
    CHECK(pending == FALSE && context == &thing);

    CHECK(!InitOnceExecuteOnce(&failing, may_fail, NULL, NULL) && GetLastError() == 4711);
    CHECK(InitOnceExecuteOnce(&failing, may_fail, NULL, NULL) && fails == -1);
    CHECK(InitOnceExecuteOnce(&failing, may_fail, NULL, NULL) && fails == -1);

    InitOnceInitialize(&several);
    CHECK(InitOnceBeginInitialize(&several, INIT_ONCE_ASYNC, &pending, &context) && pending);
    CHECK(InitOnceBeginInitialize(&several, INIT_ONCE_ASYNC, &pending, &context) && pending);
    CHECK(InitOnceComplete(&several, INIT_ONCE_ASYNC, &thing));
    CHECK(!InitOnceComplete(&several, INIT_ONCE_ASYNC, &once));
    CHECK(InitOnceBeginInitialize(&several, 0, &pending, &context) && !pending && context == &thing);
    InitOnceInitialize(&several);
    CHECK(InitOnceBeginInitialize(&several, 0, &pending, NULL) && pending);
    CHECK(InitOnceComplete(&several, INIT_ONCE_INIT_FAILED, NULL));
    CHECK(InitOnceBeginInitialize(&several, 0, &pending, NULL) && pending);
    CHECK(InitOnceComplete(&several, 0, NULL) && !InitOnceComplete(&several, 0, NULL));

    CHECK(WaitOnAddress(&word, &one, sizeof(word), 0));
    CHECK(!WaitOnAddress(&word, &zero, sizeof(word), 20) && GetLastError() == ERROR_TIMEOUT);
    CHECK(!WaitOnAddress(&wide, &same, 8, 20) && GetLastError() == ERROR_TIMEOUT);
    CHECK(!WaitOnAddress(&word, &zero, 3, 0) && GetLastError() == ERROR_INVALID_PARAMETER);
    for (i = 0; i < 3; i++)
        threads[i] = CreateThread(NULL, 0, waits, NULL, 0, NULL);
    threads[3] = CreateThread(NULL, 0, waits_for_byte, (LPVOID)9, 0, NULL);
    for (i = 0; i < 4; i++)
        until_waits(threads[i]);
    InterlockedExchange(&word, 1);
    WakeByAddressSingle((PVOID)&word);
    CHECK(WaitForMultipleObjects(3, threads, FALSE, 20000) <= 2);
    WakeByAddressAll((PVOID)&word);
    CHECK(WaitForMultipleObjects(3, threads, TRUE, 20000) == WAIT_OBJECT_0 && woken == 3);
    CHECK(WaitForSingleObject(threads[3], 20) == WAIT_TIMEOUT);
    small = 1;
    WakeByAddressAll((PVOID)&small);
    CHECK(WaitForSingleObject(threads[3], 20000) == WAIT_OBJECT_0);
    return 0;
}
