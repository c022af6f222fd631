// variants: short
/* Starting programs: arguments, environment, folder, streams, waiting for the end, its code. */
#include <windows.h>
#include "check.h"

#ifndef __COMPLETION_PORT__
int main(void)
{
    puts("starts programs of Linux");
    return 77;
}
#else

static PROCESS_INFORMATION start(char *line, const char *folder, char *environment,
                                 STARTUPINFOA *with)
{
    STARTUPINFOA startup = {0};
    PROCESS_INFORMATION information;

    startup.cb = sizeof(startup);
    CHECK(CreateProcessA(NULL, line, NULL, NULL, TRUE, 0, environment, folder,
                         with ? with : &startup, &information));
    CHECK(information.dwProcessId != 0 && GetProcessId(information.hProcess) == information.dwProcessId);
    return information;
}

static DWORD end_of(PROCESS_INFORMATION information)
{
    DWORD code = 0;

    CHECK(WaitForSingleObject(information.hProcess, 20000) == WAIT_OBJECT_0);
    CHECK(WaitForSingleObject(information.hThread, 20000) == WAIT_OBJECT_0);
    CHECK(GetExitCodeProcess(information.hProcess, &code));
    CHECK(CloseHandle(information.hProcess) && CloseHandle(information.hThread));
    return code;
}

static DWORD run(const char *text, const char *folder, char *environment)
{
    char line[300];

    snprintf(line, sizeof(line), "%s", text);
    return end_of(start(line, folder, environment, NULL));
}

int main(void)
{
    char environment[] = "THIS=1\0THAT=two words\0";
    char sleeps[] = "sleep 60", writes[] = "/bin/sh -c \"echo written\"";
    wchar_t wide[] = L"sh -c \"exit 5\"";
    STARTUPINFOA startup = {0};
    STARTUPINFOW startup_w = {0};
    PROCESS_INFORMATION information;
    char text[20] = {0};
    DWORD bytes, code;
    HANDLE file;
    SECURITY_ATTRIBUTES inherited = {sizeof(inherited), NULL, TRUE};

    CHECK(run("/bin/sh -c \"exit 7\"", NULL, NULL) == 7);
    CHECK(run("sh.exe -c \"test \\\"a b\\\" = 'a b'\"", NULL, NULL) == 0);
    CHECK(run("sh -c \"test \\\"$THAT\\\" = 'two words'\"", NULL, environment) == 0);
    CHECK(run("sh -c \"test \\\"$THAT\\\" = 'two words'\"", NULL, NULL) == 1);
    CHECK(run("sh -c \"test $(pwd) = /tmp\"", "\\tmp", NULL) == 0);
    startup_w.cb = sizeof(startup_w);
    CHECK(CreateProcessW(L"/bin/sh", wide, NULL, NULL, FALSE, 0, NULL, NULL, &startup_w, &information));
    CHECK(end_of(information) == 5);

    information = start(sleeps, NULL, NULL, NULL);
    CHECK(WaitForSingleObject(information.hProcess, 50) == WAIT_TIMEOUT);
    CHECK(GetExitCodeProcess(information.hProcess, &code) && code == STILL_ACTIVE);
    CHECK(TerminateProcess(information.hProcess, 77));
    CHECK(end_of(information) == 77);

    file = CreateFileA("output.txt", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE,
                       &inherited, CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
    CHECK(file != INVALID_HANDLE_VALUE);
    startup.cb = sizeof(startup);
    startup.dwFlags = STARTF_USESTDHANDLES;
    startup.hStdInput = GetStdHandle(STD_INPUT_HANDLE);
    startup.hStdOutput = file;
    startup.hStdError = GetStdHandle(STD_ERROR_HANDLE);
    CHECK(end_of(start(writes, NULL, NULL, &startup)) == 0);
    CHECK(SetFilePointer(file, 0, NULL, FILE_BEGIN) == 0);
    CHECK(ReadFile(file, text, sizeof(text) - 1, &bytes, NULL) && strcmp(text, "written\n") == 0);
    CHECK(CloseHandle(file));

    startup.dwFlags = 0;
    CHECK(!CreateProcessA("no such program", NULL, NULL, NULL, FALSE, 0, NULL, NULL, &startup,
                          &information));
    CHECK(GetLastError() == ERROR_FILE_NOT_FOUND);
    CHECK(!CreateProcessA(NULL, sleeps, NULL, NULL, FALSE, CREATE_SUSPENDED, NULL, NULL, &startup,
                          &information));
    CHECK(GetLastError() == ERROR_NOT_SUPPORTED);
    return 0;
}
#endif
