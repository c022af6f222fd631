/* Of remote procedure calls there are the identifiers. */
#ifndef IOCP_RPCDCE_H
#define IOCP_RPCDCE_H
#pragma GCC system_header

#include "windef.h"
#include "guiddef.h"

#ifndef UUID_DEFINED
#define UUID_DEFINED
typedef GUID UUID;
#endif

#define RPC_ENTRY
#define __RPC_FAR
#define __RPC_USER
#define RPC_S_OK 0
#define RPC_S_INVALID_ARG 87
#define RPC_S_OUT_OF_MEMORY 14
#define RPC_S_INVALID_STRING_UUID 1705
#define RPC_S_UUID_NO_ADDRESS 1739
#define RPC_S_UUID_LOCAL_ONLY 1824

typedef LONG RPC_STATUS;
typedef unsigned char *RPC_CSTR;
typedef WCHAR *RPC_WSTR;

IOCP_C_BEGIN

RPC_STATUS RPC_ENTRY UuidCreate(UUID *identifier);
RPC_STATUS RPC_ENTRY UuidCreateNil(UUID *identifier);
int RPC_ENTRY UuidEqual(UUID *first, UUID *second, RPC_STATUS *status);
int RPC_ENTRY UuidIsNil(UUID *identifier, RPC_STATUS *status);
RPC_STATUS RPC_ENTRY UuidToStringA(const UUID *identifier, RPC_CSTR *text);
RPC_STATUS RPC_ENTRY UuidToStringW(const UUID *identifier, RPC_WSTR *text) IOCP_WIDE(UuidToStringW);
RPC_STATUS RPC_ENTRY UuidFromStringA(RPC_CSTR text, UUID *identifier);
RPC_STATUS RPC_ENTRY UuidFromStringW(RPC_WSTR text, UUID *identifier) IOCP_WIDE(UuidFromStringW);
RPC_STATUS RPC_ENTRY RpcStringFreeA(RPC_CSTR *text);
RPC_STATUS RPC_ENTRY RpcStringFreeW(RPC_WSTR *text) IOCP_WIDE(RpcStringFreeW);

IOCP_C_END

#ifdef UNICODE
#define UuidToString UuidToStringW
#define UuidFromString UuidFromStringW
#define RpcStringFree RpcStringFreeW
#else
#define UuidToString UuidToStringA
#define UuidFromString UuidFromStringA
#define RpcStringFree RpcStringFreeA
#endif

#endif
