// variants: clang
/* S-300 (the queue), S-303, S-304, S-308, S-412: asynchronous calls and the waits they end. */
#include <windows.h>
#include "check.h"

static char order[16];
static HANDLE me;

static VOID CALLBACK note(ULONG_PTR argument)
{
    size_t at = strlen(order);

    order[at] = (char)argument;
    SetLastError(4711);
}

static VOID CALLBACK queues_another(ULONG_PTR argument)
{
    note(argument);
    CHECK(QueueUserAPC(note, me, argument + 1));
}

static void expect(const char *text)
{
    CHECK(strcmp(order, text) == 0);
    memset(order, 0, sizeof(order));
}

static DWORD WINAPI late(LPVOID parameter)
{
    Sleep(80);
    CHECK(QueueUserAPC(note, me, (ULONG_PTR)parameter));
    return 0;
}

static HANDLE start(char letter)
{
    return CreateThread(NULL, 0, late, (LPVOID)(ULONG_PTR)letter, 0, NULL);
}

static void end(HANDLE thread)
{
    CHECK(WaitForSingleObject(thread, 20000) == WAIT_OBJECT_0 && CloseHandle(thread));
}

int main(void)
{
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL), events[2], thread;
    OVERLAPPED ov = {0};
    DWORD bytes;

    CHECK(DuplicateHandle(GetCurrentProcess(), GetCurrentThread(), GetCurrentProcess(), &me, 0,
                          FALSE, DUPLICATE_SAME_ACCESS));
    events[0] = event;
    events[1] = CreateEventA(NULL, TRUE, FALSE, NULL);

    /* Not alertable: they stay. */
    CHECK(QueueUserAPC(note, me, 'a') && QueueUserAPC(queues_another, GetCurrentThread(), 'b'));
    Sleep(20);
    CHECK(WaitForSingleObject(event, 20) == WAIT_TIMEOUT);
    CHECK(SleepEx(20, FALSE) == 0);
    CHECK(WaitForSingleObjectEx(event, 0, FALSE) == WAIT_TIMEOUT);
    expect("");
    /* All of them, those included that are queued meanwhile. */
    SetLastError(12345);
    CHECK(SleepEx(0, TRUE) == WAIT_IO_COMPLETION && GetLastError() == 12345);
    expect("abc");
    CHECK(SleepEx(20, TRUE) == 0);

    CHECK(QueueUserAPC(note, me, 'd'));
    CHECK(WaitForSingleObjectEx(event, INFINITE, TRUE) == WAIT_IO_COMPLETION);
    expect("d");
    CHECK(QueueUserAPC(note, me, 'e'));
    CHECK(WaitForMultipleObjectsEx(2, events, TRUE, INFINITE, TRUE) == WAIT_IO_COMPLETION);
    expect("e");
    CHECK(QueueUserAPC(note, me, 'f'));
    CHECK(SignalObjectAndWait(events[1], event, INFINITE, TRUE) == WAIT_IO_COMPLETION);
    CHECK(WaitForSingleObject(events[1], 0) == WAIT_OBJECT_0 && ResetEvent(events[1]));
    expect("f");
    ov.Internal = STATUS_PENDING;
    CHECK(QueueUserAPC(note, me, 'g'));
    CHECK(!GetOverlappedResultEx(NULL, &ov, &bytes, 20000, TRUE));
    CHECK(GetLastError() == WAIT_IO_COMPLETION);
    expect("g");
    CHECK(!GetOverlappedResultEx(NULL, &ov, &bytes, 20, TRUE) && GetLastError() == WAIT_TIMEOUT);
    CHECK(!GetOverlappedResultEx(NULL, &ov, &bytes, 0, TRUE));
    CHECK(GetLastError() == ERROR_IO_INCOMPLETE);

    /* What is signaled may come first; then the call is still there. */
    CHECK(SetEvent(event) && QueueUserAPC(note, me, 'h'));
    switch (WaitForSingleObjectEx(event, INFINITE, TRUE)) {
    case WAIT_OBJECT_0:
        expect("");
        CHECK(SleepEx(INFINITE, TRUE) == WAIT_IO_COMPLETION);
        break;
    case WAIT_IO_COMPLETION:
        break;
    default:
        CHECK(!"another result");
    }
    expect("h");
    CHECK(ResetEvent(event));

    /* Arriving during the wait. */
    thread = start('i');
    CHECK(SleepEx(INFINITE, TRUE) == WAIT_IO_COMPLETION);
    expect("i");
    end(thread);
    thread = start('j');
    CHECK(WaitForMultipleObjectsEx(2, events, FALSE, 20000, TRUE) == WAIT_IO_COMPLETION);
    expect("j");
    end(thread);
    thread = start('k');
    CHECK(!GetOverlappedResultEx(NULL, &ov, &bytes, INFINITE, TRUE));
    CHECK(GetLastError() == WAIT_IO_COMPLETION);
    expect("k");
    end(thread);
    thread = start('l');
    CHECK(WaitForSingleObjectEx(event, 300, FALSE) == WAIT_TIMEOUT);
    expect("");
    CHECK(SleepEx(0, TRUE) == WAIT_IO_COMPLETION);
    expect("l");
    end(thread);

    CHECK(QueueUserAPC(NULL, me, 0) == 0);
    CHECK(QueueUserAPC(note, event, 0) == 0 && GetLastError() == ERROR_INVALID_HANDLE);
    return 0;
}
