// variants: short clang
/* Without a terminal: console calls fail as documented, keys are the bytes of standard input. The
   streams are files of this test's own. */
#include <windows.h>
#include <conio.h>
#include <stdio.h>
#include <string.h>
#include "check.h"

#ifndef __COMPLETION_PORT__
int main(void)
{
    return 77;
}
#else
#include <unistd.h>

static void keys(void)
{
    FILE *file = fopen("keys", "wb");
    CHECK(file != NULL && fputs("a\xed\x95\x9c!", file) >= 0 && fclose(file) == 0);
    CHECK(freopen("keys", "rb", stdin) != NULL);
    CHECK(_kbhit() && _getch() == 'a');
    CHECK(_kbhit() && _getwch() == 0xd55c);
    CHECK(_kbhit() && _getch() == '!');
    CHECK(!_kbhit() && _getch() == EOF && _getwch() == WEOF);
    CHECK(GetAsyncKeyState(VK_ESCAPE) == 0);
}

static void output(void)
{
    char text[64] = "";
    FILE *file;
    CHECK(freopen("shown", "w+b", stdout) != NULL && dup2(fileno(stdout), 1) == 1);
    /* What printf holds back comes first. */
    printf("one ");
    CHECK(_putch('2') == '2' && _cputs(" three ") == 0);
    CHECK(_putwch(0xae00) == 0xae00 && _cputws(L" end") == 0);
    CHECK(system("PAUSE") == 0 && system("title x") == 0);
    file = fopen("shown", "rb");
    CHECK(file != NULL && fread(text, 1, sizeof text - 1, file) > 0);
    fclose(file);
    CHECK(strcmp(text, "one 2 three \xea\xb8\x80 endPress any key to continue . . . \n") == 0);
}

static void console(void)
{
    HANDLE handle = GetStdHandle(STD_OUTPUT_HANDLE);
    DWORD number = 0;
    CHECK(!GetConsoleMode(handle, &number) && GetLastError() == ERROR_INVALID_HANDLE);
    CHECK(!WriteConsoleA(handle, "x", 1, &number, NULL) && GetLastError() == ERROR_INVALID_HANDLE);
    CHECK(!SetConsoleTextAttribute(handle, 7) && GetLastError() == ERROR_INVALID_HANDLE);
    CHECK(GetConsoleOutputCP() == CP_UTF8 && SetConsoleOutputCP(949));
    CHECK(GetConsoleOutputCP() == 949);
    CHECK(!SetConsoleOutputCP(12345) && GetLastError() == ERROR_INVALID_PARAMETER);
}

static void boxes(void)
{
    char text[64] = "";
    FILE *file;
    CHECK(freopen("errors", "w+b", stderr) != NULL && dup2(fileno(stderr), 2) == 2);
    CHECK(MessageBoxA(NULL, "the text", "the caption", MB_YESNO | MB_ICONERROR) == IDYES);
    CHECK(MessageBoxW(NULL, L"wide", NULL, MB_OK) == IDOK);
    file = fopen("errors", "rb");
    CHECK(file != NULL && fread(text, 1, sizeof text - 1, file) > 0);
    fclose(file);
    CHECK(strcmp(text, "the caption: the text\nError: wide\n") == 0);
}

int main(void)
{
    keys();
    output();
    console();
    boxes();
    return 0;
}
#endif
