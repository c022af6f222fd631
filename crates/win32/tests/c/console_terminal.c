// variants: short clang
/* The console over a terminal: keys, modes, colours, titles. The terminal is a pair of this
   process's own, which only Linux has; elsewhere there is nothing to test. */
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#include <conio.h>
#include <string.h>
#include "check.h"

#ifndef __COMPLETION_PORT__
int main(void)
{
    return 77;
}
#else
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

int posix_openpt(int);
int grantpt(int);
int unlockpt(int);
char *ptsname(int);

static int keyboard;

static void type(const char *keys)
{
    CHECK(write(keyboard, keys, strlen(keys)) == (ssize_t)strlen(keys));
}

/* What the program has shown since the last call. */
static const char *shown(void)
{
    static char text[1024];
    struct pollfd ready = {keyboard, POLLIN, 0};
    size_t length = 0;
    while (length < sizeof text - 1 && poll(&ready, 1, 100) > 0) {
        ssize_t got = read(keyboard, text + length, sizeof text - 1 - length);
        if (got <= 0)
            break;
        length += (size_t)got;
    }
    text[length] = 0;
    return text;
}

static void keys(void)
{
    CHECK(!_kbhit());
    type("a\x1b[A\n");
    /* The terminal needs a moment. */
    while (!_kbhit())
        Sleep(1);
    CHECK(_getch() == 'a' && _kbhit());
    CHECK(_getch() == 0xe0 && _getch() == 72 && _getch() == '\r');
    CHECK(!_kbhit());
    CHECK(_ungetch('z') == 'z' && _ungetch('y') == EOF && _kbhit() && _getch() == 'z');
    type("\xed\x95\x9c");
    CHECK(_getwch() == 0xd55c);
    type("q");
    while (!_kbhit())
        Sleep(1);
    CHECK(GetAsyncKeyState('W') == 0);
    CHECK(GetAsyncKeyState('Q') & 0x8000);
    CHECK(GetAsyncKeyState('Q') == 0);
}

static void modes(HANDLE input, HANDLE output)
{
    DWORD mode = 0;
    CHECK(GetConsoleMode(input, &mode));
    CHECK((mode & 7) == (ENABLE_PROCESSED_INPUT | ENABLE_LINE_INPUT | ENABLE_ECHO_INPUT));
    CHECK(!SetConsoleMode(input, ENABLE_ECHO_INPUT) && GetLastError() == ERROR_INVALID_PARAMETER);
    CHECK(SetConsoleMode(input, mode & ~(DWORD)(ENABLE_ECHO_INPUT | ENABLE_LINE_INPUT)));
    CHECK(GetConsoleMode(input, &mode) && (mode & 7) == ENABLE_PROCESSED_INPUT);
    CHECK(SetConsoleMode(input, mode | ENABLE_ECHO_INPUT | ENABLE_LINE_INPUT));
    CHECK(GetConsoleMode(output, &mode));
    CHECK(SetConsoleMode(output, mode | ENABLE_VIRTUAL_TERMINAL_PROCESSING));
}

static void lines(HANDLE input)
{
    char text[16];
    WCHAR wide[16];
    DWORD read = 0;
    type("abcd\n");
    CHECK(ReadConsoleA(input, text, 3, &read, NULL) && read == 3 && memcmp(text, "abc", 3) == 0);
    CHECK(ReadConsoleA(input, text, 16, &read, NULL) && read == 3 && memcmp(text, "d\r\n", 3) == 0);
    type("\xea\xb8\x80\n");
    CHECK(ReadConsoleW(input, wide, 16, &read, NULL) && read == 3 && wide[0] == 0xae00);
}

static void looks(HANDLE output)
{
    CONSOLE_SCREEN_BUFFER_INFO screen;
    COORD place = {2, 3};
    DWORD written = 0;
    shown();
    CHECK(WriteConsoleA(output, "text", 4, &written, NULL) && written == 4);
    CHECK(strcmp(shown(), "text") == 0);
    CHECK(WriteConsoleW(output, L"w\xd55c", 2, &written, NULL) && written == 2);
    CHECK(strcmp(shown(), "w\xed\x95\x9c") == 0);
    CHECK(SetConsoleTextAttribute(output, FOREGROUND_RED | FOREGROUND_INTENSITY));
    CHECK(strcmp(shown(), "\x1b[0;91;40m") == 0);
    CHECK(SetConsoleCursorPosition(output, place) && strcmp(shown(), "\x1b[4;3H") == 0);
    CHECK(SetConsoleTitleW(L"My title") && strcmp(shown(), "\x1b]0;My title\x07") == 0);
    type("\x1b[7;9R");
    CHECK(GetConsoleScreenBufferInfo(output, &screen));
    CHECK(screen.wAttributes == 12 && screen.dwSize.X > 0);
    CHECK(screen.dwCursorPosition.X == 8 && screen.dwCursorPosition.Y == 6);
}

int main(void)
{
    int terminal;
    keyboard = posix_openpt(O_RDWR | O_NOCTTY);
    CHECK(keyboard >= 0 && grantpt(keyboard) == 0 && unlockpt(keyboard) == 0);
    terminal = open(ptsname(keyboard), O_RDWR | O_NOCTTY);
    CHECK(terminal >= 0 && dup2(terminal, 0) == 0 && dup2(terminal, 1) == 1);
    keys();
    modes(GetStdHandle(STD_INPUT_HANDLE), GetStdHandle(STD_OUTPUT_HANDLE));
    lines(GetStdHandle(STD_INPUT_HANDLE));
    looks(GetStdHandle(STD_OUTPUT_HANDLE));
    return 0;
}
#endif
