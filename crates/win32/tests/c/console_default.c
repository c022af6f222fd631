/* An event that no handler handles ends the process, by the signal that brought it. What a signal
   did before there were handlers, it does again after them. */
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

static volatile sig_atomic_t signals;

static BOOL WINAPI passes(DWORD event)
{
    (void)event;
    return FALSE;
}

static void counts(int number)
{
    (void)number;
    signals++;
}

static void ends(void)
{
    SetConsoleCtrlHandler(passes, TRUE);
    GenerateConsoleCtrlEvent(CTRL_C_EVENT, 0);
    sleep(20);
}

/* As under nohup. */
static void outlives_its_terminal(void)
{
    signal(SIGHUP, SIG_IGN);
    SetConsoleCtrlHandler(passes, TRUE);
    raise(SIGHUP);
    usleep(100000);
    _exit(7);
}

static void has_a_handler_of_its_own(void)
{
    signal(SIGTERM, counts);
    SetConsoleCtrlHandler(NULL, TRUE);
    raise(SIGTERM);
    SetConsoleCtrlHandler(passes, TRUE);
    SetConsoleCtrlHandler(passes, FALSE);
    raise(SIGTERM);
    raise(SIGINT);
    _exit(signals == 2 ? 7 : 1);
}

static int status_of(void (*run)(void))
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        run();
        _exit(1);
    }
    CHECK(waitpid(child, &status, 0) == child);
    return status;
}

int main(void)
{
    int status = status_of(ends);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
    status = status_of(outlives_its_terminal);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    status = status_of(has_a_handler_of_its_own);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    return 0;
}
#endif
