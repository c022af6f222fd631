/* Code pages. UTF-8 is the system's; the others are converted where their page is known. */
#ifndef IOCP_WINNLS_H
#define IOCP_WINNLS_H
#pragma GCC system_header

#include "stringapiset.h"

#define CP_ACP 0
#define CP_OEMCP 1
#define CP_MACCP 2
#define CP_THREAD_ACP 3
#define CP_SYMBOL 42
#define CP_UTF7 65000
#define CP_UTF8 65001
#define MB_PRECOMPOSED 0x00000001
#define MB_COMPOSITE 0x00000002
#define MB_USEGLYPHCHARS 0x00000004
#define MB_ERR_INVALID_CHARS 0x00000008
#define WC_DISCARDNS 0x00000010
#define WC_SEPCHARS 0x00000020
#define WC_DEFAULTCHAR 0x00000040
#define WC_ERR_INVALID_CHARS 0x00000080
#define WC_COMPOSITECHECK 0x00000200
#define WC_NO_BEST_FIT_CHARS 0x00000400
#define NORM_IGNORECASE 0x00000001
#define LINGUISTIC_IGNORECASE 0x00000010
#define CSTR_LESS_THAN 1
#define CSTR_EQUAL 2
#define CSTR_GREATER_THAN 3
#define MAX_DEFAULTCHAR 2
#define MAX_LEADBYTES 12
#define LOCALE_NAME_MAX_LENGTH 85

typedef struct _cpinfo {
    UINT MaxCharSize;
    BYTE DefaultChar[MAX_DEFAULTCHAR];
    BYTE LeadByte[MAX_LEADBYTES];
} CPINFO, *LPCPINFO;

IOCP_C_BEGIN

WINBASEAPI UINT WINAPI GetACP(VOID);
WINBASEAPI UINT WINAPI GetOEMCP(VOID);
WINBASEAPI BOOL WINAPI IsValidCodePage(UINT page);
WINBASEAPI BOOL WINAPI GetCPInfo(UINT page, LPCPINFO information);
WINBASEAPI BOOL WINAPI IsDBCSLeadByte(BYTE character);
WINBASEAPI BOOL WINAPI IsDBCSLeadByteEx(UINT page, BYTE character);
WINBASEAPI int WINAPI CompareStringA(LCID locale, DWORD flags, LPCCH first, int first_length,
    LPCCH second, int second_length);
WINBASEAPI int WINAPI CompareStringW(LCID locale, DWORD flags, LPCWCH first, int first_length,
    LPCWCH second, int second_length) IOCP_WIDE(CompareStringW);
WINBASEAPI LANGID WINAPI GetUserDefaultLangID(VOID);
WINBASEAPI LANGID WINAPI GetSystemDefaultLangID(VOID);

IOCP_C_END

#ifdef UNICODE
#define CompareString CompareStringW
#else
#define CompareString CompareStringA
#endif

#endif
