// variants: clang
/* Control handlers: newest first, on a thread of their own; removing; ignoring Ctrl-C. */
#include <windows.h>
#include <signal.h>
#include "check.h"

static volatile LONG order, first_at, second_at, event_seen = -1;
static volatile DWORD handler_thread;

static void wait_for(volatile LONG *value, LONG wanted)
{
    int i;
    for (i = 0; i < 2000 && *value != wanted; i++)
        Sleep(5);
    CHECK(*value == wanted);
}

static BOOL WINAPI first(DWORD event)
{
    handler_thread = GetCurrentThreadId();
    event_seen = (LONG)event;
    first_at = InterlockedIncrement(&order);
    return TRUE;
}

static BOOL WINAPI second(DWORD event)
{
    (void)event;
    second_at = InterlockedIncrement(&order);
    return FALSE;
}

int main(void)
{
    CHECK(!SetConsoleCtrlHandler(first, FALSE) && GetLastError() == ERROR_INVALID_PARAMETER);
    CHECK(SetConsoleCtrlHandler(first, TRUE));
    CHECK(SetConsoleCtrlHandler(second, TRUE));
    CHECK(!GenerateConsoleCtrlEvent(CTRL_CLOSE_EVENT, 0));
    CHECK(GetLastError() == ERROR_INVALID_PARAMETER);
    CHECK(GenerateConsoleCtrlEvent(CTRL_C_EVENT, 0));
    wait_for(&first_at, 2);
    CHECK(second_at == 1 && event_seen == CTRL_C_EVENT);
    CHECK(handler_thread != GetCurrentThreadId());
    CHECK(SetConsoleCtrlHandler(second, FALSE));
    CHECK(GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, 0));
    wait_for(&first_at, 3);
    CHECK(second_at == 1 && event_seen == CTRL_BREAK_EVENT);
    /* Ignored, it reaches nobody. */
    CHECK(SetConsoleCtrlHandler(NULL, TRUE));
    CHECK(GenerateConsoleCtrlEvent(CTRL_C_EVENT, 0));
    Sleep(50);
    CHECK(order == 3);
    CHECK(SetConsoleCtrlHandler(NULL, FALSE));
#ifdef __COMPLETION_PORT__
    /* How servers are told to end; the process has a few seconds left. */
    CHECK(raise(SIGTERM) == 0);
    wait_for(&first_at, 4);
    CHECK(event_seen == CTRL_CLOSE_EVENT);
#endif
    return 0;
}
