/*
 * A hundred files copied by ten threads on one port.
 *
 * Each file has one operation in flight at any time, a read or a write; whichever thread takes
 * its packet issues the next. No thread belongs to a file.
 */
#include <windows.h>
#include <process.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILES 100
#define THREADS 10
#define BLOCK 16384

typedef struct {
    OVERLAPPED ov; /* first, so that its address is that of the whole */
    HANDLE source, copy;
    ULONGLONG offset, size;
    BOOL writing;
    char block[BLOCK];
} COPY;

static HANDLE port;
static volatile LONG left = FILES;
static volatile LONG packets[THREADS];

static void die(const char *what)
{
    fprintf(stderr, "%s: error %lu\n", what, (unsigned long)GetLastError());
    exit(1);
}

static void name_of(char *name, const char *kind, int number)
{
    sprintf(name, "hundred_%s_%02d.tmp", kind, number);
}

/* Sizes differ: some bytes to some hundred thousand. */
static ULONGLONG size_of(int number)
{
    return (ULONGLONG)number * number * 37 + (ULONGLONG)number % 7;
}

static void create_source(int number)
{
    char name[64];
    ULONGLONG i, size = size_of(number);
    char *bytes = (char *)malloc((size_t)size + 1);
    DWORD written;
    HANDLE file;

    for (i = 0; i < size; i++)
        bytes[i] = (char)(i * 31 + number);
    name_of(name, "source", number);
    file = CreateFileA(name, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    if (file == INVALID_HANDLE_VALUE || !WriteFile(file, bytes, (DWORD)size, &written, NULL))
        die(name);
    CloseHandle(file);
    free(bytes);
}

static HANDLE open_overlapped(const char *name, DWORD access, DWORD disposition)
{
    HANDLE file = CreateFileA(name, access, FILE_SHARE_READ, NULL, disposition,
                              FILE_FLAG_OVERLAPPED, NULL);
    if (file == INVALID_HANDLE_VALUE || !CreateIoCompletionPort(file, port, 0, 0))
        die(name);
    return file;
}

static void issue(COPY *copy, DWORD bytes)
{
    BOOL ok;
    copy->ov.Offset = (DWORD)copy->offset;
    copy->ov.OffsetHigh = (DWORD)(copy->offset >> 32);
    ok = copy->writing ? WriteFile(copy->copy, copy->block, bytes, NULL, &copy->ov)
                       : ReadFile(copy->source, copy->block, BLOCK, NULL, &copy->ov);
    if (!ok && GetLastError() != ERROR_IO_PENDING)
        die("issue");
}

static void finish(COPY *copy)
{
    int i;
    CloseHandle(copy->source);
    CloseHandle(copy->copy);
    free(copy);
    if (InterlockedDecrement(&left) == 0)
        for (i = 0; i < THREADS; i++)
            PostQueuedCompletionStatus(port, 0, 0, NULL);
}

static unsigned __stdcall worker(void *argument)
{
    int self = (int)(INT_PTR)argument;
    for (;;) {
        OVERLAPPED *ov;
        ULONG_PTR key;
        DWORD bytes;
        COPY *copy;
        BOOL ok = GetQueuedCompletionStatus(port, &bytes, &key, &ov, INFINITE);

        if (ov == NULL)
            return 0;
        copy = CONTAINING_RECORD(ov, COPY, ov);
        InterlockedIncrement(&packets[self]);
        if (!ok && GetLastError() != ERROR_HANDLE_EOF)
            die("GetQueuedCompletionStatus");
        if (!ok || (!copy->writing && bytes == 0)) {
            finish(copy);
        } else if (copy->writing) {
            copy->writing = FALSE;
            copy->offset += bytes;
            issue(copy, 0);
        } else {
            copy->writing = TRUE;
            issue(copy, bytes);
        }
    }
}

static BOOL same(int number)
{
    char name[64];
    ULONGLONG i, size = size_of(number);
    char *bytes = (char *)malloc((size_t)size + 1);
    DWORD read = 0;
    BOOL ok;
    HANDLE file;

    name_of(name, "copy", number);
    file = CreateFileA(name, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    ok = file != INVALID_HANDLE_VALUE && ReadFile(file, bytes, (DWORD)size + 1, &read, NULL);
    ok = ok && read == size;
    for (i = 0; ok && i < size; i++)
        ok = bytes[i] == (char)(i * 31 + number);
    CloseHandle(file);
    free(bytes);
    DeleteFileA(name);
    name_of(name, "source", number);
    DeleteFileA(name);
    return ok;
}

int main(void)
{
    HANDLE threads[THREADS];
    int i, good = 0;
    LONG sum = 0;

    port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    for (i = 0; i < FILES; i++)
        create_source(i);
    for (i = 0; i < THREADS; i++)
        threads[i] = (HANDLE)_beginthreadex(NULL, 0, worker, (void *)(INT_PTR)i, 0, NULL);
    for (i = 0; i < FILES; i++) {
        char source[64], copy[64];
        COPY *job = (COPY *)calloc(1, sizeof(COPY));
        name_of(source, "source", i);
        name_of(copy, "copy", i);
        job->source = open_overlapped(source, GENERIC_READ, OPEN_EXISTING);
        job->copy = open_overlapped(copy, GENERIC_WRITE, CREATE_ALWAYS);
        issue(job, 0);
    }
    if (WaitForMultipleObjects(THREADS, threads, TRUE, INFINITE) == WAIT_FAILED)
        die("WaitForMultipleObjects");
    for (i = 0; i < THREADS; i++) {
        CloseHandle(threads[i]);
        sum += packets[i];
    }
    for (i = 0; i < FILES; i++)
        good += same(i);
    CloseHandle(port);
    printf("%d files by %d threads, %ld packets\n", FILES, THREADS, (long)sum);
    printf("%d of %d copies are right\n", good, FILES);
    return good == FILES ? 0 : 1;
}
