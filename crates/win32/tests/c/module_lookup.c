// variants: short clang
/* Modules and functions by name. */
#include <windows.h>
#include <winsock2.h>
#include <string.h>
#include <wchar.h>
#include "check.h"

typedef DWORD (WINAPI *tick_count)(void);
typedef HANDLE (WINAPI *create_file)(LPCWSTR, DWORD, DWORD, LPSECURITY_ATTRIBUTES, DWORD, DWORD,
                                     HANDLE);
typedef int (WINAPI *length_of)(LPCWSTR);

static void functions(void)
{
    HMODULE kernel = GetModuleHandleA("KERNEL32.DLL");
    tick_count ticks;
    length_of length;
    CHECK(kernel != NULL && GetModuleHandleW(L"kernel32") == kernel);
    ticks = (tick_count)(void (*)(void))GetProcAddress(kernel, "GetTickCount");
    CHECK(ticks != NULL && ticks() != 0);
    /* The one for this program's wide characters. */
    length = (length_of)(void (*)(void))GetProcAddress(kernel, "lstrlenW");
    CHECK(length != NULL && length(L"three") == 5);
    CHECK(GetProcAddress(kernel, "CreateIoCompletionPort") != NULL);
    CHECK(GetProcAddress(kernel, "NoSuchFunction") == NULL);
    CHECK(GetLastError() == ERROR_PROC_NOT_FOUND);
    CHECK(GetProcAddress(GetModuleHandleA("ntdll.dll"), "RtlNtStatusToDosError") != NULL);
    CHECK(GetProcAddress(GetModuleHandleA("ntdll"), "no_such_function") == NULL);
}

static void sockets(void)
{
    HMODULE library = LoadLibraryA("ws2_32.dll");
    CHECK(library != NULL);
    CHECK(GetProcAddress(library, "WSAStartup") != NULL);
#ifdef __COMPLETION_PORT__
    /* Not the C library's. */
    CHECK((void *)GetProcAddress(library, "send") == (void *)send);
#endif
    CHECK(FreeLibrary(library));
}

static void modules(void)
{
    HMODULE own = GetModuleHandleA(NULL);
    HMODULE found = NULL;
    char path[MAX_PATH] = "";
    WCHAR wide[MAX_PATH];
    DWORD length = GetModuleFileNameA(NULL, path, MAX_PATH);
    CHECK(own != NULL && length == strlen(path) && length > 0);
    /* Programs cut the name off where the last backslash is. */
    CHECK(strrchr(path, '\\') != NULL && strchr(path, '/') == NULL);
    CHECK(GetModuleFileNameW(own, wide, MAX_PATH) == length && wide[length] == 0);
    CHECK(GetModuleFileNameA(NULL, path, 4) == 4 && strlen(path) == 3);
    CHECK(GetLastError() == ERROR_INSUFFICIENT_BUFFER);
    CHECK(GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS |
                                 GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
                             (LPCSTR)(void *)modules, &found));
    CHECK(found == own);
    CHECK(GetModuleHandleA("nosuchmodule.dll") == NULL && GetLastError() == ERROR_MOD_NOT_FOUND);
    CHECK(LoadLibraryW(L"nosuchmodule.dll") == NULL && GetLastError() == ERROR_MOD_NOT_FOUND);
    CHECK(!FreeLibrary((HMODULE)(ULONG_PTR)12345));
}

#ifdef __COMPLETION_PORT__
static void libraries(void)
{
    HMODULE library = LoadLibraryA("libm.so.6");
    double (*square_root)(double);
    CHECK(library != NULL && GetModuleHandleA("libm.so.6") == library);
    square_root = (double (*)(double))(void (*)(void))GetProcAddress(library, "sqrt");
    CHECK(square_root != NULL && square_root(16.0) == 4.0);
    CHECK(DisableThreadLibraryCalls(library) && FreeLibrary(library));
}
#else
static void libraries(void)
{
}
#endif

int main(void)
{
    functions();
    sockets();
    modules();
    libraries();
    return 0;
}
