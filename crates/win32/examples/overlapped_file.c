/*
 * Overlapped input and output on one file: the first example of every article on the matter.
 *
 * Writes three blocks without waiting in between, reads them back in another order, and takes
 * the results by event, by GetOverlappedResult and from a completion port.
 */
#include <windows.h>
#include <stdio.h>
#include <string.h>

#define BLOCK 4096

static char blocks[3][BLOCK];
static char back[3][BLOCK];

static int fail(const char *what)
{
    fprintf(stderr, "%s: error %lu\n", what, (unsigned long)GetLastError());
    return 1;
}

static OVERLAPPED at(ULONGLONG offset, HANDLE event)
{
    OVERLAPPED ov;
    ZeroMemory(&ov, sizeof(ov));
    ov.Offset = (DWORD)offset;
    ov.OffsetHigh = (DWORD)(offset >> 32);
    ov.hEvent = event;
    return ov;
}

/* Three writes in flight at once, each with an event of its own. */
static int write_blocks(HANDLE file)
{
    HANDLE events[3];
    OVERLAPPED ovs[3];
    DWORD i, bytes;

    for (i = 0; i < 3; i++) {
        memset(blocks[i], 'a' + (int)i, BLOCK);
        events[i] = CreateEvent(NULL, TRUE, FALSE, NULL);
        ovs[i] = at((ULONGLONG)i * BLOCK, events[i]);
        if (!WriteFile(file, blocks[i], BLOCK, NULL, &ovs[i]) && GetLastError() != ERROR_IO_PENDING)
            return fail("WriteFile");
    }
    if (WaitForMultipleObjects(3, events, TRUE, INFINITE) != WAIT_OBJECT_0)
        return fail("WaitForMultipleObjects");
    for (i = 0; i < 3; i++) {
        if (!GetOverlappedResult(file, &ovs[i], &bytes, FALSE))
            return fail("GetOverlappedResult");
        printf("block %lu: %lu bytes written\n", (unsigned long)i, (unsigned long)bytes);
        CloseHandle(events[i]);
    }
    return 0;
}

/* The same file through a port: the last block first. */
static int read_blocks(HANDLE file)
{
    HANDLE port = CreateIoCompletionPort(file, NULL, 7, 0);
    OVERLAPPED ovs[3];
    OVERLAPPED *done;
    ULONG_PTR key;
    DWORD bytes;
    int i, sum = 0;

    if (port == NULL)
        return fail("CreateIoCompletionPort");
    for (i = 2; i >= 0; i--) {
        ovs[i] = at((ULONGLONG)i * BLOCK, NULL);
        if (!ReadFile(file, back[i], BLOCK, NULL, &ovs[i]) && GetLastError() != ERROR_IO_PENDING)
            return fail("ReadFile");
    }
    for (i = 0; i < 3; i++) {
        if (!GetQueuedCompletionStatus(port, &bytes, &key, &done, INFINITE))
            return fail("GetQueuedCompletionStatus");
        sum += (int)bytes;
        if (key != 7 || done < ovs || done > ovs + 2)
            return fail("a packet of somebody else's");
    }
    printf("%d bytes read, %s\n", sum,
           memcmp(blocks, back, sizeof(back)) == 0 ? "the same as written" : "NOT THE SAME");

    /* Behind the end: accepted, and then an error in the packet. */
    ovs[0] = at(3 * BLOCK, NULL);
    if (ReadFile(file, back[0], BLOCK, NULL, &ovs[0]) || GetLastError() == ERROR_IO_PENDING) {
        if (GetQueuedCompletionStatus(port, &bytes, &key, &done, INFINITE))
            return fail("there is something behind the end");
    }
    printf("at the end: error %lu\n", (unsigned long)GetLastError());
    CloseHandle(port);
    return 0;
}

int main(void)
{
    HANDLE file = CreateFileA("overlapped_file.tmp", GENERIC_READ | GENERIC_WRITE, 0, NULL,
                              CREATE_ALWAYS, FILE_FLAG_OVERLAPPED | FILE_FLAG_DELETE_ON_CLOSE, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return fail("CreateFile");
    if (write_blocks(file) || read_blocks(file))
        return 1;
    CloseHandle(file);
    return 0;
}
