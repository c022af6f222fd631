/* An event that no handler handles ends the process, by the signal that brought it. */
#include <windows.h>
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

static BOOL WINAPI passes(DWORD event)
{
    (void)event;
    return FALSE;
}

int main(void)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        SetConsoleCtrlHandler(passes, TRUE);
        GenerateConsoleCtrlEvent(CTRL_C_EVENT, 0);
        sleep(20);
        _exit(1);
    }
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
    return 0;
}
#endif
