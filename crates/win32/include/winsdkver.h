/* Where programs that look for it expect the versions. */
#ifndef IOCP_WINSDKVER_H
#define IOCP_WINSDKVER_H
#pragma GCC system_header

#include "sdkddkver.h"

#endif
