/* Posts a packet and gets it, on one thread: once as often as that goes within a window. */
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>

#define WARM_MS 200
#define TIMED_EVERY 64
#define SAMPLES_MAX (1 << 20)

static HANDLE port;
static LONGLONG frequency;
static LONGLONG *samples;
static size_t samples_count;

static void die(const char *what)
{
    fprintf(stderr, "%s: error %lu\n", what, (unsigned long)GetLastError());
    exit(1);
}

static LONGLONG now(void)
{
    LARGE_INTEGER at;

    QueryPerformanceCounter(&at);
    return at.QuadPart;
}

static int by_value(const void *a, const void *b)
{
    LONGLONG x = *(const LONGLONG *)a, y = *(const LONGLONG *)b;

    return x < y ? -1 : x > y;
}

static void exchange(ULONG_PTR token)
{
    DWORD bytes;
    ULONG_PTR key;
    OVERLAPPED *ov;

    if (!PostQueuedCompletionStatus(port, 1, 1, (OVERLAPPED *)token))
        die("PostQueuedCompletionStatus");
    if (!GetQueuedCompletionStatus(port, &bytes, &key, &ov, INFINITE))
        die("GetQueuedCompletionStatus");
    if ((ULONG_PTR)ov != token)
        die("a packet is lost");
}

/* Until that moment; how many packets those were. */
static LONGLONG exchange_until(LONGLONG end)
{
    LONGLONG count = 0, begin, done;
    int i;

    do {
        begin = now();
        exchange(1);
        done = now();
        if (samples_count < SAMPLES_MAX)
            samples[samples_count++] = done - begin;
        for (i = 1; i < TIMED_EVERY; i++)
            exchange((ULONG_PTR)i + 1);
        count += TIMED_EVERY;
    } while (done < end);
    return count;
}

int main(int argc, char **argv)
{
    LARGE_INTEGER number;
    LONGLONG begin, count;
    double seconds;

    if (argc < 2)
        return 2;
    QueryPerformanceFrequency(&number);
    frequency = number.QuadPart;
    samples = (LONGLONG *)malloc(SAMPLES_MAX * sizeof(*samples));
    port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
    if (port == NULL || samples == NULL)
        die("CreateIoCompletionPort");
    exchange_until(now() + WARM_MS * frequency / 1000);
    samples_count = 0;
    printf("begin\n");
    fflush(stdout);
    begin = now();
    count = exchange_until(begin + atoi(argv[1]) * frequency / 1000);
    seconds = (double)(now() - begin) / (double)frequency;
    qsort(samples, samples_count, sizeof(*samples), by_value);
    printf("%.0f %.6f %.3f %.3f %.3f\n", (double)count, seconds,
           (double)samples[samples_count / 2] * 1e6 / (double)frequency,
           (double)samples[samples_count * 99 / 100] * 1e6 / (double)frequency,
           (double)samples[samples_count * 999 / 1000] * 1e6 / (double)frequency);
    fflush(stdout);
    Sleep(INFINITE);
    return 0;
}
