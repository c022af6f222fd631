/* Strings and paths of the shell's lightweight helpers. */
#ifndef IOCP_SHLWAPI_H
#define IOCP_SHLWAPI_H
#pragma GCC system_header

#include "windef.h"
#include "winbase.h"

typedef int STIF_FLAGS;
#define STIF_DEFAULT 0x00000000
#define STIF_SUPPORT_HEX 0x00000001

IOCP_C_BEGIN

WINSHLWAPI LPSTR WINAPI StrStrA(LPCSTR text, LPCSTR search);
WINSHLWAPI LPWSTR WINAPI StrStrW(LPCWSTR text, LPCWSTR search) IOCP_WIDE(StrStrW);
WINSHLWAPI LPSTR WINAPI StrStrIA(LPCSTR text, LPCSTR search);
WINSHLWAPI LPWSTR WINAPI StrStrIW(LPCWSTR text, LPCWSTR search) IOCP_WIDE(StrStrIW);
WINSHLWAPI LPSTR WINAPI StrChrA(LPCSTR text, WORD character);
WINSHLWAPI LPWSTR WINAPI StrChrW(LPCWSTR text, WCHAR character) IOCP_WIDE(StrChrW);
WINSHLWAPI LPSTR WINAPI StrChrIA(LPCSTR text, WORD character);
WINSHLWAPI LPWSTR WINAPI StrChrIW(LPCWSTR text, WCHAR character) IOCP_WIDE(StrChrIW);
WINSHLWAPI LPSTR WINAPI StrRChrA(LPCSTR text, LPCSTR end, WORD character);
WINSHLWAPI LPWSTR WINAPI StrRChrW(LPCWSTR text, LPCWSTR end, WCHAR character) IOCP_WIDE(StrRChrW);
WINSHLWAPI LPSTR WINAPI StrDupA(LPCSTR text);
WINSHLWAPI LPWSTR WINAPI StrDupW(LPCWSTR text) IOCP_WIDE(StrDupW);
WINSHLWAPI int WINAPI StrToIntA(LPCSTR text);
WINSHLWAPI int WINAPI StrToIntW(LPCWSTR text) IOCP_WIDE(StrToIntW);
WINSHLWAPI int WINAPI StrCmpNIA(LPCSTR first, LPCSTR second, int length);
WINSHLWAPI int WINAPI StrCmpNIW(LPCWSTR first, LPCWSTR second, int length) IOCP_WIDE(StrCmpNIW);
WINSHLWAPI BOOL WINAPI StrTrimA(LPSTR text, LPCSTR characters);
WINSHLWAPI BOOL WINAPI StrTrimW(LPWSTR text, LPCWSTR characters) IOCP_WIDE(StrTrimW);
WINSHLWAPI BOOL WINAPI PathFileExistsA(LPCSTR path);
WINSHLWAPI BOOL WINAPI PathFileExistsW(LPCWSTR path) IOCP_WIDE(PathFileExistsW);
WINSHLWAPI BOOL WINAPI PathIsDirectoryA(LPCSTR path);
WINSHLWAPI BOOL WINAPI PathIsDirectoryW(LPCWSTR path) IOCP_WIDE(PathIsDirectoryW);
WINSHLWAPI BOOL WINAPI PathRemoveFileSpecA(LPSTR path);
WINSHLWAPI BOOL WINAPI PathRemoveFileSpecW(LPWSTR path) IOCP_WIDE(PathRemoveFileSpecW);
WINSHLWAPI BOOL WINAPI PathAppendA(LPSTR path, LPCSTR more);
WINSHLWAPI BOOL WINAPI PathAppendW(LPWSTR path, LPCWSTR more) IOCP_WIDE(PathAppendW);
WINSHLWAPI LPSTR WINAPI PathFindExtensionA(LPCSTR path);
WINSHLWAPI LPWSTR WINAPI PathFindExtensionW(LPCWSTR path) IOCP_WIDE(PathFindExtensionW);
WINSHLWAPI LPSTR WINAPI PathFindFileNameA(LPCSTR path);
WINSHLWAPI LPWSTR WINAPI PathFindFileNameW(LPCWSTR path) IOCP_WIDE(PathFindFileNameW);
WINSHLWAPI BOOL WINAPI PathIsRelativeA(LPCSTR path);
WINSHLWAPI BOOL WINAPI PathIsRelativeW(LPCWSTR path) IOCP_WIDE(PathIsRelativeW);
WINSHLWAPI BOOL WINAPI StrToIntExA(LPCSTR text, STIF_FLAGS flags, int *value);
WINSHLWAPI BOOL WINAPI StrToIntExW(LPCWSTR text, STIF_FLAGS flags,
    int *value) IOCP_WIDE(StrToIntExW);
WINSHLWAPI int WINAPI StrCmpNA(LPCSTR first, LPCSTR second, int length);
WINSHLWAPI int WINAPI StrCmpNW(LPCWSTR first, LPCWSTR second, int length) IOCP_WIDE(StrCmpNW);
WINSHLWAPI LPSTR WINAPI PathCombineA(LPSTR to, LPCSTR path, LPCSTR more);
WINSHLWAPI LPWSTR WINAPI PathCombineW(LPWSTR to, LPCWSTR path,
    LPCWSTR more) IOCP_WIDE(PathCombineW);
WINSHLWAPI BOOL WINAPI PathCanonicalizeA(LPSTR to, LPCSTR path);
WINSHLWAPI BOOL WINAPI PathCanonicalizeW(LPWSTR to, LPCWSTR path) IOCP_WIDE(PathCanonicalizeW);
WINSHLWAPI LPSTR WINAPI PathAddBackslashA(LPSTR path);
WINSHLWAPI LPWSTR WINAPI PathAddBackslashW(LPWSTR path) IOCP_WIDE(PathAddBackslashW);
WINSHLWAPI LPSTR WINAPI PathRemoveBackslashA(LPSTR path);
WINSHLWAPI LPWSTR WINAPI PathRemoveBackslashW(LPWSTR path) IOCP_WIDE(PathRemoveBackslashW);
WINSHLWAPI BOOL WINAPI PathAddExtensionA(LPSTR path, LPCSTR extension);
WINSHLWAPI BOOL WINAPI PathAddExtensionW(LPWSTR path,
    LPCWSTR extension) IOCP_WIDE(PathAddExtensionW);
WINSHLWAPI void WINAPI PathRemoveExtensionA(LPSTR path);
WINSHLWAPI void WINAPI PathRemoveExtensionW(LPWSTR path) IOCP_WIDE(PathRemoveExtensionW);
WINSHLWAPI BOOL WINAPI PathRenameExtensionA(LPSTR path, LPCSTR extension);
WINSHLWAPI BOOL WINAPI PathRenameExtensionW(LPWSTR path,
    LPCWSTR extension) IOCP_WIDE(PathRenameExtensionW);
WINSHLWAPI void WINAPI PathStripPathA(LPSTR path);
WINSHLWAPI void WINAPI PathStripPathW(LPWSTR path) IOCP_WIDE(PathStripPathW);

IOCP_C_END

#ifdef UNICODE
#define StrStr StrStrW
#define StrStrI StrStrIW
#define StrChr StrChrW
#define StrChrI StrChrIW
#define StrRChr StrRChrW
#define StrDup StrDupW
#define StrToInt StrToIntW
#define StrCmpNI StrCmpNIW
#define StrTrim StrTrimW
#define PathFileExists PathFileExistsW
#define PathIsDirectory PathIsDirectoryW
#define PathRemoveFileSpec PathRemoveFileSpecW
#define PathAppend PathAppendW
#define PathFindExtension PathFindExtensionW
#define PathFindFileName PathFindFileNameW
#define PathIsRelative PathIsRelativeW
#define StrToIntEx StrToIntExW
#define StrCmpN StrCmpNW
#define PathCombine PathCombineW
#define PathCanonicalize PathCanonicalizeW
#define PathAddBackslash PathAddBackslashW
#define PathRemoveBackslash PathRemoveBackslashW
#define PathAddExtension PathAddExtensionW
#define PathRemoveExtension PathRemoveExtensionW
#define PathRenameExtension PathRenameExtensionW
#define PathStripPath PathStripPathW
#define StrCmpI lstrcmpiW
#define StrCmp lstrcmpW
#else
#define StrStr StrStrA
#define StrStrI StrStrIA
#define StrChr StrChrA
#define StrChrI StrChrIA
#define StrRChr StrRChrA
#define StrDup StrDupA
#define StrToInt StrToIntA
#define StrCmpNI StrCmpNIA
#define StrTrim StrTrimA
#define PathFileExists PathFileExistsA
#define PathIsDirectory PathIsDirectoryA
#define PathRemoveFileSpec PathRemoveFileSpecA
#define PathAppend PathAppendA
#define PathFindExtension PathFindExtensionA
#define PathFindFileName PathFindFileNameA
#define PathIsRelative PathIsRelativeA
#define StrToIntEx StrToIntExA
#define StrCmpN StrCmpNA
#define PathCombine PathCombineA
#define PathCanonicalize PathCanonicalizeA
#define PathAddBackslash PathAddBackslashA
#define PathRemoveBackslash PathRemoveBackslashA
#define PathAddExtension PathAddExtensionA
#define PathRemoveExtension PathRemoveExtensionA
#define PathRenameExtension PathRenameExtensionA
#define PathStripPath PathStripPathA
#define StrCmpI lstrcmpiA
#define StrCmp lstrcmpA
#endif

#endif
