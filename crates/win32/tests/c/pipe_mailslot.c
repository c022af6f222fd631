/* Mailslots: whole messages, counted, waited for as long as the slot says. */
#include <windows.h>
#include "check.h"

static char name[64];

static DWORD WINAPI send_later(void *parameter)
{
    DWORD bytes;
    Sleep(30);
    CHECK(WriteFile((HANDLE)parameter, "late", 4, &bytes, NULL));
    return 0;
}

int main(void)
{
    HANDLE slot, sender, thread;
    char buffer[64];
    DWORD bytes, longest, next, count, wait, i;

    sprintf(name, "\\\\.\\mailslot\\iocp\\%lu", (unsigned long)GetCurrentProcessId());
    CHECK(CreateFileA(name, GENERIC_WRITE, 7, NULL, OPEN_EXISTING, 0, NULL) == INVALID_HANDLE_VALUE);
    CHECK(GetLastError() == ERROR_FILE_NOT_FOUND);
    slot = CreateMailslotA(name, 100, 0, NULL);
    CHECK(slot != INVALID_HANDLE_VALUE);
    CHECK(CreateMailslotA(name, 0, 0, NULL) == INVALID_HANDLE_VALUE);
    CHECK(GetLastError() == ERROR_ALREADY_EXISTS);
    CHECK(GetMailslotInfo(slot, &longest, &next, &count, &wait));
    CHECK(longest == 100 && next == MAILSLOT_NO_MESSAGE && count == 0 && wait == 0);
    CHECK(!ReadFile(slot, buffer, 64, &bytes, NULL) && GetLastError() == ERROR_SEM_TIMEOUT);

    sender = CreateFileA(name, GENERIC_WRITE, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    CHECK(sender != INVALID_HANDLE_VALUE);
    for (i = 0; i < 300; i++)
        CHECK(WriteFile(sender, "message", 7, &bytes, NULL) && bytes == 7);
    CHECK(GetMailslotInfo(slot, NULL, &next, &count, NULL) && next == 7 && count == 300);
    CHECK(!ReadFile(slot, buffer, 6, &bytes, NULL) && GetLastError() == ERROR_INSUFFICIENT_BUFFER);
    for (i = 0; i < 300; i++)
        CHECK(ReadFile(slot, buffer, 64, &bytes, NULL) && bytes == 7 && !memcmp(buffer, "mess", 4));

    CHECK(SetMailslotInfo(slot, MAILSLOT_WAIT_FOREVER));
    thread = CreateThread(NULL, 0, send_later, sender, 0, NULL);
    CHECK(ReadFile(slot, buffer, 64, &bytes, NULL) && bytes == 4);
    CHECK(WaitForSingleObject(thread, 5000) == WAIT_OBJECT_0);
    CHECK(SetMailslotInfo(slot, 20));
    CHECK(!ReadFile(slot, buffer, 64, &bytes, NULL) && GetLastError() == ERROR_SEM_TIMEOUT);
    CHECK(CloseHandle(slot));
    CHECK(CreateFileA(name, GENERIC_WRITE, 7, NULL, OPEN_EXISTING, 0, NULL) == INVALID_HANDLE_VALUE);
    return 0;
}
