/* Threads, their local storage and calls, and the process itself. */
#ifndef IOCP_PROCESSTHREADSAPI_H
#define IOCP_PROCESSTHREADSAPI_H
#pragma GCC system_header

#include "minwinbase.h"

#define TLS_OUT_OF_INDEXES ((DWORD)0xFFFFFFFF)

#define STARTF_USESHOWWINDOW 0x00000001
#define STARTF_USESTDHANDLES 0x00000100
#define DEBUG_ONLY_THIS_PROCESS 0x00000002
#define DETACHED_PROCESS 0x00000008
#define CREATE_NEW_CONSOLE 0x00000010
#define CREATE_NEW_PROCESS_GROUP 0x00000200
#define CREATE_UNICODE_ENVIRONMENT 0x00000400
#define CREATE_NO_WINDOW 0x08000000

typedef struct _PROCESS_INFORMATION {
    HANDLE hProcess;
    HANDLE hThread;
    DWORD dwProcessId;
    DWORD dwThreadId;
} PROCESS_INFORMATION, *PPROCESS_INFORMATION, *LPPROCESS_INFORMATION;

typedef struct _STARTUPINFOA {
    DWORD cb;
    LPSTR lpReserved;
    LPSTR lpDesktop;
    LPSTR lpTitle;
    DWORD dwX;
    DWORD dwY;
    DWORD dwXSize;
    DWORD dwYSize;
    DWORD dwXCountChars;
    DWORD dwYCountChars;
    DWORD dwFillAttribute;
    DWORD dwFlags;
    WORD wShowWindow;
    WORD cbReserved2;
    LPBYTE lpReserved2;
    HANDLE hStdInput;
    HANDLE hStdOutput;
    HANDLE hStdError;
} STARTUPINFOA, *LPSTARTUPINFOA;

typedef struct _STARTUPINFOW {
    DWORD cb;
    LPWSTR lpReserved;
    LPWSTR lpDesktop;
    LPWSTR lpTitle;
    DWORD dwX;
    DWORD dwY;
    DWORD dwXSize;
    DWORD dwYSize;
    DWORD dwXCountChars;
    DWORD dwYCountChars;
    DWORD dwFillAttribute;
    DWORD dwFlags;
    WORD wShowWindow;
    WORD cbReserved2;
    LPBYTE lpReserved2;
    HANDLE hStdInput;
    HANDLE hStdOutput;
    HANDLE hStdError;
} STARTUPINFOW, *LPSTARTUPINFOW;

#ifdef UNICODE
typedef STARTUPINFOW STARTUPINFO;
typedef LPSTARTUPINFOW LPSTARTUPINFO;
#define CreateProcess CreateProcessW
#else
typedef STARTUPINFOA STARTUPINFO;
typedef LPSTARTUPINFOA LPSTARTUPINFO;
#define CreateProcess CreateProcessA
#endif

IOCP_C_BEGIN

WINBASEAPI HANDLE WINAPI CreateThread(LPSECURITY_ATTRIBUTES attributes, SIZE_T stack,
    LPTHREAD_START_ROUTINE start, LPVOID parameter, DWORD flags, LPDWORD id);
WINBASEAPI DECLSPEC_NORETURN VOID WINAPI ExitThread(DWORD code);
WINBASEAPI BOOL WINAPI TerminateThread(HANDLE thread, DWORD code);
WINBASEAPI BOOL WINAPI GetExitCodeThread(HANDLE thread, LPDWORD code);
WINBASEAPI HANDLE WINAPI OpenThread(DWORD access, BOOL inherit, DWORD id);
WINBASEAPI DWORD WINAPI SuspendThread(HANDLE thread);
WINBASEAPI DWORD WINAPI ResumeThread(HANDLE thread);
WINBASEAPI HANDLE WINAPI GetCurrentThread(VOID);
WINBASEAPI DWORD WINAPI GetCurrentThreadId(VOID);
WINBASEAPI DWORD WINAPI GetThreadId(HANDLE thread);
WINBASEAPI BOOL WINAPI SetThreadPriority(HANDLE thread, int priority);
WINBASEAPI int WINAPI GetThreadPriority(HANDLE thread);
WINBASEAPI BOOL WINAPI SetThreadPriorityBoost(HANDLE thread, BOOL disable);
WINBASEAPI BOOL WINAPI GetThreadPriorityBoost(HANDLE thread, PBOOL disabled);
WINBASEAPI BOOL WINAPI GetThreadTimes(HANDLE thread, LPFILETIME creation, LPFILETIME exit,
    LPFILETIME kernel, LPFILETIME user);
WINBASEAPI DWORD WINAPI SetThreadIdealProcessor(HANDLE thread, DWORD processor);
WINBASEAPI BOOL WINAPI SwitchToThread(VOID);
WINBASEAPI DWORD WINAPI QueueUserAPC(PAPCFUNC function, HANDLE thread, ULONG_PTR argument);
WINBASEAPI HRESULT WINAPI SetThreadDescription(HANDLE thread,
    PCWSTR description) IOCP_WIDE(SetThreadDescription);
WINBASEAPI HRESULT WINAPI GetThreadDescription(HANDLE thread,
    PWSTR *description) IOCP_WIDE(GetThreadDescription);
WINBASEAPI DWORD WINAPI GetCurrentProcessorNumber(VOID);
WINBASEAPI VOID WINAPI GetCurrentProcessorNumberEx(PPROCESSOR_NUMBER number);
WINBASEAPI VOID WINAPI FlushProcessWriteBuffers(VOID);
WINBASEAPI BOOL WINAPI IsProcessorFeaturePresent(DWORD feature);

WINBASEAPI DWORD WINAPI TlsAlloc(VOID);
WINBASEAPI LPVOID WINAPI TlsGetValue(DWORD index);
WINBASEAPI BOOL WINAPI TlsSetValue(DWORD index, LPVOID value);
WINBASEAPI BOOL WINAPI TlsFree(DWORD index);

WINBASEAPI HANDLE WINAPI GetCurrentProcess(VOID);
WINBASEAPI DWORD WINAPI GetCurrentProcessId(VOID);
WINBASEAPI BOOL WINAPI CreateProcessA(LPCSTR file, LPSTR line, LPSECURITY_ATTRIBUTES process,
    LPSECURITY_ATTRIBUTES thread, BOOL inherit, DWORD flags, LPVOID environment, LPCSTR folder,
    LPSTARTUPINFOA startup, LPPROCESS_INFORMATION information);
WINBASEAPI BOOL WINAPI CreateProcessW(LPCWSTR file, LPWSTR line, LPSECURITY_ATTRIBUTES process,
    LPSECURITY_ATTRIBUTES thread, BOOL inherit, DWORD flags, LPVOID environment, LPCWSTR folder,
    LPSTARTUPINFOW startup, LPPROCESS_INFORMATION information) IOCP_WIDE(CreateProcessW);
WINBASEAPI HANDLE WINAPI OpenProcess(DWORD access, BOOL inherit, DWORD id);
WINBASEAPI DWORD WINAPI GetProcessId(HANDLE process);
WINBASEAPI DECLSPEC_NORETURN VOID WINAPI ExitProcess(UINT code);
WINBASEAPI BOOL WINAPI TerminateProcess(HANDLE process, UINT code);
WINBASEAPI BOOL WINAPI GetExitCodeProcess(HANDLE process, LPDWORD code);
WINBASEAPI BOOL WINAPI GetProcessTimes(HANDLE process, LPFILETIME creation, LPFILETIME exit,
    LPFILETIME kernel, LPFILETIME user);
WINBASEAPI BOOL WINAPI GetProcessHandleCount(HANDLE process, PDWORD count);
WINBASEAPI BOOL WINAPI SetPriorityClass(HANDLE process, DWORD priority);
WINBASEAPI DWORD WINAPI GetPriorityClass(HANDLE process);

IOCP_C_END

#ifdef __cplusplus
IOCP_CXX_BEGIN
template <class T>
inline HANDLE CreateThread(LPSECURITY_ATTRIBUTES attributes, SIZE_T stack,
    LPTHREAD_START_ROUTINE start, LPVOID parameter, DWORD flags, T *id,
    typename iocp_if_ulong<T>::type = 0)
{
    DWORD number = 0;
    HANDLE thread = CreateThread(attributes, stack, start, parameter, flags, &number);
    *id = number;
    return thread;
}
template <class T>
inline BOOL GetExitCodeThread(HANDLE thread, T *code, typename iocp_if_ulong<T>::type = 0)
{
    DWORD number = 0;
    BOOL done = GetExitCodeThread(thread, &number);
    *code = number;
    return done;
}
IOCP_CXX_END
#endif

#endif
