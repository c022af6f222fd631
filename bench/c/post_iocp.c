/* Posts a packet and gets it, on one thread: once as often as that goes within a window. */
#include "measure.h"

#define TIMED_EVERY 64
#define SAMPLES_MAX (1 << 20)

static HANDLE port;
static LONGLONG *samples;
static size_t samples_count;

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
    LONGLONG begin, count;
    double seconds;

    if (argc < 2)
        return 2;
    prepare();
    samples = (LONGLONG *)malloc(SAMPLES_MAX * sizeof(*samples));
    port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
    if (port == NULL || samples == NULL)
        die("CreateIoCompletionPort");
    exchange_until(now() + WARM_MS * frequency / 1000);
    samples_count = 0;
    begin = begin_window();
    count = exchange_until(begin + atoi(argv[1]) * frequency / 1000);
    seconds = (double)(now() - begin) / (double)frequency;
    tell(count, seconds, samples, samples_count);
    return 0;
}
