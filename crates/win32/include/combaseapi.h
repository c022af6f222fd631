/* Of the component model there are the identifiers. */
#ifndef IOCP_COMBASEAPI_H
#define IOCP_COMBASEAPI_H
#pragma GCC system_header

#include "windef.h"
#include "guiddef.h"

/* A class of nothing but pure functions, by Microsoft's word. */
#ifndef interface
#define interface struct
#endif

IOCP_C_BEGIN

HRESULT WINAPI CoCreateGuid(GUID *identifier);
int WINAPI StringFromGUID2(REFGUID identifier, LPWSTR text,
    int length) IOCP_WIDE(StringFromGUID2);

IOCP_C_END

#endif
