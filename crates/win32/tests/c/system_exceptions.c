// tsan: no, since the fault would come within its runtime, where no handler can run
// variants: clang
/* Faults and raised exceptions reach the program's filter, which may mend them. */
#include <windows.h>
#include <string.h>
#include "check.h"

#ifndef __COMPLETION_PORT__
int main(void)
{
    return 77;
}
#else
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static int calls;
static DWORD code;
static ULONG_PTR details[2];
static char *page;

static LONG WINAPI filter(EXCEPTION_POINTERS *pointers)
{
    DWORD before;
    calls++;
    code = pointers->ExceptionRecord->ExceptionCode;
    memcpy(details, pointers->ExceptionRecord->ExceptionInformation, sizeof details);
    if (code == EXCEPTION_ACCESS_VIOLATION)
        VirtualProtect(page, 1, PAGE_READWRITE, &before);
    return EXCEPTION_CONTINUE_EXECUTION;
}

static LONG WINAPI gives_up(EXCEPTION_POINTERS *pointers)
{
    (void)pointers;
    return EXCEPTION_EXECUTE_HANDLER;
}

static int ends_by(int in_child)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        SetUnhandledExceptionFilter(gives_up);
        if (in_child == 1)
            *(volatile char *)page = 1;
        else
            RaiseException(0xE0000001, 0, 0, NULL);
        _exit(0);
    }
    CHECK(waitpid(child, &status, 0) == child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

int main(void)
{
    ULONG_PTR arguments[2] = {11, 22};
    struct {
        DWORD type;
        const char *name;
        DWORD thread;
        DWORD flags;
    } name = {0x1000, "my thread", (DWORD)-1, 0};
    DWORD before;
    page = (char *)VirtualAlloc(NULL, 1, MEM_COMMIT, PAGE_READONLY);
    CHECK(page != NULL);
    CHECK(SetUnhandledExceptionFilter(filter) == NULL);
    *(volatile char *)(page + 5) = 'x';
    CHECK(calls == 1 && code == EXCEPTION_ACCESS_VIOLATION && page[5] == 'x');
    CHECK(details[1] == (ULONG_PTR)page + 5);
#ifdef __x86_64__
    CHECK(details[0] == 1);
#endif
    RaiseException(0xE0000001, 0, 2, arguments);
    CHECK(calls == 2 && code == 0xE0000001 && details[0] == 11 && details[1] == 22);
    /* A thread tells its name: no exception to anybody. */
    RaiseException(0x406D1388, 0, sizeof name / sizeof(ULONG_PTR), (ULONG_PTR *)&name);
    CHECK(calls == 2);
    CHECK(SetUnhandledExceptionFilter(NULL) == filter);
    CHECK(VirtualProtect(page, 1, PAGE_READONLY, &before));
    CHECK(ends_by(1) == SIGSEGV && ends_by(2) == SIGABRT);
    OutputDebugStringA("nobody listens\n");
    OutputDebugStringW(L"nobody listens\n");
    return 0;
}
#endif
