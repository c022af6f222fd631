/* Local storage with a destructor. There are no fibers here: a thread is its own only fiber. */
#ifndef IOCP_FIBERSAPI_H
#define IOCP_FIBERSAPI_H
#pragma GCC system_header

#include "minwinbase.h"

#define FLS_OUT_OF_INDEXES ((DWORD)0xFFFFFFFF)

IOCP_C_BEGIN

WINBASEAPI DWORD WINAPI FlsAlloc(PFLS_CALLBACK_FUNCTION callback);
WINBASEAPI PVOID WINAPI FlsGetValue(DWORD index);
WINBASEAPI BOOL WINAPI FlsSetValue(DWORD index, PVOID value);
WINBASEAPI BOOL WINAPI FlsFree(DWORD index);

IOCP_C_END

#endif
