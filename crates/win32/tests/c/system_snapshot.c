// variants: clang
/* The list of threads, and the text that stands for a dump. */
#include <windows.h>
#include <tlhelp32.h>
#include <dbghelp.h>
#include <string.h>
#include "check.h"

static void threads(void)
{
    THREADENTRY32 entry;
    HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0);
    int own = 0;
    CHECK(snapshot != INVALID_HANDLE_VALUE);
    entry.dwSize = sizeof entry;
    CHECK(Thread32First(snapshot, &entry));
    do {
        if (entry.th32OwnerProcessID == GetCurrentProcessId() &&
            entry.th32ThreadID == GetCurrentThreadId()) {
            /* 8, unless who runs the tests has made them less urgent. */
            CHECK(entry.tpBasePri >= 1 && entry.tpBasePri <= 8);
            own++;
        }
    } while (Thread32Next(snapshot, &entry));
    CHECK(GetLastError() == ERROR_NO_MORE_FILES && own == 1);
    entry.dwSize = 1;
    CHECK(!Thread32First(snapshot, &entry));
    CHECK(CloseHandle(snapshot));
    CHECK(!Thread32First(NULL, &entry) && GetLastError() == ERROR_INVALID_HANDLE);
}

#ifdef __COMPLETION_PORT__
static void dump(void)
{
    static char text[1 << 16];
    EXCEPTION_RECORD record;
    EXCEPTION_POINTERS pointers = {&record, NULL};
    MINIDUMP_EXCEPTION_INFORMATION information = {1234, &pointers, FALSE};
    DWORD read = 0;
    HANDLE file = CreateFileA("dump.txt", GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS,
                              FILE_ATTRIBUTE_NORMAL, NULL);
    CHECK(file != INVALID_HANDLE_VALUE);
    memset(&record, 0, sizeof record);
    record.ExceptionCode = 0xC0000005;
    CHECK(MiniDumpWriteDump(GetCurrentProcess(), GetCurrentProcessId(), file, MiniDumpNormal,
                            &information, NULL, NULL));
    CHECK(SetFilePointer(file, 0, NULL, FILE_BEGIN) == 0);
    CHECK(ReadFile(file, text, sizeof text - 1, &read, NULL) && read > 0);
    CHECK(strstr(text, "thread 1234") != NULL && strstr(text, "0xC0000005") != NULL);
    CHECK(CloseHandle(file));
}
#else
static void dump(void)
{
}
#endif

int main(void)
{
    threads();
    dump();
    return 0;
}
