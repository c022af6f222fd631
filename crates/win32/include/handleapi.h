/* Handles. */
#ifndef IOCP_HANDLEAPI_H
#define IOCP_HANDLEAPI_H
#pragma GCC system_header

#include "minwinbase.h"

#define INVALID_HANDLE_VALUE ((HANDLE)(LONG_PTR)-1)
#define HANDLE_FLAG_INHERIT 0x00000001
#define HANDLE_FLAG_PROTECT_FROM_CLOSE 0x00000002

IOCP_C_BEGIN

WINBASEAPI BOOL WINAPI CloseHandle(HANDLE object);
WINBASEAPI BOOL WINAPI DuplicateHandle(HANDLE source_process, HANDLE source,
    HANDLE target_process, LPHANDLE target, DWORD access, BOOL inherit, DWORD options);
WINBASEAPI BOOL WINAPI CompareObjectHandles(HANDLE first, HANDLE second);
WINBASEAPI BOOL WINAPI GetHandleInformation(HANDLE object, LPDWORD flags);
WINBASEAPI BOOL WINAPI SetHandleInformation(HANDLE object, DWORD mask, DWORD flags);

IOCP_C_END

#endif
