/* What the programs that measure themselves have in common. */
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>

/* How long a program runs before its window begins. */
#define WARM_MS 200

static LONGLONG frequency;

static void die(const char *what)
{
    fprintf(stderr, "%s: error %lu\n", what, (unsigned long)GetLastError());
    exit(1);
}

static LONGLONG now(void)
{
    LARGE_INTEGER time;

    QueryPerformanceCounter(&time);
    return time.QuadPart;
}

/* Before anything is measured. */
static void prepare(void)
{
    LARGE_INTEGER number;

    QueryPerformanceFrequency(&number);
    frequency = number.QuadPart;
}

/* The window begins here. */
static LONGLONG begin_window(void)
{
    printf("begin\n");
    fflush(stdout);
    return now();
}

static int by_value(const void *a, const void *b)
{
    LONGLONG x = *(const LONGLONG *)a, y = *(const LONGLONG *)b;

    return x < y ? -1 : x > y;
}

/* Prints "COUNT SECONDS P50 P99 P99.9" (microseconds), and stays until the program is ended. */
static void tell(LONGLONG count, double seconds, LONGLONG *samples, size_t samples_count)
{
    if (samples_count == 0)
        die("nothing was done");
    qsort(samples, samples_count, sizeof(*samples), by_value);
    printf("%.0f %.6f %.3f %.3f %.3f\n", (double)count, seconds,
           (double)samples[samples_count / 2] * 1e6 / (double)frequency,
           (double)samples[samples_count * 99 / 100] * 1e6 / (double)frequency,
           (double)samples[samples_count * 999 / 1000] * 1e6 / (double)frequency);
    fflush(stdout);
    Sleep(INFINITE);
}
