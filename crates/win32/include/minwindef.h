/* The names of Windows' basic types. DWORD, LONG and BOOL have 32 bits, as there; a `long` of the
   program's own has 64, which the interlocked functions know. */
#ifndef IOCP_MINWINDEF_H
#define IOCP_MINWINDEF_H
#pragma GCC system_header

#include "basetsd.h"
#include "sal.h"
#include "sdkddkver.h"

/* Linkage and calling convention of a declaration: both empty here. */
#define WINAPI
#define WINAPIV
#define APIENTRY
#define APIPRIVATE
#define CALLBACK
#define NTAPI
#define NTAPI_INLINE
#define PASCAL
#define FASTCALL
#define STDMETHODCALLTYPE
#define STDAPICALLTYPE
#define DECLSPEC_IMPORT
#define DECLSPEC_EXPORT
#define DECLSPEC_NORETURN __attribute__((__noreturn__))
#define DECLSPEC_NOINLINE __attribute__((noinline))
#define DECLSPEC_ALIGN(count) __attribute__((aligned(count)))
#define DECLSPEC_CACHEALIGN DECLSPEC_ALIGN(64)
#define DECLSPEC_NOTHROW
#define DECLSPEC_NOVTABLE
#define DECLSPEC_SELECTANY __attribute__((weak))
#define DECLSPEC_DEPRECATED
#define DECLSPEC_UUID(text)
#define SYSTEM_CACHE_ALIGNMENT_SIZE 64
#define FORCEINLINE static __forceinline
#define CFORCEINLINE FORCEINLINE
#define WINBASEAPI
#define WINADVAPI
#define WINUSERAPI
#define WINSHLWAPI
#define WINMMAPI
#define NTSYSAPI
#define NTSYSCALLAPI
#define ZAWPROXYAPI
#define CONST const
#define FAR
#define NEAR
#ifndef far
#define far
#endif
#ifndef near
#define near
#endif
#ifndef cdecl
#define cdecl
#endif
#ifndef pascal
#define pascal
#endif
#define CDECL
#ifndef IN
#define IN
#endif
#ifndef OUT
#define OUT
#endif
#ifndef OPTIONAL
#define OPTIONAL
#endif
#ifdef __cplusplus
#define EXTERN_C extern "C"
#else
#define EXTERN_C extern
#endif
#define STDAPI EXTERN_C HRESULT STDAPICALLTYPE

#ifndef VOID
#define VOID void
#endif
typedef char CHAR;
typedef short SHORT;
typedef int LONG;
typedef int INT;
typedef int BOOL;
typedef unsigned char BYTE;
typedef unsigned char UCHAR;
typedef unsigned short WORD;
typedef unsigned short USHORT;
typedef unsigned int UINT;
typedef unsigned int ULONG;
typedef unsigned int DWORD;
typedef float FLOAT;
typedef double DOUBLE;
typedef long long LONGLONG;
typedef unsigned long long ULONGLONG;
typedef unsigned long long DWORDLONG;
typedef LONGLONG USN;
typedef BYTE BOOLEAN, *PBOOLEAN;
typedef char CCHAR;
typedef signed char SCHAR, *PSCHAR;
typedef short CSHORT;
typedef ULONG CLONG;
typedef wchar_t WCHAR;
typedef WORD ATOM;
typedef WORD LANGID;
typedef DWORD LCID, *PLCID;
typedef DWORD LCTYPE;

typedef void *PVOID, *LPVOID;
typedef const void *PCVOID, *LPCVOID;
typedef CHAR *PCHAR, *LPCH, *PCH, *LPSTR, *PSTR, *NPSTR;
typedef const CHAR *LPCCH, *PCCH, *LPCSTR, *PCSTR;
typedef PSTR *PZPSTR;
typedef PCSTR *PZPCSTR;
typedef CHAR *PNZCH, *PSZ, *PZZSTR;
typedef const CHAR *PCNZCH, *PCZZSTR;
typedef WCHAR *PWCHAR, *LPWCH, *PWCH, *LPWSTR, *PWSTR, *NWPSTR, *PZZWSTR, *PNZWCH;
typedef const WCHAR *LPCWCH, *PCWCH, *LPCWSTR, *PCWSTR, *PCZZWSTR, *PCNZWCH, *LPCUWSTR, *PCUWSTR;
typedef PWSTR *PZPWSTR;
typedef SHORT *PSHORT;
typedef LONG *PLONG, *LPLONG;
typedef INT *PINT, *LPINT;
typedef BOOL *PBOOL, *LPBOOL;
typedef BYTE *PBYTE, *LPBYTE;
typedef UCHAR *PUCHAR;
typedef WORD *PWORD, *LPWORD;
typedef USHORT *PUSHORT;
typedef UINT *PUINT;
typedef ULONG *PULONG;
typedef DWORD *PDWORD, *LPDWORD;
typedef FLOAT *PFLOAT;
typedef DOUBLE *PDOUBLE;
typedef LONGLONG *PLONGLONG;
typedef ULONGLONG *PULONGLONG;
typedef DWORDLONG *PDWORDLONG;

#ifdef UNICODE
#ifndef _TCHAR_DEFINED
#define _TCHAR_DEFINED
typedef WCHAR TCHAR;
#endif
typedef TCHAR *PTCHAR;
typedef LPWSTR LPTSTR, PTSTR, LPTCH, PTCH;
typedef LPCWSTR LPCTSTR, PCTSTR, LPCTCH, PCTCH;
#define __TEXT(text) L##text
#else
#ifndef _TCHAR_DEFINED
#define _TCHAR_DEFINED
typedef char TCHAR;
#endif
typedef TCHAR *PTCHAR;
typedef LPSTR LPTSTR, PTSTR, LPTCH, PTCH;
typedef LPCSTR LPCTSTR, PCTSTR, LPCTCH, PCTCH;
#define __TEXT(text) text
#endif
typedef unsigned char TBYTE, *PTBYTE;
/* Microsoft's preprocessor overlooks further arguments, and some programs have them. */
#define TEXT(...) IOCP_FIRST_TEXT(__VA_ARGS__, )
#define IOCP_FIRST_TEXT(text, ...) __TEXT(text)

typedef void *HANDLE, **PHANDLE, **LPHANDLE, **SPHANDLE;
typedef void *HGLOBAL, *HLOCAL, *GLOBALHANDLE, *LOCALHANDLE;
#define DECLARE_HANDLE(name) \
    struct name##__ {        \
        int unused;          \
    };                       \
    typedef struct name##__ *name
DECLARE_HANDLE(HINSTANCE);
DECLARE_HANDLE(HWND);
DECLARE_HANDLE(HICON);
DECLARE_HANDLE(HMENU);
typedef HINSTANCE HMODULE;
typedef HICON HCURSOR;
typedef UINT_PTR WPARAM;
typedef LONG_PTR LPARAM;
typedef LONG_PTR LRESULT;
typedef INT_PTR (WINAPI *FARPROC)();
typedef INT_PTR (WINAPI *NEARPROC)();
typedef INT_PTR (WINAPI *PROC)();
typedef LONG HRESULT;
typedef LONG SCODE;

typedef struct _FILETIME {
    DWORD dwLowDateTime;
    DWORD dwHighDateTime;
} FILETIME, *PFILETIME, *LPFILETIME;

/* On Windows a DWORD is an unsigned long, so programs hand pointers to one to functions that fill a
   DWORD. C++ gets templates of those functions that match only such a pointer. */
#ifdef __cplusplus
IOCP_CXX_BEGIN
template <class T> struct iocp_if_ulong {};
template <> struct iocp_if_ulong<unsigned long> { typedef int type; };
IOCP_CXX_END
#endif

#ifndef TRUE
#define TRUE 1
#endif
#ifndef FALSE
#define FALSE 0
#endif
#ifndef NULL
#define NULL 0
#endif

#define MAX_PATH 260
#define MINCHAR 0x80
#define MAXCHAR 0x7f
#define MINSHORT 0x8000
#define MAXSHORT 0x7fff
#define MINLONG 0x80000000
#define MAXLONG 0x7fffffff
#define MAXBYTE 0xff
#define MAXWORD 0xffff
#define MAXDWORD 0xffffffff
#define ANSI_NULL ((CHAR)0)
#define UNICODE_NULL ((WCHAR)0)
#define UNICODE_STRING_MAX_BYTES ((WORD)65534)
#define UNICODE_STRING_MAX_CHARS (32767)

#define MAKEWORD(low, high) \
    ((WORD)(((BYTE)((DWORD_PTR)(low) & 0xff)) | ((WORD)((BYTE)((DWORD_PTR)(high) & 0xff))) << 8))
#define MAKELONG(low, high)                  \
    ((LONG)(((WORD)((DWORD_PTR)(low) & 0xffff)) | \
            ((DWORD)((WORD)((DWORD_PTR)(high) & 0xffff))) << 16))
#define LOWORD(value) ((WORD)((DWORD_PTR)(value) & 0xffff))
#define HIWORD(value) ((WORD)(((DWORD_PTR)(value) >> 16) & 0xffff))
#define LOBYTE(value) ((BYTE)((DWORD_PTR)(value) & 0xff))
#define HIBYTE(value) ((BYTE)(((DWORD_PTR)(value) >> 8) & 0xff))
#define MAKEWPARAM(low, high) ((WPARAM)(DWORD)MAKELONG(low, high))
#define MAKELPARAM(low, high) ((LPARAM)(DWORD)MAKELONG(low, high))
#define MAKELRESULT(low, high) ((LRESULT)(DWORD)MAKELONG(low, high))

/* In C the macros, as everyone knows them. In C++ they would break the standard library, so there
   are templates that take two types, as the macros do; std::min is the better match wherever a
   `using namespace std` brings both. */
#ifndef NOMINMAX
#ifndef __cplusplus
#ifndef max
#define max(a, b) (((a) > (b)) ? (a) : (b))
#endif
#ifndef min
#define min(a, b) (((a) < (b)) ? (a) : (b))
#endif
#elif !defined(min) && !defined(max)
IOCP_CXX_BEGIN
template <class T> struct iocp_bare { typedef T type; };
template <class T> struct iocp_bare<T &> { typedef T type; };
template <class T> struct iocp_bare<const T> { typedef T type; };
template <class T> struct iocp_bare<const T &> { typedef T type; };
template <class A, class B>
constexpr auto min(const A &a, const B &b) -> typename iocp_bare<decltype(a < b ? a : b)>::type
{
    return a < b ? a : b;
}
template <class A, class B>
constexpr auto max(const A &a, const B &b) -> typename iocp_bare<decltype(a > b ? a : b)>::type
{
    return a > b ? a : b;
}
IOCP_CXX_END
#endif
#endif

#endif
