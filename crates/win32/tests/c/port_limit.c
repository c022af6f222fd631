// variants: clang
/* S-060 to S-071, S-073, S-075: how many threads run at once. */
#include <windows.h>
#include "check.h"

enum { THREADS = 4 };

static HANDLE port, go, busy_event;
static CRITICAL_SECTION section;
static SRWLOCK lock = SRWLOCK_INIT;
static CONDITION_VARIABLE condition = CONDITION_VARIABLE_INIT;
static volatile LONG inside, most, finished;

static BOOL take(HANDLE from, ULONG_PTR *key, DWORD milliseconds)
{
    DWORD bytes;
    OVERLAPPED *out;

    return GetQueuedCompletionStatus(from, &bytes, key, &out, milliseconds);
}

static void spin(DWORD milliseconds)
{
    ULONGLONG end = GetTickCount64() + milliseconds;

    while (GetTickCount64() < end)
        ;
}

/* S-066, S-064, S-043 with one thread that is not this one. */
static DWORD WINAPI keeps_a_slot(LPVOID parameter)
{
    ULONG_PTR key;

    (void)parameter;
    CHECK(take(port, &key, INFINITE) && key == 1);
    SetEvent(busy_event);
    /* It computes: this must not look like waiting, so no call of ours is in the loop. */
    while (!finished)
        YieldProcessor();
    /* S-071, S-043: it takes what it posts, though others wait. */
    CHECK(PostQueuedCompletionStatus(port, 0, 9, NULL));
    return 0;
}

static void limit_of_one(void)
{
    HANDLE thread;
    ULONG_PTR key = 0;

    port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
    finished = 0;
    thread = CreateThread(NULL, 0, keeps_a_slot, NULL, 0, NULL);
    CHECK(PostQueuedCompletionStatus(port, 0, 1, NULL));
    CHECK(WaitForSingleObject(busy_event, 20000) == WAIT_OBJECT_0);
    CHECK(PostQueuedCompletionStatus(port, 0, 2, NULL));
    CHECK(PostQueuedCompletionStatus(port, 0, 3, NULL));
    /* Packets are there, and the limit forbids to take them. */
    CHECK(!take(port, &key, 0) && GetLastError() == WAIT_TIMEOUT);
    CHECK(!take(port, &key, 50) && GetLastError() == WAIT_TIMEOUT);
    finished = 1;
    /* S-069: the other thread ends, which frees its slot. */
    CHECK(take(port, &key, 20000) && key == 2);
    CHECK(take(port, &key, 20000) && key == 3);
    CHECK(take(port, &key, 20000) && key == 9);
    CHECK(WaitForSingleObject(thread, 20000) == WAIT_OBJECT_0);
    CHECK(CloseHandle(thread) && CloseHandle(port));
}

/* Each of these gives up the slot of a handler that blocks in it (S-067). */
static void blocks(int how)
{
    switch (how) {
    case 0:
        CHECK(WaitForSingleObject(go, 20000) == WAIT_OBJECT_0);
        break;
    case 1:
        CHECK(WaitForMultipleObjects(1, &go, TRUE, 20000) == WAIT_OBJECT_0);
        break;
    case 2:
        Sleep(400);
        break;
    case 3:
        EnterCriticalSection(&section);
        LeaveCriticalSection(&section);
        break;
    case 4:
        AcquireSRWLockExclusive(&lock);
        ReleaseSRWLockExclusive(&lock);
        break;
    case 5:
        AcquireSRWLockShared(&lock);
        ReleaseSRWLockShared(&lock);
        break;
    case 6:
        SleepEx(400, TRUE);
        break;
    case 7: {
        ULONG_PTR key;
        HANDLE other = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);

        /* S-063: it turns to another port. */
        CHECK(!take(other, &key, 400));
        CloseHandle(other);
        break;
    }
    case 8: {
        SRWLOCK own = SRWLOCK_INIT;

        AcquireSRWLockExclusive(&own);
        SleepConditionVariableSRW(&condition, &own, 400, 0);
        ReleaseSRWLockExclusive(&own);
        break;
    }
    case 9: {
        LONG word = 1, same = 1;

        WaitOnAddress(&word, &same, sizeof(word), 400);
        break;
    }
    }
}

static DWORD WINAPI handler(LPVOID parameter)
{
    int how = (int)(ULONG_PTR)parameter;
    ULONG_PTR key;

    CHECK(take(port, &key, 20000));
    if (key == 1) {
        SetEvent(busy_event);
        blocks(how);
        InterlockedExchange(&finished, 1);
    } else {
        /* It came while the other was in its wait. */
        InterlockedExchange(&inside, finished ? -1 : 1);
        SetEvent(go);
    }
    return 0;
}

static void who_blocks_gives_way(int how)
{
    HANDLE threads[2];

    port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
    inside = finished = 0;
    ResetEvent(go);
    EnterCriticalSection(&section);
    AcquireSRWLockExclusive(&lock);
    threads[0] = CreateThread(NULL, 0, handler, (LPVOID)(ULONG_PTR)how, 0, NULL);
    threads[1] = CreateThread(NULL, 0, handler, (LPVOID)(ULONG_PTR)how, 0, NULL);
    Sleep(50);
    CHECK(PostQueuedCompletionStatus(port, 0, 1, NULL));
    CHECK(PostQueuedCompletionStatus(port, 0, 2, NULL));
    CHECK(WaitForSingleObject(busy_event, 20000) == WAIT_OBJECT_0);
    CHECK(WaitForSingleObject(go, 20000) == WAIT_OBJECT_0);
    LeaveCriticalSection(&section);
    ReleaseSRWLockExclusive(&lock);
    CHECK(WaitForMultipleObjects(2, threads, TRUE, 20000) == WAIT_OBJECT_0);
    if (inside != 1)
        fprintf(stderr, "way %d\n", how);
    CHECK(inside == 1);
    CHECK(CloseHandle(threads[0]) && CloseHandle(threads[1]) && CloseHandle(port));
}

/* Never more than the limit while nobody blocks (S-060, S-065, S-073). */
static DWORD WINAPI counts(LPVOID parameter)
{
    ULONG_PTR key;
    LONG now, seen;

    (void)parameter;
    for (;;) {
        CHECK(take(port, &key, 20000));
        if (key == 99)
            return 0;
        now = InterlockedIncrement(&inside);
        while ((seen = most) < now)
            InterlockedCompareExchange(&most, now, seen);
        spin(3);
        InterlockedDecrement(&inside);
    }
}

static void never_more(DWORD limit)
{
    HANDLE threads[THREADS];
    int i;

    port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, limit);
    inside = most = 0;
    for (i = 0; i < THREADS; i++)
        threads[i] = CreateThread(NULL, 0, counts, NULL, 0, NULL);
    for (i = 0; i < 60; i++)
        CHECK(PostQueuedCompletionStatus(port, 0, 1, NULL));
    for (i = 0; i < THREADS; i++)
        CHECK(PostQueuedCompletionStatus(port, 0, 99, NULL));
    CHECK(WaitForMultipleObjects(THREADS, threads, TRUE, 20000) == WAIT_OBJECT_0);
    CHECK(most >= 1 && most <= (LONG)limit);
    for (i = 0; i < THREADS; i++)
        CloseHandle(threads[i]);
    CHECK(CloseHandle(port));
}

int main(void)
{
    int how;

    InitializeCriticalSection(&section);
    go = CreateEventA(NULL, TRUE, FALSE, NULL);
    busy_event = CreateEventA(NULL, FALSE, FALSE, NULL);
    limit_of_one();
    for (how = 0; how <= 9; how++)
        who_blocks_gives_way(how);
    never_more(1);
    never_more(2);
    return 0;
}
