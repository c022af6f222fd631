// variants: clang
/* Critical sections: exclusion, recursion, fields, waiting. */
#include <windows.h>
#include "check.h"

enum { THREADS = 4, ROUNDS = 20000 };

static CRITICAL_SECTION section;
static LONG counter;

static DWORD WINAPI adds(LPVOID parameter)
{
    int i;

    (void)parameter;
    for (i = 0; i < ROUNDS; i++) {
        EnterCriticalSection(&section);
        EnterCriticalSection(&section);
        counter++;
        LeaveCriticalSection(&section);
        if (i % 1000 == 0)
            Sleep(0);
        counter++;
        LeaveCriticalSection(&section);
    }
    return 0;
}

static DWORD WINAPI tries(LPVOID parameter)
{
    (void)parameter;
    return TryEnterCriticalSection(&section);
}

static DWORD run(LPTHREAD_START_ROUTINE function)
{
    HANDLE thread = CreateThread(NULL, 0, function, NULL, 0, NULL);
    DWORD code;

    CHECK(WaitForSingleObject(thread, 20000) == WAIT_OBJECT_0);
    CHECK(GetExitCodeThread(thread, &code) && CloseHandle(thread));
    return code;
}

int main(void)
{
    HANDLE threads[THREADS];
    int i;

    CHECK(sizeof(CRITICAL_SECTION) == 40);
    InitializeCriticalSection(&section);
    CHECK(section.LockCount == -1 && section.RecursionCount == 0 && section.OwningThread == NULL);
    EnterCriticalSection(&section);
    CHECK(section.OwningThread == (HANDLE)(ULONG_PTR)GetCurrentThreadId());
    CHECK(section.RecursionCount == 1 && section.LockCount != -1);
    CHECK(TryEnterCriticalSection(&section) && section.RecursionCount == 2);
    CHECK(run(tries) == FALSE);
    LeaveCriticalSection(&section);
    CHECK(run(tries) == FALSE);
    LeaveCriticalSection(&section);
    CHECK(section.LockCount == -1 && section.OwningThread == NULL);
    DeleteCriticalSection(&section);

    CHECK(InitializeCriticalSectionAndSpinCount(&section, 4000));
    CHECK(SetCriticalSectionSpinCount(&section, 10) == 4000);
    for (i = 0; i < THREADS; i++)
        threads[i] = CreateThread(NULL, 0, adds, NULL, 0, NULL);
    CHECK(WaitForMultipleObjects(THREADS, threads, TRUE, 50000) == WAIT_OBJECT_0);
    CHECK(counter == 2 * THREADS * ROUNDS && section.LockCount == -1);
    DeleteCriticalSection(&section);
    CHECK(InitializeCriticalSectionEx(&section, 0, CRITICAL_SECTION_NO_DEBUG_INFO));
    CHECK(TryEnterCriticalSection(&section));
    LeaveCriticalSection(&section);
    DeleteCriticalSection(&section);
    return 0;
}
