/* The debugger's side: what a program says to one, and whether there is one. */
#ifndef IOCP_DEBUGAPI_H
#define IOCP_DEBUGAPI_H
#pragma GCC system_header

#include "minwinbase.h"

IOCP_C_BEGIN

WINBASEAPI BOOL WINAPI IsDebuggerPresent(VOID);
WINBASEAPI VOID WINAPI DebugBreak(VOID);
WINBASEAPI VOID WINAPI OutputDebugStringA(LPCSTR text);
WINBASEAPI VOID WINAPI OutputDebugStringW(LPCWSTR text) IOCP_WIDE(OutputDebugStringW);

IOCP_C_END

#ifdef UNICODE
#define OutputDebugString OutputDebugStringW
#else
#define OutputDebugString OutputDebugStringA
#endif

#endif
