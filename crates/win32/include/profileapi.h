/* The performance counter. */
#ifndef IOCP_PROFILEAPI_H
#define IOCP_PROFILEAPI_H
#pragma GCC system_header

#include "minwinbase.h"

IOCP_C_BEGIN

WINBASEAPI BOOL WINAPI QueryPerformanceCounter(LARGE_INTEGER *count);
WINBASEAPI BOOL WINAPI QueryPerformanceFrequency(LARGE_INTEGER *frequency);

IOCP_C_END

#endif
