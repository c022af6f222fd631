/*
 * A port as a queue of work: packets that the program posts itself, taken by four threads, and
 * an OVERLAPPED in the middle of a larger structure, from which CONTAINING_RECORD leads back.
 */
#include <windows.h>
#include <process.h>
#include <stdio.h>

#define JOBS 1000
#define THREADS 4
#define QUIT 0xffffffff

typedef struct {
    int number;
    OVERLAPPED ov;
    LONG square;
} JOB;

static HANDLE port;
static JOB jobs[JOBS];
static volatile LONG done;

static unsigned __stdcall worker(void *unused)
{
    DWORD bytes;
    ULONG_PTR key;
    OVERLAPPED *ov;

    (void)unused;
    while (GetQueuedCompletionStatus(port, &bytes, &key, &ov, INFINITE) && key != QUIT) {
        JOB *job = CONTAINING_RECORD(ov, JOB, ov);
        job->square = job->number * job->number;
        InterlockedIncrement(&done);
    }
    return 0;
}

int main(void)
{
    HANDLE threads[THREADS];
    int i, wrong = 0;

    port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 2);
    if (port == NULL) {
        printf("no port: error %lu\n", (unsigned long)GetLastError());
        return 1;
    }
    for (i = 0; i < THREADS; i++)
        threads[i] = (HANDLE)_beginthreadex(NULL, 0, worker, NULL, 0, NULL);
    for (i = 0; i < JOBS; i++) {
        jobs[i].number = i;
        PostQueuedCompletionStatus(port, sizeof(JOB), 1, &jobs[i].ov);
    }
    /* Packets are taken in the order of posting, so these are the last. */
    for (i = 0; i < THREADS; i++)
        PostQueuedCompletionStatus(port, 0, QUIT, NULL);
    WaitForMultipleObjects(THREADS, threads, TRUE, INFINITE);
    for (i = 0; i < THREADS; i++)
        CloseHandle(threads[i]);
    CloseHandle(port);
    for (i = 0; i < JOBS; i++)
        wrong += jobs[i].square != i * i;
    printf("%ld jobs done, %d wrong\n", (long)done, wrong);
    return wrong != 0 || done != JOBS;
}
