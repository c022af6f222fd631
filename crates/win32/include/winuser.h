/* Of the windows' interface: formatting, a message, a key. */
#ifndef IOCP_WINUSER_H
#define IOCP_WINUSER_H
#pragma GCC system_header

#include "windef.h"

#define MB_OK 0x00000000
#define MB_OKCANCEL 0x00000001
#define MB_ABORTRETRYIGNORE 0x00000002
#define MB_YESNOCANCEL 0x00000003
#define MB_YESNO 0x00000004
#define MB_RETRYCANCEL 0x00000005
#define MB_ICONHAND 0x00000010
#define MB_ICONQUESTION 0x00000020
#define MB_ICONEXCLAMATION 0x00000030
#define MB_ICONASTERISK 0x00000040
#define MB_ICONWARNING MB_ICONEXCLAMATION
#define MB_ICONERROR MB_ICONHAND
#define MB_ICONINFORMATION MB_ICONASTERISK
#define MB_ICONSTOP MB_ICONHAND
#define MB_DEFBUTTON1 0x00000000
#define MB_DEFBUTTON2 0x00000100
#define MB_DEFBUTTON3 0x00000200
#define MB_SYSTEMMODAL 0x00001000
#define MB_TASKMODAL 0x00002000
#define MB_SETFOREGROUND 0x00010000
#define MB_TOPMOST 0x00040000
#define IDOK 1
#define IDCANCEL 2
#define IDABORT 3
#define IDRETRY 4
#define IDIGNORE 5
#define IDYES 6
#define IDNO 7

#define VK_BACK 0x08
#define VK_TAB 0x09
#define VK_RETURN 0x0D
#define VK_SHIFT 0x10
#define VK_CONTROL 0x11
#define VK_MENU 0x12
#define VK_PAUSE 0x13
#define VK_ESCAPE 0x1B
#define VK_SPACE 0x20
#define VK_PRIOR 0x21
#define VK_NEXT 0x22
#define VK_END 0x23
#define VK_HOME 0x24
#define VK_LEFT 0x25
#define VK_UP 0x26
#define VK_RIGHT 0x27
#define VK_DOWN 0x28
#define VK_INSERT 0x2D
#define VK_DELETE 0x2E
#define VK_F1 0x70
#define VK_F2 0x71
#define VK_F3 0x72
#define VK_F4 0x73
#define VK_F5 0x74
#define VK_F6 0x75
#define VK_F7 0x76
#define VK_F8 0x77
#define VK_F9 0x78
#define VK_F10 0x79
#define VK_F11 0x7A
#define VK_F12 0x7B

#define SW_HIDE 0
#define SW_SHOWNORMAL 1
#define SW_NORMAL 1
#define SW_SHOW 5

IOCP_C_BEGIN

/* Writes caption and text to standard error and answers the default button. */
WINUSERAPI int WINAPI MessageBoxA(HWND window, LPCSTR text, LPCSTR caption, UINT type);
WINUSERAPI int WINAPI MessageBoxW(HWND window, LPCWSTR text, LPCWSTR caption,
    UINT type) IOCP_WIDE(MessageBoxW);
/* A key counts as pressed when its character waits on the terminal. */
WINUSERAPI SHORT WINAPI GetAsyncKeyState(int key);
WINUSERAPI int WINAPI wvsprintfA(LPSTR to, LPCSTR format,
    va_list arguments) IOCP_WIDE(wvsprintfA);
WINUSERAPI int WINAPI wvsprintfW(LPWSTR to, LPCWSTR format,
    va_list arguments) IOCP_WIDE(wvsprintfW);
WINUSERAPI LPSTR WINAPI CharUpperA(LPSTR text);
WINUSERAPI LPWSTR WINAPI CharUpperW(LPWSTR text) IOCP_WIDE(CharUpperW);
WINUSERAPI LPSTR WINAPI CharLowerA(LPSTR text);
WINUSERAPI LPWSTR WINAPI CharLowerW(LPWSTR text) IOCP_WIDE(CharLowerW);
WINUSERAPI DWORD WINAPI CharUpperBuffA(LPSTR text, DWORD length);
WINUSERAPI DWORD WINAPI CharUpperBuffW(LPWSTR text, DWORD length) IOCP_WIDE(CharUpperBuffW);
WINUSERAPI DWORD WINAPI CharLowerBuffA(LPSTR text, DWORD length);
WINUSERAPI DWORD WINAPI CharLowerBuffW(LPWSTR text, DWORD length) IOCP_WIDE(CharLowerBuffW);
WINUSERAPI LPSTR WINAPI CharNextA(LPCSTR text);
WINUSERAPI LPWSTR WINAPI CharNextW(LPCWSTR text) IOCP_WIDE(CharNextW);
WINUSERAPI LPSTR WINAPI CharPrevA(LPCSTR start, LPCSTR text);
WINUSERAPI LPWSTR WINAPI CharPrevW(LPCWSTR start, LPCWSTR text) IOCP_WIDE(CharPrevW);
WINUSERAPI BOOL WINAPI IsCharAlphaA(CHAR character);
WINUSERAPI BOOL WINAPI IsCharAlphaW(WCHAR character) IOCP_WIDE(IsCharAlphaW);
WINUSERAPI BOOL WINAPI IsCharAlphaNumericA(CHAR character);
WINUSERAPI BOOL WINAPI IsCharAlphaNumericW(WCHAR character) IOCP_WIDE(IsCharAlphaNumericW);
WINUSERAPI BOOL WINAPI IsCharUpperA(CHAR character);
WINUSERAPI BOOL WINAPI IsCharUpperW(WCHAR character) IOCP_WIDE(IsCharUpperW);
WINUSERAPI BOOL WINAPI IsCharLowerA(CHAR character);
WINUSERAPI BOOL WINAPI IsCharLowerW(WCHAR character) IOCP_WIDE(IsCharLowerW);

IOCP_C_END

IOCP_LOCAL int WINAPIV wsprintfA(LPSTR to, LPCSTR format, ...)
{
    va_list arguments;
    int length;
    va_start(arguments, format);
    length = wvsprintfA(to, format, arguments);
    va_end(arguments);
    return length;
}
IOCP_LOCAL int WINAPIV wsprintfW(LPWSTR to, LPCWSTR format, ...)
{
    va_list arguments;
    int length;
    va_start(arguments, format);
    length = wvsprintfW(to, format, arguments);
    va_end(arguments);
    return length;
}

#ifdef UNICODE
#define MessageBox MessageBoxW
#define wvsprintf wvsprintfW
#define wsprintf wsprintfW
#define CharUpper CharUpperW
#define CharLower CharLowerW
#define CharUpperBuff CharUpperBuffW
#define CharLowerBuff CharLowerBuffW
#define CharNext CharNextW
#define CharPrev CharPrevW
#define IsCharAlpha IsCharAlphaW
#define IsCharAlphaNumeric IsCharAlphaNumericW
#define IsCharUpper IsCharUpperW
#define IsCharLower IsCharLowerW
#else
#define MessageBox MessageBoxA
#define wvsprintf wvsprintfA
#define wsprintf wsprintfA
#define CharUpper CharUpperA
#define CharLower CharLowerA
#define CharUpperBuff CharUpperBuffA
#define CharLowerBuff CharLowerBuffA
#define CharNext CharNextA
#define CharPrev CharPrevA
#define IsCharAlpha IsCharAlphaA
#define IsCharAlphaNumeric IsCharAlphaNumericA
#define IsCharUpper IsCharUpperA
#define IsCharLower IsCharLowerA
#endif

#endif
