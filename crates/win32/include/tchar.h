/* Names that are wide with _UNICODE and narrow without. */
#ifndef IOCP_TCHAR_H
#define IOCP_TCHAR_H
#pragma GCC system_header

#include "iocpcrt.h"

#ifdef _UNICODE

typedef wchar_t _TCHAR;
typedef wchar_t _TSCHAR;
typedef wchar_t _TUCHAR;
typedef wchar_t _TXCHAR;
typedef wint_t _TINT;
#ifndef _TCHAR_DEFINED
#define _TCHAR_DEFINED
typedef wchar_t TCHAR;
#endif
#define __T(text) L##text
#define _TEOF WEOF
#define _tprintf wprintf
#define _tprintf_s wprintf_s
#define _ftprintf fwprintf
#define _ftprintf_s fwprintf_s
#define _stprintf _swprintf
#define _stprintf_s swprintf_s
#define __stprintf _swprintf
#define _sntprintf _snwprintf
#define _sntprintf_s _snwprintf_s
#define _sctprintf _scwprintf
#define _vtprintf vwprintf
#define _vtprintf_s vwprintf_s
#define _vftprintf vfwprintf
#define _vftprintf_s vfwprintf_s
#define _vstprintf vswprintf
#define _vstprintf_s vswprintf_s
#define _vsntprintf _vsnwprintf
#define _vsntprintf_s _vsnwprintf_s
#define _vsctprintf _vscwprintf
#define _tscanf wscanf
#define _tscanf_s wscanf_s
#define _ftscanf fwscanf
#define _ftscanf_s fwscanf_s
#define _stscanf swscanf
#define _stscanf_s swscanf_s
#define _fgettc fgetwc
#define _fputtc fputwc
#define _fgetts fgetws
#define _fputts fputws
#define _gettc getwc
#define _puttc putwc
#define _gettchar getwchar
#define _puttchar putwchar
#define _getts_s _getws_s
#define _putts _putws
#define _ungettc ungetwc
#define _tfopen _wfopen
#define _tfopen_s _wfopen_s
#define _tfsopen _wfsopen
#define _tfreopen _wfreopen
#define _tfreopen_s _wfreopen_s
#define _tperror _wperror
#define _tremove _wremove
#define _trename _wrename
#define _tunlink _wunlink
#define _topen _wopen
#define _tsopen _wsopen
#define _tsopen_s _wsopen_s
#define _taccess _waccess
#define _taccess_s _waccess_s
#define _tsystem _wsystem
#define _tgetenv _wgetenv
#define _tsplitpath _wsplitpath
#define _tsplitpath_s _wsplitpath_s
#define _tchdir _wchdir
#define _tmkdir _wmkdir
#define _trmdir _wrmdir
#define _tgetcwd _wgetcwd
#define _tsetlocale _wsetlocale
#define _tasctime_s _wasctime_s
#define _tctime_s _wctime_s
#define _tcsftime wcsftime
#define _gettch _getwch
#define _gettche _getwche
#define _puttch _putwch
#define _cputts _cputws
#define _tcprintf _cwprintf
#define _tcscat wcscat
#define _tcscat_s wcscat_s
#define _tcschr wcschr
#define _tcscmp wcscmp
#define _tcscoll wcscoll
#define _tcscpy wcscpy
#define _tcscpy_s wcscpy_s
#define _tcscspn wcscspn
#define _tcsdup _wcsdup
#define _tcserror _wcserror
#define _tcserror_s _wcserror_s
#define _tcsicmp _wcsicmp
#define _tcslen wcslen
#define _tcsclen wcslen
#define _tcscnlen wcsnlen
#define _tcsnlen wcsnlen
#define _tcslwr _wcslwr
#define _tcslwr_s _wcslwr_s
#define _tcsncat wcsncat
#define _tcsncat_s wcsncat_s
#define _tcsncmp wcsncmp
#define _tcsnccmp wcsncmp
#define _tcsncpy wcsncpy
#define _tcsncpy_s wcsncpy_s
#define _tcsnicmp _wcsnicmp
#define _tcsncicmp _wcsnicmp
#define _tcsnset _wcsnset
#define _tcspbrk wcspbrk
#define _tcsrchr wcsrchr
#define _tcsrev _wcsrev
#define _tcsset _wcsset
#define _tcsspn wcsspn
#define _tcsstr wcsstr
#define _tcstok_s wcstok_s
#define _tcsupr _wcsupr
#define _tcsupr_s _wcsupr_s
#define _tcsxfrm wcsxfrm
#define _tcstod wcstod
#define _tcstol wcstol
#define _tcstoul wcstoul
#define _tcstoll wcstoll
#define _tcstoull wcstoull
#define _tcstoi64 _wcstoi64
#define _tcstoui64 _wcstoui64
#define _tstof _wtof
#define _tstoi _wtoi
#define _tstol _wtol
#define _tstoi64 _wtoi64
#define _ttoi _wtoi
#define _ttol _wtol
#define _ttoi64 _wtoi64
#define _itot _itow
#define _itot_s _itow_s
#define _ltot _ltow
#define _ltot_s _ltow_s
#define _ultot _ultow
#define _ultot_s _ultow_s
#define _i64tot _i64tow
#define _i64tot_s _i64tow_s
#define _ui64tot _ui64tow
#define _ui64tot_s _ui64tow_s
#define _istalnum iswalnum
#define _istalpha iswalpha
#define _istascii iswascii
#define _istcntrl iswcntrl
#define _istdigit iswdigit
#define _istgraph iswgraph
#define _istlower iswlower
#define _istprint iswprint
#define _istpunct iswpunct
#define _istspace iswspace
#define _istupper iswupper
#define _istxdigit iswxdigit
#define _totlower towlower
#define _totupper towupper
#define _tmain wmain
#define _tWinMain wWinMain

#else

typedef char _TCHAR;
typedef signed char _TSCHAR;
typedef unsigned char _TUCHAR;
typedef char _TXCHAR;
typedef int _TINT;
#ifndef _TCHAR_DEFINED
#define _TCHAR_DEFINED
typedef char TCHAR;
#endif
#define __T(text) text
#define _TEOF EOF
#define _tprintf printf
#define _tprintf_s printf_s
#define _ftprintf fprintf
#define _ftprintf_s fprintf_s
#define _stprintf sprintf
#define _stprintf_s sprintf_s
#define __stprintf sprintf
#define _sntprintf _snprintf
#define _sntprintf_s _snprintf_s
#define _sctprintf _scprintf
#define _vtprintf vprintf
#define _vtprintf_s vprintf_s
#define _vftprintf vfprintf
#define _vftprintf_s vfprintf_s
#define _vstprintf vsprintf
#define _vstprintf_s vsprintf_s
#define _vsntprintf _vsnprintf
#define _vsntprintf_s _vsnprintf_s
#define _vsctprintf _vscprintf
#define _tscanf scanf
#define _tscanf_s scanf_s
#define _ftscanf fscanf
#define _ftscanf_s fscanf_s
#define _stscanf sscanf
#define _stscanf_s sscanf_s
#define _fgettc fgetc
#define _fputtc fputc
#define _fgetts fgets
#define _fputts fputs
#define _gettc getc
#define _puttc putc
#define _gettchar getchar
#define _puttchar putchar
#define _getts_s gets_s
#define _putts puts
#define _ungettc ungetc
#define _tfopen fopen
#define _tfopen_s fopen_s
#define _tfsopen _fsopen
#define _tfreopen freopen
#define _tfreopen_s freopen_s
#define _tperror perror
#define _tremove remove
#define _trename rename
#define _tunlink _unlink
#define _topen _open
#define _tsopen _sopen
#define _tsopen_s _sopen_s
#define _taccess _access
#define _taccess_s _access_s
#define _tsystem system
#define _tgetenv getenv
#define _tsplitpath _splitpath
#define _tsplitpath_s _splitpath_s
#define _tchdir _chdir
#define _tmkdir _mkdir
#define _trmdir _rmdir
#define _tgetcwd _getcwd
#define _tsetlocale setlocale
#define _tasctime_s asctime_s
#define _tctime_s ctime_s
#define _tcsftime strftime
#define _gettch _getch
#define _gettche _getche
#define _puttch _putch
#define _cputts _cputs
#define _tcprintf _cprintf
#define _tcscat strcat
#define _tcscat_s strcat_s
#define _tcschr strchr
#define _tcscmp strcmp
#define _tcscoll strcoll
#define _tcscpy strcpy
#define _tcscpy_s strcpy_s
#define _tcscspn strcspn
#define _tcsdup _strdup
#define _tcserror strerror
#define _tcserror_s strerror_s
#define _tcsicmp _stricmp
#define _tcslen strlen
#define _tcsclen strlen
#define _tcscnlen strnlen
#define _tcsnlen strnlen
#define _tcslwr _strlwr
#define _tcslwr_s _strlwr_s
#define _tcsncat strncat
#define _tcsncat_s strncat_s
#define _tcsncmp strncmp
#define _tcsnccmp strncmp
#define _tcsncpy strncpy
#define _tcsncpy_s strncpy_s
#define _tcsnicmp _strnicmp
#define _tcsncicmp _strnicmp
#define _tcsnset _strnset
#define _tcspbrk strpbrk
#define _tcsrchr strrchr
#define _tcsrev _strrev
#define _tcsset _strset
#define _tcsspn strspn
#define _tcsstr strstr
#define _tcstok_s strtok_s
#define _tcsupr _strupr
#define _tcsupr_s _strupr_s
#define _tcsxfrm strxfrm
#define _tcstod strtod
#define _tcstol strtol
#define _tcstoul strtoul
#define _tcstoll strtoll
#define _tcstoull strtoull
#define _tcstoi64 _strtoi64
#define _tcstoui64 _strtoui64
#define _tstof atof
#define _tstoi atoi
#define _tstol atol
#define _tstoi64 _atoi64
#define _ttoi atoi
#define _ttol atol
#define _ttoi64 _atoi64
#define _itot _itoa
#define _itot_s _itoa_s
#define _ltot _ltoa
#define _ltot_s _ltoa_s
#define _ultot _ultoa
#define _ultot_s _ultoa_s
#define _i64tot _i64toa
#define _i64tot_s _i64toa_s
#define _ui64tot _ui64toa
#define _ui64tot_s _ui64toa_s
#define _istalnum isalnum
#define _istalpha isalpha
#define _istascii __isascii
#define _istcntrl iscntrl
#define _istdigit isdigit
#define _istgraph isgraph
#define _istlower islower
#define _istprint isprint
#define _istpunct ispunct
#define _istspace isspace
#define _istupper isupper
#define _istxdigit isxdigit
#define _totlower tolower
#define _totupper toupper
#define _tmain main
#define _tWinMain WinMain

#endif

/* Microsoft's preprocessor overlooks further arguments, and some programs have them. */
#define _T(...) IOCP_FIRST_T(__VA_ARGS__, )
#define _TEXT(...) IOCP_FIRST_T(__VA_ARGS__, )
#define IOCP_FIRST_T(text, ...) __T(text)

/* Steps through a text; characters of several units are several steps, as in a program that is not
   built for a multibyte code page. */
#define _tcsdec(start, current) ((start) < (current) ? (current) - 1 : NULL)
#define _tcsinc(current) ((current) + 1)
#define _tcsnextc(current) ((_TUCHAR)*(current))
#define _tclen(current) (1)
#define _tccpy(to, from) (*(to) = *(from))
#define _tccmp(a, b) (((int)*(a)) - ((int)*(b)))

/* wcstok of Microsoft keeps its place in the thread when it is called with two arguments; C's has
   three. The name that programs use for both widths takes two. */
IOCP_CRT_BEGIN
IOCP_CRT _TCHAR *_tcstok(_TCHAR *s, const _TCHAR *set)
{
    static __thread _TCHAR *rest;
    if (s == NULL && rest == NULL)
        return NULL;
    return _tcstok_s(s, set, &rest);
}
IOCP_CRT_END

#endif
