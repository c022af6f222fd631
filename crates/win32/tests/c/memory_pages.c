// variants: clang
/* Pages: reserving, committing, protecting, asking, giving back. */
#include <windows.h>
#include <string.h>
#include "check.h"

#define PAGE 4096

static MEMORY_BASIC_INFORMATION about(const void *address)
{
    MEMORY_BASIC_INFORMATION found;
    CHECK(VirtualQuery(address, &found, sizeof found) == sizeof found);
    return found;
}

static void life(void)
{
    char *pages = (char *)VirtualAlloc(NULL, 10 * PAGE + 1, MEM_RESERVE, PAGE_READWRITE);
    MEMORY_BASIC_INFORMATION found;
    DWORD before = 0;
    CHECK(pages != NULL && ((ULONG_PTR)pages & 0xffff) == 0);
    found = about(pages);
    CHECK(found.State == MEM_RESERVE && found.AllocationBase == pages && found.Type == MEM_PRIVATE);
    CHECK(found.RegionSize == 11 * PAGE && found.AllocationProtect == PAGE_READWRITE);
    /* Two bytes on two pages: both are committed. */
    CHECK(VirtualAlloc(pages + 2 * PAGE - 1, 2, MEM_COMMIT, PAGE_READWRITE) == pages + PAGE);
    found = about(pages + PAGE + 5);
    CHECK(found.State == MEM_COMMIT && found.BaseAddress == pages + PAGE);
    CHECK(found.RegionSize == 2 * PAGE && found.Protect == PAGE_READWRITE);
    pages[PAGE] = 'x';
    pages[3 * PAGE - 1] = 'y';
    CHECK(VirtualProtect(pages + PAGE, 1, PAGE_READONLY, &before) && before == PAGE_READWRITE);
    CHECK(pages[PAGE] == 'x' && about(pages + PAGE).Protect == PAGE_READONLY);
    CHECK(!VirtualProtect(pages, PAGE, PAGE_READONLY, &before));
    CHECK(GetLastError() == ERROR_INVALID_ADDRESS);
    CHECK(VirtualProtect(pages + PAGE, 1, PAGE_READWRITE, &before) && before == PAGE_READONLY);
    /* What is committed anew after it was given up is zero. */
    CHECK(VirtualFree(pages + PAGE, PAGE, MEM_DECOMMIT));
    CHECK(about(pages + PAGE).State == MEM_RESERVE && pages[3 * PAGE - 1] == 'y');
    CHECK(VirtualAlloc(pages + PAGE, PAGE, MEM_COMMIT, PAGE_READWRITE) == pages + PAGE);
    CHECK(pages[PAGE] == 0);
    CHECK(!VirtualFree(pages, PAGE, MEM_RELEASE) && GetLastError() == ERROR_INVALID_PARAMETER);
    CHECK(!VirtualFree(pages + PAGE, 0, MEM_RELEASE));
    CHECK(VirtualFree(pages, 0, MEM_RELEASE));
    CHECK(about(pages).State == MEM_FREE);
}

static void at_once(void)
{
    char *pages = (char *)VirtualAlloc(NULL, 100000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    char *again;
    CHECK(pages != NULL);
    memset(pages, 1, 100000);
    CHECK(VirtualLock(pages, PAGE) && VirtualUnlock(pages, PAGE));
    again = (char *)VirtualAlloc(pages, PAGE, MEM_RESERVE, PAGE_READWRITE);
    CHECK(again == NULL && GetLastError() == ERROR_INVALID_ADDRESS);
    CHECK(VirtualFree(pages, 0, MEM_RELEASE));
    /* The place is free now. */
    again = (char *)VirtualAlloc(pages, PAGE, MEM_RESERVE, PAGE_NOACCESS);
    CHECK(again == pages && VirtualFree(again, 0, MEM_RELEASE));
    pages = (char *)VirtualAlloc(NULL, 5, MEM_COMMIT, PAGE_READWRITE);
    CHECK(pages != NULL && pages[4] == 0 && VirtualFree(pages, 0, MEM_RELEASE));
}

static void mistakes(void)
{
    DWORD before;
    static char own[2 * PAGE];
    CHECK(VirtualAlloc(NULL, 0, MEM_COMMIT, PAGE_READWRITE) == NULL);
    CHECK(GetLastError() == ERROR_INVALID_PARAMETER);
    CHECK(VirtualAlloc(NULL, PAGE, MEM_COMMIT, 0x33) == NULL);
    CHECK(GetLastError() == ERROR_INVALID_PARAMETER);
    CHECK(!VirtualFree(own, 0, MEM_RELEASE));
    CHECK(VirtualQuery(own, NULL, 0) == 0 && GetLastError() == ERROR_BAD_LENGTH);
    /* The program's own memory can be protected too. */
    CHECK(about(own).State == MEM_COMMIT);
    CHECK(VirtualProtect(own + PAGE, 1, PAGE_READONLY, &before) && before == PAGE_READWRITE);
    CHECK(VirtualProtect(own + PAGE, 1, PAGE_READWRITE, &before) && before == PAGE_READONLY);
}

/* Much more than there is memory can be reserved. */
static void large(void)
{
    char *pages = (char *)VirtualAlloc(NULL, (SIZE_T)1 << 40, MEM_RESERVE, PAGE_NOACCESS);
    CHECK(pages != NULL);
    CHECK(VirtualAlloc(pages + ((SIZE_T)1 << 39), PAGE, MEM_COMMIT, PAGE_READWRITE) != NULL);
    pages[(SIZE_T)1 << 39] = 1;
    CHECK(VirtualFree(pages, 0, MEM_RELEASE));
}

int main(void)
{
    life();
    at_once();
    mistakes();
    large();
    return 0;
}
