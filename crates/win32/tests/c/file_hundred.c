/* 100 files by 10 threads through one port; S-157: a packet may be taken before its call returns. */
#include <windows.h>
#include "check.h"

#define FILES 100
#define THREADS 10
#define BLOCKS 8
#define BLOCK 1000

typedef struct {
    HANDLE handle;
    LONG left; /* Blocks that are not read yet. */
    char content[BLOCKS][BLOCK];
} SUBJECT;

typedef struct {
    OVERLAPPED ov;
    SUBJECT *subject;
    LONG number;
    BOOL reading;
} OPERATION;

static HANDLE port, done;
static LONG files_left = FILES;
static SUBJECT subjects[FILES];

static void start(OPERATION *operation)
{
    SUBJECT *subject = operation->subject;
    char *memory = subject->content[operation->number];
    BOOL result;
    memset(&operation->ov, 0, sizeof(operation->ov));
    operation->ov.Offset = (DWORD)operation->number * BLOCK;
    if (operation->reading)
        result = ReadFile(subject->handle, memory, BLOCK, NULL, &operation->ov);
    else
        result = WriteFile(subject->handle, memory, BLOCK, NULL, &operation->ov);
    /* From here on the operation may belong to another thread. */
    CHECK(result || GetLastError() == ERROR_IO_PENDING);
}

static DWORD WINAPI work(void *parameter)
{
    (void)parameter;
    for (;;) {
        DWORD bytes;
        ULONG_PTR key;
        OVERLAPPED *ov;
        OPERATION *operation;
        SUBJECT *subject;
        CHECK(GetQueuedCompletionStatus(port, &bytes, &key, &ov, INFINITE));
        if (ov == NULL)
            return 0;
        operation = CONTAINING_RECORD(ov, OPERATION, ov);
        subject = operation->subject;
        CHECK(bytes == BLOCK && subject == &subjects[key]);
        if (!operation->reading) {
            memset(subject->content[operation->number], 0, BLOCK);
            operation->reading = TRUE;
            start(operation);
            continue;
        }
        {
            int i;
            char expected = (char)(key * 3 + (ULONG_PTR)operation->number);
            for (i = 0; i < BLOCK; i++)
                CHECK(subject->content[operation->number][i] == expected);
        }
        free(operation);
        if (InterlockedDecrement(&subject->left) == 0) {
            CHECK(CloseHandle(subject->handle));
            if (InterlockedDecrement(&files_left) == 0)
                CHECK(SetEvent(done));
        }
    }
}

int main(void)
{
    HANDLE threads[THREADS];
    int i, j;

    port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 4);
    done = CreateEventA(NULL, TRUE, FALSE, NULL);
    CHECK(port && done);
    for (i = 0; i < THREADS; i++)
        CHECK((threads[i] = CreateThread(NULL, 0, work, NULL, 0, NULL)) != NULL);
    for (i = 0; i < FILES; i++) {
        char name[32];
        sprintf(name, "file%d", i);
        subjects[i].left = BLOCKS;
        subjects[i].handle = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS,
                                         FILE_FLAG_OVERLAPPED | FILE_FLAG_DELETE_ON_CLOSE, NULL);
        CHECK(subjects[i].handle != INVALID_HANDLE_VALUE);
        CHECK(CreateIoCompletionPort(subjects[i].handle, port, (ULONG_PTR)i, 0) == port);
    }
    for (j = 0; j < BLOCKS; j++)
        for (i = 0; i < FILES; i++) {
            OPERATION *operation = calloc(1, sizeof(*operation));
            CHECK(operation != NULL);
            operation->subject = &subjects[i];
            operation->number = j;
            memset(subjects[i].content[j], i * 3 + j, BLOCK);
            start(operation);
        }
    CHECK(WaitForSingleObject(done, 30000) == WAIT_OBJECT_0);
    for (i = 0; i < THREADS; i++)
        CHECK(PostQueuedCompletionStatus(port, 0, 0, NULL));
    CHECK(WaitForMultipleObjects(THREADS, threads, TRUE, 10000) == WAIT_OBJECT_0);
    CHECK(GetFileAttributesA("file0") == INVALID_FILE_ATTRIBUTES);
    CHECK(GetFileAttributesA("file99") == INVALID_FILE_ATTRIBUTES);
    return 0;
}
