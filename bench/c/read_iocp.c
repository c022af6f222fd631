/*
 * Reads of one file through one completion port, for Windows, Wine and the library's C interface.
 *
 *     read_iocp FILE MILLISECONDS THREADS DEPTH BYTES DIRECT SEQUENTIAL
 *
 * Prints "begin" when its window begins, then "READS SECONDS P50 P99 P99.9" (microseconds), and
 * stays until it is ended.
 */
#include "measure.h"
#include <process.h>
#include <string.h>

#define SAMPLES_MAX 200000

typedef struct {
    OVERLAPPED ov;
    char *buf;
    LONGLONG begin;
} READ;

typedef struct {
    unsigned __int64 random;
    LONGLONG reads;
    LONGLONG *samples;
    int samples_count;
} THREAD;

static HANDLE port, file;
static DWORD block_bytes;
static LONGLONG blocks;
static int sequential;
static volatile LONG64 next_block;
/* 0 while warming up, 1 within the window, 2 behind it. */
static volatile LONG phase;

static void start_read(READ *r, THREAD *t)
{
    LONGLONG block;

    t->random ^= t->random >> 12;
    t->random ^= t->random << 25;
    t->random ^= t->random >> 27;
    if (sequential)
        block = InterlockedIncrement64(&next_block) % blocks;
    else
        block = (LONGLONG)(((t->random * 0x2545f4914f6cdd1dULL) >> 20) % (unsigned __int64)blocks);
    memset(&r->ov, 0, sizeof(r->ov));
    block *= block_bytes;
    r->ov.Offset = (DWORD)block;
    r->ov.OffsetHigh = (DWORD)(block >> 32);
    r->begin = now();
    if (!ReadFile(file, r->buf, block_bytes, NULL, &r->ov) && GetLastError() != ERROR_IO_PENDING)
        die("ReadFile");
}

static unsigned __stdcall work(void *argument)
{
    THREAD *t = (THREAD *)argument;

    for (;;) {
        DWORD bytes;
        ULONG_PTR key;
        OVERLAPPED *ov;
        READ *r;

        if (!GetQueuedCompletionStatus(port, &bytes, &key, &ov, INFINITE))
            die("GetQueuedCompletionStatus");
        if (bytes != block_bytes) {
            fprintf(stderr, "a short read\n");
            exit(1);
        }
        r = CONTAINING_RECORD(ov, READ, ov);
        if (phase == 1) {
            if (t->samples_count < SAMPLES_MAX)
                t->samples[t->samples_count++] = now() - r->begin;
            t->reads++;
        } else if (phase == 2) {
            return 0;
        }
        start_read(r, t);
    }
}

int main(int argc, char **argv)
{
    int threads_count, depth, i;
    LARGE_INTEGER number;
    LONGLONG begin, reads = 0, *all;
    double seconds;
    THREAD *threads;
    HANDLE *handles;
    size_t samples = 0;

    if (argc < 8)
        return 2;
    threads_count = atoi(argv[3]);
    depth = atoi(argv[4]);
    block_bytes = (DWORD)atoi(argv[5]);
    sequential = atoi(argv[7]);
    prepare();
    file = CreateFileA(argv[1], GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
                       OPEN_EXISTING,
                       FILE_FLAG_OVERLAPPED | (atoi(argv[6]) ? FILE_FLAG_NO_BUFFERING : 0), NULL);
    if (file == INVALID_HANDLE_VALUE || !GetFileSizeEx(file, &number))
        die("CreateFile");
    blocks = number.QuadPart / block_bytes;
    port = CreateIoCompletionPort(file, NULL, 1, (DWORD)threads_count);
    if (port == NULL)
        die("CreateIoCompletionPort");
    threads = (THREAD *)calloc((size_t)threads_count, sizeof(*threads));
    handles = (HANDLE *)calloc((size_t)threads_count, sizeof(*handles));
    for (i = 0; i < threads_count; i++) {
        threads[i].random = (unsigned)(i + 1) * 0x9e3779b97f4a7c15ULL | 1;
        threads[i].samples = (LONGLONG *)malloc(SAMPLES_MAX * sizeof(LONGLONG));
    }
    for (i = 0; i < threads_count * depth; i++) {
        READ *r = (READ *)calloc(1, sizeof(*r));

        r->buf = (char *)VirtualAlloc(NULL, block_bytes, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
        if (r->buf == NULL)
            die("VirtualAlloc");
        start_read(r, &threads[i % threads_count]);
    }
    for (i = 0; i < threads_count; i++)
        handles[i] = (HANDLE)_beginthreadex(NULL, 0, work, &threads[i], 0, NULL);
    Sleep(WARM_MS);
    begin = begin_window();
    phase = 1;
    Sleep((DWORD)atoi(argv[2]));
    phase = 2;
    seconds = (double)(now() - begin) / (double)frequency;
    WaitForMultipleObjects((DWORD)threads_count, handles, TRUE, INFINITE);

    all = (LONGLONG *)malloc((size_t)threads_count * SAMPLES_MAX * sizeof(LONGLONG));
    for (i = 0; i < threads_count; i++) {
        memcpy(all + samples, threads[i].samples,
               (size_t)threads[i].samples_count * sizeof(LONGLONG));
        samples += (size_t)threads[i].samples_count;
        reads += threads[i].reads;
    }
    tell(reads, seconds, all, samples);
    return 0;
}
