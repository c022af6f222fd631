/* The environment and the working directory. */
#ifndef IOCP_PROCESSENV_H
#define IOCP_PROCESSENV_H
#pragma GCC system_header

#include "minwinbase.h"

IOCP_C_BEGIN

WINBASEAPI LPSTR WINAPI GetCommandLineA(VOID);
WINBASEAPI LPWSTR WINAPI GetCommandLineW(VOID) IOCP_WIDE(GetCommandLineW);
WINBASEAPI DWORD WINAPI GetEnvironmentVariableA(LPCSTR name, LPSTR buffer, DWORD length);
WINBASEAPI DWORD WINAPI GetEnvironmentVariableW(LPCWSTR name, LPWSTR buffer,
    DWORD length) IOCP_WIDE(GetEnvironmentVariableW);
WINBASEAPI BOOL WINAPI SetEnvironmentVariableA(LPCSTR name, LPCSTR value);
WINBASEAPI BOOL WINAPI SetEnvironmentVariableW(LPCWSTR name,
    LPCWSTR value) IOCP_WIDE(SetEnvironmentVariableW);
/* The narrow one has no A, as on Windows. */
WINBASEAPI LPCH WINAPI GetEnvironmentStrings(VOID);
WINBASEAPI LPWCH WINAPI GetEnvironmentStringsW(VOID) IOCP_WIDE(GetEnvironmentStringsW);
WINBASEAPI BOOL WINAPI FreeEnvironmentStringsA(LPCH block);
WINBASEAPI BOOL WINAPI FreeEnvironmentStringsW(LPWCH block) IOCP_WIDE(FreeEnvironmentStringsW);
WINBASEAPI DWORD WINAPI ExpandEnvironmentStringsA(LPCSTR from, LPSTR to, DWORD length);
WINBASEAPI DWORD WINAPI ExpandEnvironmentStringsW(LPCWSTR from, LPWSTR to,
    DWORD length) IOCP_WIDE(ExpandEnvironmentStringsW);
WINBASEAPI DWORD WINAPI GetCurrentDirectoryA(DWORD length, LPSTR buffer);
WINBASEAPI DWORD WINAPI GetCurrentDirectoryW(DWORD length,
    LPWSTR buffer) IOCP_WIDE(GetCurrentDirectoryW);
WINBASEAPI BOOL WINAPI SetCurrentDirectoryA(LPCSTR path);
WINBASEAPI BOOL WINAPI SetCurrentDirectoryW(LPCWSTR path) IOCP_WIDE(SetCurrentDirectoryW);
WINBASEAPI HANDLE WINAPI GetStdHandle(DWORD which);
WINBASEAPI BOOL WINAPI SetStdHandle(DWORD which, HANDLE handle);

IOCP_C_END

#ifdef UNICODE
#define GetCommandLine GetCommandLineW
#define GetEnvironmentStrings GetEnvironmentStringsW
#define FreeEnvironmentStrings FreeEnvironmentStringsW
#define GetEnvironmentVariable GetEnvironmentVariableW
#define SetEnvironmentVariable SetEnvironmentVariableW
#define ExpandEnvironmentStrings ExpandEnvironmentStringsW
#define GetCurrentDirectory GetCurrentDirectoryW
#define SetCurrentDirectory SetCurrentDirectoryW
#else
#define GetCommandLine GetCommandLineA
#define FreeEnvironmentStrings FreeEnvironmentStringsA
#define GetEnvironmentVariable GetEnvironmentVariableA
#define SetEnvironmentVariable SetEnvironmentVariableA
#define ExpandEnvironmentStrings ExpandEnvironmentStringsA
#define GetCurrentDirectory GetCurrentDirectoryA
#define SetCurrentDirectory SetCurrentDirectoryA
#endif

#endif
