// variants: clang
/* Singly linked lists: order, depth, many threads. */
#include <windows.h>
#include "check.h"

enum { THREADS = 4, ROUNDS = 20000, ITEMS = 64 };

typedef struct {
    SLIST_ENTRY entry;
    LONG owners;
} ITEM;

static SLIST_HEADER list;
static ITEM items[ITEMS];

static DWORD WINAPI moves(LPVOID parameter)
{
    ITEM *item;
    int i;

    (void)parameter;
    for (i = 0; i < ROUNDS; i++) {
        item = (ITEM *)InterlockedPopEntrySList(&list);
        if (item == NULL)
            continue;
        CHECK(InterlockedIncrement(&item->owners) == 1);
        CHECK(InterlockedDecrement(&item->owners) == 0);
        InterlockedPushEntrySList(&list, &item->entry);
    }
    return 0;
}

int main(void)
{
    HANDLE threads[THREADS];
    PSLIST_ENTRY entry;
    int i;

    CHECK(sizeof(SLIST_HEADER) == 16 && sizeof(SLIST_ENTRY) == 16);
    InitializeSListHead(&list);
    CHECK(InterlockedPopEntrySList(&list) == NULL && QueryDepthSList(&list) == 0);
    CHECK(InterlockedPushEntrySList(&list, &items[0].entry) == NULL);
    CHECK(InterlockedPushEntrySList(&list, &items[1].entry) == &items[0].entry);
    CHECK(QueryDepthSList(&list) == 2);
    CHECK(InterlockedPopEntrySList(&list) == &items[1].entry);
    CHECK(InterlockedPopEntrySList(&list) == &items[0].entry);
    for (i = 0; i < ITEMS - 2; i++)
        InterlockedPushEntrySList(&list, &items[i].entry);
    items[ITEMS - 1].entry.Next = &items[ITEMS - 2].entry;
    CHECK(InterlockedPushListSListEx(&list, &items[ITEMS - 1].entry, &items[ITEMS - 2].entry, 2) ==
          &items[ITEMS - 3].entry);
    CHECK(QueryDepthSList(&list) == ITEMS);
    for (i = 0; i < THREADS; i++)
        threads[i] = CreateThread(NULL, 0, moves, NULL, 0, NULL);
    CHECK(WaitForMultipleObjects(THREADS, threads, TRUE, 50000) == WAIT_OBJECT_0);
    CHECK(QueryDepthSList(&list) == ITEMS);
    entry = InterlockedFlushSList(&list);
    for (i = 0; entry != NULL; i++)
        entry = entry->Next;
    CHECK(i == ITEMS && QueryDepthSList(&list) == 0 && InterlockedFlushSList(&list) == NULL);
    return 0;
}
