/* Of the shell there is the taking apart of command lines. */
#ifndef IOCP_SHELLAPI_H
#define IOCP_SHELLAPI_H
#pragma GCC system_header

#include "windef.h"

IOCP_C_BEGIN

LPWSTR *WINAPI CommandLineToArgvW(LPCWSTR line, int *count) IOCP_WIDE(CommandLineToArgvW);

IOCP_C_END

#endif
