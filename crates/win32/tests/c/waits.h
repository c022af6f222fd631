/* Seeing that a thread waits, for the programs in which the order of those who wait matters. */
#ifndef WAITS_H
#define WAITS_H
#include <windows.h>
#include <stdio.h>
#include <string.h>

/* Returns when a thread, which has nothing else to do, waits. */
__attribute__((unused)) static void until_waits(HANDLE thread)
{
#ifdef __COMPLETION_PORT__
    char path[64], text[256], *state;
    int sleeps = 0;
    FILE *file;

    snprintf(path, sizeof path, "/proc/self/task/%lu/stat", (unsigned long)GetThreadId(thread));
    /* Looks that follow each other: it may also have slept for a lock on its way. */
    while (sleeps < 3) {
        Sleep(1);
        file = fopen(path, "r");
        if (file == NULL)
            return;
        state = fgets(text, sizeof text, file) ? strrchr(text, ')') : NULL;
        sleeps = state != NULL && state[2] == 'S' ? sleeps + 1 : 0;
        fclose(file);
    }
#else
    /* There is no way to see it here. */
    (void)thread;
    Sleep(100);
#endif
}

#endif
