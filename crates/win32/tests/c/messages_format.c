// variants: short clang
/* FormatMessage: the system's messages, messages of the program's own, inserts, widths. */
#include <windows.h>
#include <string.h>
#include <wchar.h>
#include "check.h"

static void system_messages(void)
{
    char text[256];
    WCHAR *wide = NULL;
    DWORD length;
    length = FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL,
                            ERROR_FILE_NOT_FOUND, 0, text, sizeof text, NULL);
    CHECK(length > 4 && length == strlen(text));
    CHECK(strcmp(text + length - 3, ".\r\n") == 0);
    length = FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS |
                                FORMAT_MESSAGE_ALLOCATE_BUFFER,
                            NULL, 10054, MAKELANGID(LANG_NEUTRAL, SUBLANG_DEFAULT), (LPWSTR)&wide,
                            0, NULL);
    CHECK(length > 4 && wide != NULL && wcslen(wide) == length);
    CHECK(LocalFree(wide) == NULL);
    /* Without the breaks: 0xFF asks for one line. */
    length = FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_MAX_WIDTH_MASK, NULL,
                            ERROR_ACCESS_DENIED, 0, text, sizeof text, NULL);
    CHECK(length > 2 && strchr(text, '\n') == NULL && text[length - 1] == ' ');
    /* An HRESULT that holds a code. */
    CHECK(FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM, NULL, 0x80070005, 0, text, sizeof text, NULL));
}

static void mistakes(void)
{
    char text[8];
    CHECK(FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM, NULL, 0x2fffffff, 0, text, 8, NULL) == 0);
    CHECK(GetLastError() == ERROR_MR_MID_NOT_FOUND);
    CHECK(FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM, NULL, 2, 0, text, 8, NULL) == 0);
    CHECK(GetLastError() == ERROR_INSUFFICIENT_BUFFER);
    CHECK(FormatMessageA(0, "abc", 2, 0, text, 8, NULL) == 0);
    CHECK(GetLastError() == ERROR_INVALID_PARAMETER);
    CHECK(FormatMessageA(FORMAT_MESSAGE_FROM_STRING, "%1", 0, 0, text, 8, NULL) == 0);
    CHECK(GetLastError() == ERROR_INVALID_PARAMETER);
}

static DWORD with_list(char *text, DWORD size, const char *message, ...)
{
    va_list list;
    DWORD length;
    va_start(list, message);
    length = FormatMessageA(FORMAT_MESSAGE_FROM_STRING, message, 0, 0, text, size, &list);
    va_end(list);
    return length;
}

static void inserts(void)
{
    char text[64];
    WCHAR wide[64];
    DWORD_PTR array[6] = {4, 2, 0, 0, 6, 0};
    CHECK(with_list(text, 64, "%2!d! %1%n%3!08x!", "one", 2, 0xbeef) == 15);
    CHECK(strcmp(text, "2 one\r\n0000beef") == 0);
    array[2] = array[5] = (DWORD_PTR) "Bill";
    array[3] = (DWORD_PTR) "Bob";
    CHECK(FormatMessageA(FORMAT_MESSAGE_FROM_STRING | FORMAT_MESSAGE_ARGUMENT_ARRAY,
                         "%1!*.*s! %4 %5!*s!", 0, 0, text, 64, (va_list *)array) == 15);
    CHECK(strcmp(text, "  Bi Bob   Bill") == 0);
    array[0] = (DWORD_PTR)L"wide";
    array[1] = (DWORD_PTR) "narrow";
    CHECK(FormatMessageW(FORMAT_MESSAGE_FROM_STRING | FORMAT_MESSAGE_ARGUMENT_ARRAY,
                         L"%1 %2!S! %%", 0, 0, wide, 64, (va_list *)array) == 13);
    CHECK(wcscmp(wide, L"wide narrow %") == 0);
    CHECK(FormatMessageA(FORMAT_MESSAGE_FROM_STRING | FORMAT_MESSAGE_IGNORE_INSERTS, "a%1b", 0, 0,
                         text, 64, NULL) == 4);
    CHECK(strcmp(text, "a%1b") == 0);
}

int main(void)
{
    system_messages();
    mistakes();
    inserts();
    return 0;
}
