/* GUIDs. INITGUID turns DEFINE_GUID from a declaration into a definition. */
#ifndef IOCP_GUIDDEF_H
#define IOCP_GUIDDEF_H
#pragma GCC system_header

#include "iocpbase.h"

#include <string.h>

#ifndef GUID_DEFINED
#define GUID_DEFINED
typedef struct _GUID {
    unsigned int Data1;
    unsigned short Data2;
    unsigned short Data3;
    unsigned char Data4[8];
} GUID;
#endif

typedef GUID *LPGUID;
typedef const GUID *LPCGUID;
typedef GUID IID, *LPIID;
typedef GUID CLSID, *LPCLSID;
typedef GUID FMTID, *LPFMTID;
#define IID_NULL GUID_NULL
#define CLSID_NULL GUID_NULL

#ifdef __cplusplus
#define REFGUID const GUID &
#define REFIID const IID &
#define REFCLSID const CLSID &
#else
#define REFGUID const GUID *
#define REFIID const IID *
#define REFCLSID const CLSID *
#endif

#ifdef __cplusplus
#define IOCP_GUID_LINKAGE extern "C"
#else
#define IOCP_GUID_LINKAGE extern
#endif

#endif

/* Outside the guard: a second include under INITGUID changes what DEFINE_GUID does. */
#undef DEFINE_GUID
#if defined(INITGUID) && defined(__cplusplus)
#define DEFINE_GUID(name, l, w1, w2, b1, b2, b3, b4, b5, b6, b7, b8)             \
    IOCP_GUID_LINKAGE const GUID __attribute__((weak)) name;                     \
    IOCP_GUID_LINKAGE const GUID __attribute__((weak)) name = {                  \
        l, w1, w2, {b1, b2, b3, b4, b5, b6, b7, b8}}
#elif defined(INITGUID)
#define DEFINE_GUID(name, l, w1, w2, b1, b2, b3, b4, b5, b6, b7, b8)             \
    const GUID __attribute__((weak)) name = {l, w1, w2, {b1, b2, b3, b4, b5, b6, b7, b8}}
#else
#define DEFINE_GUID(name, l, w1, w2, b1, b2, b3, b4, b5, b6, b7, b8)             \
    IOCP_GUID_LINKAGE const GUID name
#endif

#ifndef IOCP_GUID_COMPARE
#define IOCP_GUID_COMPARE
#ifdef __cplusplus
IOCP_CXX_BEGIN
inline int IsEqualGUID(REFGUID a, REFGUID b) { return !memcmp(&a, &b, sizeof(GUID)); }
inline int InlineIsEqualGUID(REFGUID a, REFGUID b) { return IsEqualGUID(a, b); }
#ifndef _NO_SYS_GUID_OPERATOR_EQ_
inline bool operator==(REFGUID a, REFGUID b) { return IsEqualGUID(a, b) != 0; }
#if __cplusplus < 202002L
inline bool operator!=(REFGUID a, REFGUID b) { return IsEqualGUID(a, b) == 0; }
#endif
#endif
IOCP_CXX_END
#else
#define IsEqualGUID(a, b) (!memcmp(a, b, sizeof(GUID)))
#define InlineIsEqualGUID(a, b) IsEqualGUID(a, b)
#endif
#define IsEqualIID(a, b) IsEqualGUID(a, b)
#define IsEqualCLSID(a, b) IsEqualGUID(a, b)
#endif
