/* The console's looks, by the terminal's control sequences. */
#ifndef IOCP_WINCON_H
#define IOCP_WINCON_H
#pragma GCC system_header

#include "consoleapi.h"

#define FOREGROUND_BLUE 0x0001
#define FOREGROUND_GREEN 0x0002
#define FOREGROUND_RED 0x0004
#define FOREGROUND_INTENSITY 0x0008
#define BACKGROUND_BLUE 0x0010
#define BACKGROUND_GREEN 0x0020
#define BACKGROUND_RED 0x0040
#define BACKGROUND_INTENSITY 0x0080
#define COMMON_LVB_REVERSE_VIDEO 0x4000
#define COMMON_LVB_UNDERSCORE 0x8000

typedef struct _COORD {
    SHORT X;
    SHORT Y;
} COORD, *PCOORD;

typedef struct _SMALL_RECT {
    SHORT Left;
    SHORT Top;
    SHORT Right;
    SHORT Bottom;
} SMALL_RECT, *PSMALL_RECT;

typedef struct _CONSOLE_SCREEN_BUFFER_INFO {
    COORD dwSize;
    COORD dwCursorPosition;
    WORD wAttributes;
    SMALL_RECT srWindow;
    COORD dwMaximumWindowSize;
} CONSOLE_SCREEN_BUFFER_INFO, *PCONSOLE_SCREEN_BUFFER_INFO;

typedef struct _CONSOLE_CURSOR_INFO {
    DWORD dwSize;
    BOOL bVisible;
} CONSOLE_CURSOR_INFO, *PCONSOLE_CURSOR_INFO;

IOCP_C_BEGIN

WINBASEAPI BOOL WINAPI SetConsoleTitleA(LPCSTR title);
WINBASEAPI BOOL WINAPI SetConsoleTitleW(LPCWSTR title) IOCP_WIDE(SetConsoleTitleW);
WINBASEAPI BOOL WINAPI SetConsoleTextAttribute(HANDLE console, WORD attributes);
WINBASEAPI BOOL WINAPI GetConsoleScreenBufferInfo(HANDLE console,
    PCONSOLE_SCREEN_BUFFER_INFO information);
WINBASEAPI BOOL WINAPI SetConsoleCursorPosition(HANDLE console, COORD position);
WINBASEAPI BOOL WINAPI SetConsoleCursorInfo(HANDLE console, CONST CONSOLE_CURSOR_INFO *information);
WINBASEAPI BOOL WINAPI FlushConsoleInputBuffer(HANDLE console);

IOCP_C_END

#ifdef UNICODE
#define SetConsoleTitle SetConsoleTitleW
#else
#define SetConsoleTitle SetConsoleTitleA
#endif

#endif
