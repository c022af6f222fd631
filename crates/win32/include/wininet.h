/* Nothing of WinINet is offered; this is for programs that name the header without a need. */
#ifndef IOCP_WININET_H
#define IOCP_WININET_H
#pragma GCC system_header

#include "windows.h"

#endif
