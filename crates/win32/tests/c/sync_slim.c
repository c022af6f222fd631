// variants: clang
/* Slim reader/writer locks and condition variables. */
#include <windows.h>
#include "check.h"

enum { ITEMS = 20000 };

static SRWLOCK lock = SRWLOCK_INIT;
static CRITICAL_SECTION section;
static CONDITION_VARIABLE not_empty = CONDITION_VARIABLE_INIT, not_full, all;
static LONG queued, taken, writers, most_readers;
static volatile LONG readers;
static BOOL go, over;

static DWORD WINAPI writes(LPVOID parameter)
{
    int i;

    (void)parameter;
    for (i = 0; i < ITEMS; i++) {
        AcquireSRWLockExclusive(&lock);
        CHECK(readers == 0);
        writers++;
        ReleaseSRWLockExclusive(&lock);
    }
    return 0;
}

static DWORD WINAPI reads(LPVOID parameter)
{
    LONG now, most;
    int i;

    (void)parameter;
    for (i = 0; i < ITEMS; i++) {
        AcquireSRWLockShared(&lock);
        now = InterlockedIncrement(&readers);
        do
            most = InterlockedCompareExchange(&most_readers, 0, 0);
        while (most < now && InterlockedCompareExchange(&most_readers, now, most) != most);
        InterlockedDecrement(&readers);
        ReleaseSRWLockShared(&lock);
    }
    return 0;
}

static DWORD WINAPI produces(LPVOID parameter)
{
    int i;

    (void)parameter;
    for (i = 0; i < ITEMS; i++) {
        AcquireSRWLockExclusive(&lock);
        while (queued == 4)
            CHECK(SleepConditionVariableSRW(&not_full, &lock, INFINITE, 0));
        queued++;
        ReleaseSRWLockExclusive(&lock);
        WakeConditionVariable(&not_empty);
    }
    return 0;
}

static DWORD WINAPI consumes(LPVOID parameter)
{
    (void)parameter;
    for (;;) {
        AcquireSRWLockExclusive(&lock);
        while (queued == 0 && !over)
            CHECK(SleepConditionVariableSRW(&not_empty, &lock, INFINITE, 0));
        if (queued == 0) {
            ReleaseSRWLockExclusive(&lock);
            return 0;
        }
        queued--;
        taken++;
        ReleaseSRWLockExclusive(&lock);
        WakeConditionVariable(&not_full);
    }
}

static DWORD WINAPI waits_for_all(LPVOID parameter)
{
    (void)parameter;
    EnterCriticalSection(&section);
    readers++;
    while (!go)
        CHECK(SleepConditionVariableCS(&all, &section, INFINITE));
    CHECK(section.RecursionCount == 1);
    readers--;
    LeaveCriticalSection(&section);
    return 0;
}

static void end(HANDLE *threads, DWORD count)
{
    CHECK(WaitForMultipleObjects(count, threads, TRUE, 50000) == WAIT_OBJECT_0);
    while (count-- > 0)
        CHECK(CloseHandle(threads[count]));
}

int main(void)
{
    HANDLE threads[4];
    int i;

    CHECK(sizeof(SRWLOCK) == sizeof(void *) && sizeof(CONDITION_VARIABLE) == sizeof(void *));
    InitializeConditionVariable(&not_full);
    InitializeConditionVariable(&all);
    InitializeCriticalSection(&section);

    AcquireSRWLockShared(&lock);
    CHECK(TryAcquireSRWLockShared(&lock) && !TryAcquireSRWLockExclusive(&lock));
    ReleaseSRWLockShared(&lock);
    ReleaseSRWLockShared(&lock);
    CHECK(TryAcquireSRWLockExclusive(&lock) && !TryAcquireSRWLockShared(&lock));
    CHECK(!SleepConditionVariableSRW(&not_empty, &lock, 20, 0) && GetLastError() == ERROR_TIMEOUT);
    CHECK(!TryAcquireSRWLockShared(&lock));
    CHECK(!SleepConditionVariableSRW(&not_empty, &lock, 0, 0) && GetLastError() == ERROR_TIMEOUT);
    ReleaseSRWLockExclusive(&lock);
    AcquireSRWLockShared(&lock);
    CHECK(!SleepConditionVariableSRW(&not_empty, &lock, 20, CONDITION_VARIABLE_LOCKMODE_SHARED));
    ReleaseSRWLockShared(&lock);
    InitializeSRWLock(&lock);

    for (i = 0; i < 4; i++)
        threads[i] = CreateThread(NULL, 0, i % 2 ? reads : writes, NULL, 0, NULL);
    end(threads, 4);
    CHECK(writers == 2 * ITEMS && readers == 0);

    for (i = 0; i < 4; i++)
        threads[i] = CreateThread(NULL, 0, i % 2 ? consumes : produces, NULL, 0, NULL);
    end(&threads[0], 1);
    end(&threads[2], 1);
    AcquireSRWLockExclusive(&lock);
    over = TRUE;
    ReleaseSRWLockExclusive(&lock);
    WakeAllConditionVariable(&not_empty);
    end(&threads[1], 1);
    end(&threads[3], 1);
    CHECK(taken == 2 * ITEMS && queued == 0);

    for (i = 0; i < 4; i++)
        threads[i] = CreateThread(NULL, 0, waits_for_all, NULL, 0, NULL);
    for (;;) {
        EnterCriticalSection(&section);
        if (readers == 4)
            break;
        LeaveCriticalSection(&section);
        Sleep(1);
    }
    go = TRUE;
    LeaveCriticalSection(&section);
    WakeAllConditionVariable(&all);
    end(threads, 4);
    CHECK(readers == 0);
    EnterCriticalSection(&section);
    CHECK(!SleepConditionVariableCS(&all, &section, 10) && GetLastError() == ERROR_TIMEOUT);
    LeaveCriticalSection(&section);
    return 0;
}
