// variants: clang
/* Work, simple callbacks, priorities, instances, limits of threads, cleanup groups. */
#include <windows.h>
#include "check.h"

static volatile LONG called, inside, most, cancelled, finished;
static HANDLE gate, started, event;
static CRITICAL_SECTION section;
static char order[8];
static volatile LONG noted;

static VOID CALLBACK counts(PTP_CALLBACK_INSTANCE instance, PVOID context, PTP_WORK work)
{
    (void)work;
    CHECK(instance != NULL);
    InterlockedExchangeAdd(&called, (LONG)(LONG_PTR)context);
}

static VOID CALLBACK waits(PTP_CALLBACK_INSTANCE instance, PVOID context, PTP_WORK work)
{
    LONG now = InterlockedIncrement(&inside), seen;

    (void)instance, (void)context, (void)work;
    while ((seen = most) < now)
        InterlockedCompareExchange(&most, now, seen);
    SetEvent(started);
    CHECK(WaitForSingleObject(gate, 20000) == WAIT_OBJECT_0);
    InterlockedDecrement(&inside);
    InterlockedIncrement(&called);
}

static VOID CALLBACK simple(PTP_CALLBACK_INSTANCE instance, PVOID context)
{
    (void)instance;
    InterlockedExchangeAdd(&called, (LONG)(LONG_PTR)context);
}

static VOID CALLBACK asks(PTP_CALLBACK_INSTANCE instance, PVOID context)
{
    (void)context;
    SetEventWhenCallbackReturns(instance, event);
    EnterCriticalSection(&section);
    LeaveCriticalSectionWhenCallbackReturns(instance, &section);
    CHECK(CallbackMayRunLong(instance));
    InterlockedIncrement(&called);
}

static VOID CALLBACK parts(PTP_CALLBACK_INSTANCE instance, PVOID context, PTP_WORK work)
{
    (void)context, (void)work;
    DisassociateCurrentThreadFromCallback(instance);
    SetEvent(started);
    CHECK(WaitForSingleObject(gate, 20000) == WAIT_OBJECT_0);
    SetEvent(event);
}

static VOID CALLBACK notes(PTP_CALLBACK_INSTANCE instance, PVOID context)
{
    (void)instance;
    order[noted] = (char)(ULONG_PTR)context;
    InterlockedIncrement(&noted);
}

static VOID CALLBACK group_cancels(PVOID context, PVOID argument)
{
    CHECK(argument == &cancelled);
    InterlockedExchangeAdd(&cancelled, (LONG)(LONG_PTR)context);
}

static VOID CALLBACK finishes(PTP_CALLBACK_INSTANCE instance, PVOID context)
{
    (void)instance, (void)context;
    InterlockedIncrement(&finished);
}

static DWORD WINAPI item(LPVOID context)
{
    InterlockedExchangeAdd(&called, (LONG)(LONG_PTR)context);
    SetEvent(event);
    return 0;
}

static DWORD WINAPI opens(LPVOID context)
{
    (void)context;
    Sleep(50);
    SetEvent(gate);
    return 0;
}

static void works(void)
{
    PTP_WORK work = CreateThreadpoolWork(counts, (PVOID)3, NULL);
    int i;

    called = 0;
    CHECK(work != NULL);
    for (i = 0; i < 100; i++)
        SubmitThreadpoolWork(work);
    WaitForThreadpoolWorkCallbacks(work, FALSE);
    CHECK(called == 300);
    WaitForThreadpoolWorkCallbacks(work, TRUE);
    SubmitThreadpoolWork(work);
    CloseThreadpoolWork(work);
    while (called != 303)
        Sleep(1);
    CHECK(CreateThreadpoolWork(NULL, NULL, NULL) == NULL);
    CHECK(GetLastError() == ERROR_INVALID_PARAMETER);
}

/* Callbacks that block give way to others, up to the pool's most. */
static void limits(void)
{
    TP_CALLBACK_ENVIRON environment;
    PTP_POOL pool = CreateThreadpool(NULL);
    HANDLE opener;
    PTP_WORK work;
    int i;

    InitializeThreadpoolEnvironment(&environment);
    SetThreadpoolCallbackPool(&environment, pool);
    SetThreadpoolThreadMaximum(pool, 6);
    CHECK(SetThreadpoolThreadMinimum(pool, 2));
    work = CreateThreadpoolWork(waits, NULL, &environment);
    called = most = 0;
    ResetEvent(gate);
    for (i = 0; i < 10; i++)
        SubmitThreadpoolWork(work);
    while (inside < 6)
        Sleep(1);
    Sleep(100);
    CHECK(inside == 6 && most == 6);
    SetEvent(gate);
    WaitForThreadpoolWorkCallbacks(work, FALSE);
    CHECK(called == 10 && most == 6);

    /* Four have not begun, and will not. */
    ResetEvent(gate);
    called = 0;
    for (i = 0; i < 10; i++)
        SubmitThreadpoolWork(work);
    while (inside < 6)
        Sleep(1);
    Sleep(50);
    opener = CreateThread(NULL, 0, opens, NULL, 0, NULL);
    WaitForThreadpoolWorkCallbacks(work, TRUE);
    CHECK(WaitForSingleObject(opener, 20000) == WAIT_OBJECT_0 && CloseHandle(opener));
    CHECK(called == 6);
    CloseThreadpoolWork(work);
    CloseThreadpool(pool);
}

static void priorities(void)
{
    TP_CALLBACK_ENVIRON low, normal, high;
    PTP_POOL pool = CreateThreadpool(NULL);
    TP_CALLBACK_ENVIRON *each[] = {&low, &normal, &high};
    PTP_WORK work;
    int i;

    SetThreadpoolThreadMaximum(pool, 1);
    for (i = 0; i < 3; i++) {
        InitializeThreadpoolEnvironment(each[i]);
        SetThreadpoolCallbackPool(each[i], pool);
    }
    SetThreadpoolCallbackPriority(&low, TP_CALLBACK_PRIORITY_LOW);
    SetThreadpoolCallbackPriority(&high, TP_CALLBACK_PRIORITY_HIGH);
    ResetEvent(gate);
    ResetEvent(started);
    work = CreateThreadpoolWork(waits, NULL, &normal);
    SubmitThreadpoolWork(work);
    CHECK(WaitForSingleObject(started, 20000) == WAIT_OBJECT_0);
    CHECK(TrySubmitThreadpoolCallback(notes, (PVOID)'e', &low));
    CHECK(TrySubmitThreadpoolCallback(notes, (PVOID)'c', &normal));
    CHECK(TrySubmitThreadpoolCallback(notes, (PVOID)'a', &high));
    CHECK(TrySubmitThreadpoolCallback(notes, (PVOID)'d', &normal));
    CHECK(TrySubmitThreadpoolCallback(notes, (PVOID)'b', &high));
    SetEvent(gate);
    while (noted < 5)
        Sleep(1);
    CHECK(strcmp(order, "abcde") == 0);
    CloseThreadpoolWork(work);
    CloseThreadpool(pool);
}

static void instances(void)
{
    PTP_WORK work = CreateThreadpoolWork(parts, NULL, NULL);

    called = 0;
    ResetEvent(event);
    CHECK(TrySubmitThreadpoolCallback(asks, NULL, NULL));
    CHECK(WaitForSingleObject(event, 20000) == WAIT_OBJECT_0 && called == 1);
    CHECK(TryEnterCriticalSection(&section));
    LeaveCriticalSection(&section);

    ResetEvent(gate);
    ResetEvent(event);
    SubmitThreadpoolWork(work);
    CHECK(WaitForSingleObject(started, 20000) == WAIT_OBJECT_0);
    /* It runs, but nobody waits for it. */
    WaitForThreadpoolWorkCallbacks(work, FALSE);
    CHECK(WaitForSingleObject(event, 0) == WAIT_TIMEOUT);
    SetEvent(gate);
    CHECK(WaitForSingleObject(event, 20000) == WAIT_OBJECT_0);
    CloseThreadpoolWork(work);
}

static void groups(void)
{
    TP_CALLBACK_ENVIRON environment;
    PTP_CLEANUP_GROUP group = CreateThreadpoolCleanupGroup();
    PTP_POOL pool = CreateThreadpool(NULL);
    PTP_WORK first, second, third;

    SetThreadpoolThreadMaximum(pool, 1);
    InitializeThreadpoolEnvironment(&environment);
    SetThreadpoolCallbackPool(&environment, pool);
    SetThreadpoolCallbackCleanupGroup(&environment, group, group_cancels);
    environment.FinalizationCallback = finishes;
    called = cancelled = finished = 0;
    first = CreateThreadpoolWork(counts, (PVOID)1, &environment);
    second = CreateThreadpoolWork(counts, (PVOID)10, &environment);
    third = CreateThreadpoolWork(counts, (PVOID)100, &environment);
    SubmitThreadpoolWork(first);
    SubmitThreadpoolWork(third);
    CHECK(TrySubmitThreadpoolCallback(simple, (PVOID)1000, &environment));
    CloseThreadpoolWork(third);
    (void)second;
    /* Not cancelled: everything that was submitted is called. */
    CloseThreadpoolCleanupGroupMembers(group, FALSE, NULL);
    while (called != 1101)
        Sleep(1);
    while (finished != 3)
        Sleep(1);
    CHECK(cancelled == 0);

    /* Cancelled: what has not begun is not called, and the group's callback hears of each. */
    called = 0;
    ResetEvent(gate);
    ResetEvent(started);
    first = CreateThreadpoolWork(waits, (PVOID)1, &environment);
    second = CreateThreadpoolWork(counts, (PVOID)10, &environment);
    SubmitThreadpoolWork(first);
    CHECK(WaitForSingleObject(started, 20000) == WAIT_OBJECT_0);
    SubmitThreadpoolWork(second);
    CHECK(TrySubmitThreadpoolCallback(simple, (PVOID)100, &environment));
    CHECK(QueueUserWorkItem(opens, NULL, 0));
    CloseThreadpoolCleanupGroupMembers(group, TRUE, (PVOID)&cancelled);
    CHECK(cancelled == 111 && called == 1);
    CloseThreadpoolCleanupGroup(group);
    CloseThreadpool(pool);
    DestroyThreadpoolEnvironment(&environment);
}

static void items(void)
{
    called = 0;
    ResetEvent(event);
    CHECK(QueueUserWorkItem(item, (PVOID)4, WT_EXECUTEDEFAULT));
    CHECK(WaitForSingleObject(event, 20000) == WAIT_OBJECT_0 && called == 4);
    ResetEvent(event);
    CHECK(QueueUserWorkItem(item, (PVOID)4, WT_EXECUTELONGFUNCTION));
    CHECK(WaitForSingleObject(event, 20000) == WAIT_OBJECT_0 && called == 8);
    CHECK(!QueueUserWorkItem(NULL, NULL, 0) && GetLastError() == ERROR_INVALID_PARAMETER);
}

int main(void)
{
    gate = CreateEventA(NULL, TRUE, FALSE, NULL);
    started = CreateEventA(NULL, FALSE, FALSE, NULL);
    event = CreateEventA(NULL, TRUE, FALSE, NULL);
    InitializeCriticalSection(&section);
    works();
    limits();
    priorities();
    instances();
    groups();
    items();
    return 0;
}
