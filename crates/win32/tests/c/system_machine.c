// variants: short clang
/* The machine, the version, names. */
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#include <psapi.h>
#include <versionhelpers.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include "check.h"

static void machine(void)
{
    SYSTEM_INFO system;
    MEMORYSTATUSEX memory;
    DWORD_PTR own = 0, all = 0;
    GetSystemInfo(&system);
    CHECK(system.dwNumberOfProcessors >= 1 && system.dwPageSize == 4096);
    CHECK(system.dwAllocationGranularity == 0x10000 && system.dwActiveProcessorMask != 0);
    CHECK(GetActiveProcessorCount(ALL_PROCESSOR_GROUPS) == system.dwNumberOfProcessors);
    CHECK(GetMaximumProcessorCount(0) >= system.dwNumberOfProcessors);
    CHECK(GetActiveProcessorGroupCount() >= 1);
    memory.dwLength = sizeof memory;
    CHECK(GlobalMemoryStatusEx(&memory) && memory.dwMemoryLoad <= 100);
    CHECK(memory.ullTotalPhys >= memory.ullAvailPhys && memory.ullAvailPhys > 0);
    memory.dwLength = 1;
    CHECK(!GlobalMemoryStatusEx(&memory) && GetLastError() == ERROR_INVALID_PARAMETER);
    CHECK(GetProcessAffinityMask(GetCurrentProcess(), &own, &all) && own != 0);
    CHECK((own & ~all) == 0);
    CHECK(SetProcessAffinityMask(GetCurrentProcess(), own & (~own + 1)));
    CHECK(GetProcessAffinityMask(GetCurrentProcess(), &own, &all) && (own & (own - 1)) == 0);
    CHECK(((DWORD_PTR)1 << GetCurrentProcessorNumber()) == own);
    CHECK(!SetProcessAffinityMask(GetCurrentProcess(), 0));
    CHECK(GetLastError() == ERROR_INVALID_PARAMETER);
    CHECK(GetActiveProcessorCount(ALL_PROCESSOR_GROUPS) == system.dwNumberOfProcessors);
    FlushProcessWriteBuffers();
    CHECK(!IsProcessorFeaturePresent(9999));
}

static void topology(void)
{
    DWORD length = 0, i;
    SYSTEM_LOGICAL_PROCESSOR_INFORMATION *relations;
    ULONG_PTR in_cores = 0;
    CHECK(!GetLogicalProcessorInformation(NULL, &length));
    CHECK(GetLastError() == ERROR_INSUFFICIENT_BUFFER && length >= sizeof *relations);
    relations = (SYSTEM_LOGICAL_PROCESSOR_INFORMATION *)malloc(length);
    CHECK(relations != NULL && GetLogicalProcessorInformation(relations, &length));
    for (i = 0; i < length / sizeof *relations; i++)
        if (relations[i].Relationship == RelationProcessorCore)
            in_cores |= relations[i].ProcessorMask;
    CHECK(in_cores != 0);
    free(relations);
}

static void process(void)
{
    FILETIME creation, end, kernel, user, idle;
    PROCESS_MEMORY_COUNTERS memory;
    volatile unsigned int work = 0;
    DWORD handles = 0;
    /* The system looks now and then who works; sooner or later it sees this. */
    do {
        while (++work % 1000000 != 0)
            ;
        CHECK(GetProcessTimes(GetCurrentProcess(), &creation, &end, &kernel, &user));
    } while (user.dwLowDateTime == 0 && user.dwHighDateTime == 0);
    CHECK(creation.dwHighDateTime != 0);
    CHECK(GetSystemTimes(&idle, &kernel, &user) && CompareFileTime(&kernel, &idle) >= 0);
    CHECK(GetProcessMemoryInfo(GetCurrentProcess(), &memory, sizeof memory));
    CHECK(memory.WorkingSetSize > 0 && memory.PeakWorkingSetSize >= memory.WorkingSetSize / 2);
    /* Who runs the tests may have made them less urgent. */
    CHECK(GetPriorityClass(GetCurrentProcess()) == NORMAL_PRIORITY_CLASS ||
          GetPriorityClass(GetCurrentProcess()) == BELOW_NORMAL_PRIORITY_CLASS);
    CHECK(SetPriorityClass(GetCurrentProcess(), BELOW_NORMAL_PRIORITY_CLASS));
    CHECK(GetPriorityClass(GetCurrentProcess()) == BELOW_NORMAL_PRIORITY_CLASS);
    CHECK(!SetPriorityClass(GetCurrentProcess(), 0x12345));
    CHECK(GetLastError() == ERROR_INVALID_PARAMETER);
    CHECK(GetProcessHandleCount(GetCurrentProcess(), &handles) && handles < 1000);
    CHECK(GetCurrentProcessId() != 0);
}

static void version(void)
{
    OSVERSIONINFOA narrow;
    OSVERSIONINFOEXW wide;
    DWORDLONG conditions = 0;
    memset(&narrow, 0, sizeof narrow);
    memset(&wide, 0, sizeof wide);
    narrow.dwOSVersionInfoSize = sizeof narrow;
    CHECK(GetVersionExA(&narrow) && narrow.dwMajorVersion >= 6);
    wide.dwOSVersionInfoSize = sizeof wide;
    CHECK(GetVersionExW((OSVERSIONINFOW *)&wide) && wide.dwMajorVersion == narrow.dwMajorVersion);
    CHECK(wide.wProductType == VER_NT_WORKSTATION && wide.szCSDVersion[0] == 0);
    CHECK((GetVersion() & 0xff) == narrow.dwMajorVersion);
    narrow.dwOSVersionInfoSize = 7;
    CHECK(!GetVersionExA(&narrow) && GetLastError() == ERROR_INSUFFICIENT_BUFFER);
    VER_SET_CONDITION(conditions, VER_MAJORVERSION, VER_GREATER_EQUAL);
    VER_SET_CONDITION(conditions, VER_MINORVERSION, VER_GREATER_EQUAL);
    wide.dwMajorVersion = 6;
    wide.dwMinorVersion = 1;
    CHECK(VerifyVersionInfoW(&wide, VER_MAJORVERSION | VER_MINORVERSION, conditions));
    wide.dwMajorVersion = 99;
    CHECK(!VerifyVersionInfoW(&wide, VER_MAJORVERSION | VER_MINORVERSION, conditions));
    CHECK(GetLastError() == ERROR_OLD_WIN_VERSION);
}

static void helpers(void)
{
    CHECK(IsWindows7OrGreater() && IsWindowsVersionOrGreater(6, 0, 0));
    CHECK(!IsWindowsVersionOrGreater(99, 0, 0) && !IsWindowsServer());
}

static void names(void)
{
    char name[256];
    WCHAR wide[256];
    DWORD length = sizeof name, other;
    CHECK(GetComputerNameA(name, &length) && length == strlen(name) && length > 0);
    other = 1;
    CHECK(!GetComputerNameA(name, &other) && GetLastError() == ERROR_BUFFER_OVERFLOW);
    CHECK(other == length + 1);
    length = 256;
    CHECK(GetComputerNameExW(ComputerNameDnsHostname, wide, &length) && length == wcslen(wide));
    other = 0;
    CHECK(!GetComputerNameExW(ComputerNameDnsHostname, NULL, &other));
    CHECK(GetLastError() == ERROR_MORE_DATA && other == length + 1);
    length = 256;
    CHECK(GetUserNameW(wide, &length) && length == wcslen(wide) + 1);
    other = 1;
    CHECK(!GetUserNameA(name, &other) && GetLastError() == ERROR_INSUFFICIENT_BUFFER);
}

int main(void)
{
    process();
    machine();
    topology();
    version();
    helpers();
    names();
    CHECK(MulDiv(7, 10, 4) == 18 && MulDiv(-7, 10, 4) == -18 && MulDiv(1, 1, 0) == -1);
    CHECK(MulDiv(0x7fffffff, 0x7fffffff, 0x7fffffff) == 0x7fffffff);
    CHECK(SetErrorMode(SEM_FAILCRITICALERRORS) == 0);
    CHECK(SetErrorMode(0) == SEM_FAILCRITICALERRORS);
    return 0;
}
