/* Threads and groups of processors. Linux has one group here. */
#ifndef IOCP_PROCESSTOPOLOGYAPI_H
#define IOCP_PROCESSTOPOLOGYAPI_H
#pragma GCC system_header

#include "minwinbase.h"

IOCP_C_BEGIN

WINBASEAPI BOOL WINAPI GetThreadGroupAffinity(HANDLE thread, PGROUP_AFFINITY affinity);
WINBASEAPI BOOL WINAPI SetThreadGroupAffinity(HANDLE thread, CONST GROUP_AFFINITY *affinity,
    PGROUP_AFFINITY previous);

IOCP_C_END

#endif
