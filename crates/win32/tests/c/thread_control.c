// variants: short clang
/* Priorities, processors, names, times. */
#include <windows.h>
#include "check.h"

static DWORD WINAPI sleeps(LPVOID parameter)
{
    WaitForSingleObject(parameter, 20000);
    return 0;
}

int main(void)
{
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL), me = GetCurrentThread();
    HANDLE thread = CreateThread(NULL, 0, sleeps, event, 0, NULL);
    FILETIME created, ended, kernel, user;
    DWORD_PTR process, system, before;
    GROUP_AFFINITY group, previous;
    PWSTR name = NULL;
    BOOL disabled = 7;

    CHECK(GetThreadPriority(thread) == THREAD_PRIORITY_NORMAL);
    CHECK(SetThreadPriority(thread, THREAD_PRIORITY_BELOW_NORMAL));
    CHECK(GetThreadPriority(thread) == THREAD_PRIORITY_BELOW_NORMAL);
    CHECK(SetThreadPriority(me, THREAD_PRIORITY_HIGHEST));
    CHECK(GetThreadPriority(me) == THREAD_PRIORITY_HIGHEST);
    CHECK(SetThreadPriority(me, THREAD_PRIORITY_NORMAL));
    CHECK(!SetThreadPriority(thread, 99) && GetLastError() == ERROR_INVALID_PARAMETER);
    CHECK(GetThreadPriority(event) == THREAD_PRIORITY_ERROR_RETURN);
    CHECK(SetThreadPriorityBoost(thread, TRUE));
    CHECK(GetThreadPriorityBoost(thread, &disabled) && disabled == TRUE);

    CHECK(GetProcessAffinityMask(GetCurrentProcess(), &process, &system) && process != 0);
    before = SetThreadAffinityMask(me, process & (~process + 1));
    CHECK(before == process);
    CHECK(SetThreadAffinityMask(me, before) == (process & (~process + 1)));
    CHECK(SetThreadAffinityMask(me, 0) == 0 && GetLastError() == ERROR_INVALID_PARAMETER);
    CHECK(GetThreadGroupAffinity(me, &group) && group.Mask == process && group.Group == 0);
    group.Mask = process & (~process + 1);
    CHECK(SetThreadGroupAffinity(thread, &group, &previous) && previous.Mask == process);
    CHECK(GetThreadGroupAffinity(thread, &previous) && previous.Mask == group.Mask);
    group.Group = 9;
    CHECK(!SetThreadGroupAffinity(thread, &group, NULL));
    CHECK(GetLastError() == ERROR_INVALID_PARAMETER);
    CHECK(SetThreadIdealProcessor(thread, 1) != (DWORD)-1);
    CHECK(SetThreadIdealProcessor(thread, MAXIMUM_PROCESSORS) == 1);

    CHECK(SetThreadDescription(thread, L"a worker with a long name \x00e9") == S_OK);
    CHECK(GetThreadDescription(thread, &name) == S_OK);
    CHECK(wcscmp(name, L"a worker with a long name \x00e9") == 0);
    CHECK(LocalFree(name) == NULL);
    CHECK(FAILED(SetThreadDescription(event, L"x")));

    CHECK(GetThreadTimes(thread, &created, &ended, &kernel, &user));
    CHECK(created.dwHighDateTime != 0 && ended.dwHighDateTime == 0 && ended.dwLowDateTime == 0);
    SetEvent(event);
    CHECK(WaitForSingleObject(thread, 20000) == WAIT_OBJECT_0);
    CHECK(GetThreadTimes(thread, &created, &ended, &kernel, &user));
    CHECK(ended.dwHighDateTime >= created.dwHighDateTime);
    SwitchToThread();
    return 0;
}
