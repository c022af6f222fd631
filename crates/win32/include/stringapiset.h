/* Between bytes and wide characters. */
#ifndef IOCP_STRINGAPISET_H
#define IOCP_STRINGAPISET_H
#pragma GCC system_header

#include "minwinbase.h"

IOCP_C_BEGIN

WINBASEAPI int WINAPI MultiByteToWideChar(UINT page, DWORD flags, LPCCH from, int from_length,
    LPWSTR to, int to_length) IOCP_WIDE(MultiByteToWideChar);
WINBASEAPI int WINAPI WideCharToMultiByte(UINT page, DWORD flags, LPCWCH from, int from_length,
    LPSTR to, int to_length, LPCCH default_char, LPBOOL used_default)
    IOCP_WIDE(WideCharToMultiByte);
WINBASEAPI int WINAPI CompareStringOrdinal(LPCWCH first, int first_length, LPCWCH second,
    int second_length, BOOL ignore_case) IOCP_WIDE(CompareStringOrdinal);

IOCP_C_END

#endif
