/* Pipes. */
#ifndef IOCP_NAMEDPIPEAPI_H
#define IOCP_NAMEDPIPEAPI_H
#pragma GCC system_header

#include "minwinbase.h"

IOCP_C_BEGIN

WINBASEAPI BOOL WINAPI CreatePipe(PHANDLE read, PHANDLE write, LPSECURITY_ATTRIBUTES attributes,
    DWORD size);
WINBASEAPI HANDLE WINAPI CreateNamedPipeA(LPCSTR name, DWORD open, DWORD mode, DWORD instances,
    DWORD out_size, DWORD in_size, DWORD timeout, LPSECURITY_ATTRIBUTES attributes);
WINBASEAPI HANDLE WINAPI CreateNamedPipeW(LPCWSTR name, DWORD open, DWORD mode, DWORD instances,
    DWORD out_size, DWORD in_size, DWORD timeout,
    LPSECURITY_ATTRIBUTES attributes) IOCP_WIDE(CreateNamedPipeW);
WINBASEAPI BOOL WINAPI ConnectNamedPipe(HANDLE pipe, LPOVERLAPPED overlapped);
WINBASEAPI BOOL WINAPI DisconnectNamedPipe(HANDLE pipe);
WINBASEAPI BOOL WINAPI SetNamedPipeHandleState(HANDLE pipe, LPDWORD mode, LPDWORD collect_count,
    LPDWORD collect_timeout);
WINBASEAPI BOOL WINAPI GetNamedPipeHandleStateA(HANDLE pipe, LPDWORD state, LPDWORD instances,
    LPDWORD collect_count, LPDWORD collect_timeout, LPSTR user, DWORD user_size);
WINBASEAPI BOOL WINAPI GetNamedPipeHandleStateW(HANDLE pipe, LPDWORD state, LPDWORD instances,
    LPDWORD collect_count, LPDWORD collect_timeout, LPWSTR user,
    DWORD user_size) IOCP_WIDE(GetNamedPipeHandleStateW);
WINBASEAPI BOOL WINAPI GetNamedPipeInfo(HANDLE pipe, LPDWORD flags, LPDWORD out_size,
    LPDWORD in_size, LPDWORD instances);
WINBASEAPI BOOL WINAPI GetNamedPipeClientProcessId(HANDLE pipe, PULONG id);
WINBASEAPI BOOL WINAPI GetNamedPipeServerProcessId(HANDLE pipe, PULONG id);
WINBASEAPI BOOL WINAPI PeekNamedPipe(HANDLE pipe, LPVOID buffer, DWORD size, LPDWORD bytes,
    LPDWORD available, LPDWORD left);
WINBASEAPI BOOL WINAPI TransactNamedPipe(HANDLE pipe, LPVOID in, DWORD in_size, LPVOID out,
    DWORD out_size, LPDWORD bytes, LPOVERLAPPED overlapped);
WINBASEAPI BOOL WINAPI WaitNamedPipeA(LPCSTR name, DWORD milliseconds);
WINBASEAPI BOOL WINAPI WaitNamedPipeW(LPCWSTR name, DWORD milliseconds) IOCP_WIDE(WaitNamedPipeW);
WINBASEAPI BOOL WINAPI CallNamedPipeA(LPCSTR name, LPVOID in, DWORD in_size, LPVOID out,
    DWORD out_size, LPDWORD bytes, DWORD milliseconds);
WINBASEAPI BOOL WINAPI CallNamedPipeW(LPCWSTR name, LPVOID in, DWORD in_size, LPVOID out,
    DWORD out_size, LPDWORD bytes, DWORD milliseconds) IOCP_WIDE(CallNamedPipeW);

IOCP_C_END

#ifdef UNICODE
#define CreateNamedPipe CreateNamedPipeW
#define GetNamedPipeHandleState GetNamedPipeHandleStateW
#define WaitNamedPipe WaitNamedPipeW
#define CallNamedPipe CallNamedPipeW
#else
#define CreateNamedPipe CreateNamedPipeA
#define GetNamedPipeHandleState GetNamedPipeHandleStateA
#define WaitNamedPipe WaitNamedPipeA
#define CallNamedPipe CallNamedPipeA
#endif

#endif
