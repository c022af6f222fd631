/* S-256, S-269: unbuffered copies through two ports, of sizes that are multiples of nothing. */
#include <windows.h>
#include "check.h"

#define BLOCKS 8
#define BLOCK 65536
#define READ_KEY 1
#define WRITE_KEY 2

typedef struct {
    OVERLAPPED ov; /* First, as in most programs. */
    char *memory;
} BLOCK_CONTEXT;

static void fill(const char *name, DWORD size)
{
    DWORD bytes, i;
    char *content = malloc(size);
    HANDLE file = CreateFileA(name, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    CHECK(content && file != INVALID_HANDLE_VALUE);
    for (i = 0; i < size; i++)
        content[i] = (char)(i * 31 + i / 251);
    CHECK(WriteFile(file, content, size, &bytes, NULL) && bytes == size);
    CHECK(CloseHandle(file));
    free(content);
}

static void same(const char *one, const char *two, DWORD size)
{
    char *first = malloc(size + 1), *second = malloc(size + 1);
    DWORD bytes, i;
    const char *names[2];
    names[0] = one;
    names[1] = two;
    for (i = 0; i < 2; i++) {
        HANDLE file = CreateFileA(names[i], GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
        CHECK(first && second && file != INVALID_HANDLE_VALUE);
        CHECK(ReadFile(file, i ? second : first, size + 1, &bytes, NULL) && bytes == size);
        CHECK(CloseHandle(file));
    }
    CHECK(!memcmp(first, second, size));
    free(first);
    free(second);
}

static void copy(const char *from, const char *to, DWORD size)
{
    const DWORD flags = FILE_FLAG_OVERLAPPED | FILE_FLAG_NO_BUFFERING;
    BLOCK_CONTEXT blocks[BLOCKS];
    char *memory = VirtualAlloc(NULL, BLOCKS * BLOCK, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
    HANDLE source = CreateFileA(from, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, flags, NULL);
    HANDLE target = CreateFileA(to, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE,
                                NULL, CREATE_ALWAYS, flags, source);
    HANDLE reads = CreateIoCompletionPort(source, NULL, READ_KEY, 1);
    HANDLE writes = CreateIoCompletionPort(target, NULL, WRITE_KEY, 1);
    LARGE_INTEGER end;
    DWORD next = 0, in_flight = 0, i, bytes;
    HANDLE plain;

    CHECK(memory && source != INVALID_HANDLE_VALUE && target != INVALID_HANDLE_VALUE);
    CHECK(reads && writes);
    end.QuadPart = ((LONGLONG)size + BLOCK - 1) / BLOCK * BLOCK;
    CHECK(SetFilePointerEx(target, end, NULL, FILE_BEGIN) && SetEndOfFile(target));
    memset(blocks, 0, sizeof(blocks));
    for (i = 0; i < BLOCKS && next < size; i++, next += BLOCK, in_flight++) {
        blocks[i].memory = memory + i * BLOCK;
        blocks[i].ov.Offset = next;
        if (!ReadFile(source, blocks[i].memory, BLOCK, NULL, &blocks[i].ov))
            CHECK(GetLastError() == ERROR_IO_PENDING);
    }
    while (in_flight > 0) {
        ULONG_PTR key;
        OVERLAPPED *out;
        BLOCK_CONTEXT *block;
        if (GetQueuedCompletionStatus(reads, &bytes, &key, &out, 1)) {
            CHECK(key == READ_KEY && bytes > 0);
            block = (BLOCK_CONTEXT *)out;
            /* The last block is shorter; whole sectors are written all the same. */
            bytes = (bytes + 4095) / 4096 * 4096;
            if (!WriteFile(target, block->memory, bytes, NULL, out))
                CHECK(GetLastError() == ERROR_IO_PENDING);
        } else {
            CHECK(GetLastError() == WAIT_TIMEOUT);
        }
        if (GetQueuedCompletionStatus(writes, &bytes, &key, &out, 1)) {
            CHECK(key == WRITE_KEY);
            block = (BLOCK_CONTEXT *)out;
            if (next < size) {
                block->ov.Offset = next;
                next += BLOCK;
                if (!ReadFile(source, block->memory, BLOCK, NULL, out))
                    CHECK(GetLastError() == ERROR_IO_PENDING);
            } else {
                in_flight--;
            }
        } else {
            CHECK(GetLastError() == WAIT_TIMEOUT);
        }
    }
    /* The true end is set through a handle without the flag. */
    plain = CreateFileA(to, GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0,
                        NULL);
    CHECK(plain != INVALID_HANDLE_VALUE);
    end.QuadPart = size;
    CHECK(SetFilePointerEx(plain, end, NULL, FILE_BEGIN) && SetEndOfFile(plain));
    CHECK(CloseHandle(plain) && CloseHandle(source) && CloseHandle(target));
    CHECK(CloseHandle(reads) && CloseHandle(writes));
    CHECK(VirtualFree(memory, 0, MEM_RELEASE));
}

int main(void)
{
    static const DWORD sizes[] = {65536, 1048576, 1048577, 1310721, 3000001, 4194304};
    size_t i;
    for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        fill("from", sizes[i]);
        copy("from", "to", sizes[i]);
        same("from", "to", sizes[i]);
    }
    return 0;
}
