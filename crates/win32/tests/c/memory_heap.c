// variants: clang
/* Heaps, local and global memory: sizes, zeros, limits, blocks that are none. */
#include <windows.h>
#include <string.h>
#include "check.h"

static int is_filled(const char *memory, size_t from, size_t to, char with)
{
    size_t i;
    for (i = from; i < to; i++)
        if (memory[i] != with)
            return 0;
    return 1;
}

static void process_heap(void)
{
    HANDLE heap = GetProcessHeap();
    char *block = (char *)HeapAlloc(heap, HEAP_ZERO_MEMORY, 100);
    char *larger;
    CHECK(heap != NULL && block != NULL && ((ULONG_PTR)block & 15) == 0);
    CHECK(HeapSize(heap, 0, block) == 100 && is_filled(block, 0, 100, 0));
    memset(block, 'x', 100);
    larger = (char *)HeapReAlloc(heap, HEAP_ZERO_MEMORY, block, 50000);
    CHECK(larger != NULL && HeapSize(heap, 0, larger) == 50000);
    CHECK(is_filled(larger, 0, 100, 'x') && is_filled(larger, 100, 50000, 0));
    CHECK(HeapReAlloc(heap, HEAP_REALLOC_IN_PLACE_ONLY, larger, (SIZE_T)1 << 40) == NULL);
    CHECK(HeapReAlloc(heap, HEAP_REALLOC_IN_PLACE_ONLY, larger, 40000) == larger);
    CHECK(HeapSize(heap, 0, larger) == 40000 && HeapValidate(heap, 0, larger));
    CHECK(HeapFree(heap, 0, larger) && HeapFree(heap, 0, NULL));
    block = (char *)HeapAlloc(heap, 0, 0);
    CHECK(block != NULL && HeapSize(heap, 0, block) == 0 && HeapFree(heap, 0, block));
    CHECK(HeapAlloc(heap, 0, ~(SIZE_T)0 - 100) == NULL);
    CHECK(HeapLock(heap) && HeapUnlock(heap));
}

static void private_heap(void)
{
    HANDLE heap = HeapCreate(0, 0, 0);
    HANDLE limited = HeapCreate(0, 0x1000, 0x10000);
    void *block = HeapAlloc(heap, 0, 10);
    CHECK(heap != NULL && heap != GetProcessHeap() && block != NULL);
    CHECK(HeapSize(heap, 0, block) == 10);
    CHECK(HeapAlloc(heap, 0, 1000) != NULL);
    CHECK(limited != NULL && HeapAlloc(limited, 0, 0x20000) == NULL);
    CHECK(HeapFree(heap, 0, block));
    CHECK(HeapDestroy(limited) && HeapDestroy(heap));
#ifdef __COMPLETION_PORT__
    /* Windows may end the process for these. */
    CHECK(HeapAlloc(heap, 0, 1) == NULL && GetLastError() == ERROR_INVALID_HANDLE);
    CHECK(!HeapDestroy(heap) && GetLastError() == ERROR_INVALID_HANDLE);
#endif
}

static void local(void)
{
    char *fixed = (char *)LocalAlloc(LPTR, 40);
    HLOCAL movable = LocalAlloc(LMEM_MOVEABLE, 30);
    HGLOBAL global = GlobalAlloc(GPTR, 20);
    CHECK(fixed != NULL && is_filled(fixed, 0, 40, 0) && LocalSize(fixed) == 40);
    CHECK(LocalFree(fixed) == NULL && LocalFree(NULL) == NULL);
    CHECK(movable != NULL && LocalSize(movable) == 30);
    CHECK(LocalLock(movable) != NULL && LocalLock(movable) != NULL);
    CHECK(LocalUnlock(movable) && !LocalUnlock(movable) && GetLastError() == NO_ERROR);
    SetLastError(0);
    CHECK(!LocalUnlock(movable) && GetLastError() == ERROR_NOT_LOCKED);
    movable = LocalReAlloc(movable, 3000, LMEM_MOVEABLE);
    CHECK(movable != NULL && LocalSize(movable) == 3000 && LocalFree(movable) == NULL);
    CHECK(global != NULL && GlobalLock(global) == global && GlobalSize(global) == 20);
    CHECK(GlobalUnlock(global) && GlobalFree(global) == NULL);
}

int main(void)
{
    process_heap();
    private_heap();
    local();
    return 0;
}
