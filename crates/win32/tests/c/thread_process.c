// tsan: no, since its background thread would stay, and a process ends with its last thread
/* Processes: opening, waiting, exit codes, and a main thread that leaves before the others. */
#include <stdlib.h>
#include <windows.h>
#include "check.h"

static DWORD WINAPI last(LPVOID parameter)
{
    HANDLE main_thread = parameter;
    DWORD code = 0;

    CHECK(WaitForSingleObject(main_thread, 20000) == WAIT_OBJECT_0);
    CHECK(GetExitCodeThread(main_thread, &code) && code == 33);
    printf("still here\n");
    /* The process ends with the last thread and its code, and what was printed is flushed. */
    return 0;
}

int main(void)
{
    HANDLE self = OpenProcess(PROCESS_ALL_ACCESS, FALSE, GetCurrentProcessId()), me;
    DWORD code = 0;

    CHECK(self && GetProcessId(self) == GetCurrentProcessId());
    CHECK(GetExitCodeProcess(self, &code) && code == STILL_ACTIVE);
    CHECK(WaitForSingleObject(self, 0) == WAIT_TIMEOUT && CloseHandle(self));
    CHECK(OpenProcess(PROCESS_ALL_ACCESS, FALSE, 0x7ffffffc) == NULL);
    CHECK(GetLastError() == ERROR_INVALID_PARAMETER);
    CHECK(GetExitCodeProcess(NULL, &code) == FALSE && GetLastError() == ERROR_INVALID_HANDLE);

    CHECK(DuplicateHandle(GetCurrentProcess(), GetCurrentThread(), GetCurrentProcess(), &me, 0,
                          FALSE, DUPLICATE_SAME_ACCESS));
    CHECK(CreateThread(NULL, 0, last, me, 0, NULL));
    ExitThread(33);
}
