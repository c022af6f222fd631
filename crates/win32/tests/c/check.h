/* One macro for the programs here: says what failed and where, and ends with 1. */
#ifndef CHECK_H
#define CHECK_H
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __COMPLETION_PORT__
#define CHECK_IS_KNOWN(condition) 0
#else
/* Elsewhere some conditions are known not to hold: they stand in a file, one a line. */
#define CHECK_IS_KNOWN(condition) check_is_known(condition)
__attribute__((unused)) static int check_is_known(const char *condition)
{
    char line[1024];
    int known = 0;
    FILE *file = getenv("CHECK_KNOWN") ? fopen(getenv("CHECK_KNOWN"), "r") : NULL;

    while (file != NULL && !known && fgets(line, sizeof line, file)) {
        line[strcspn(line, "\r\n")] = 0;
        known = strcmp(line, condition) == 0;
    }
    if (file != NULL)
        fclose(file);
    return known;
}
#endif

#define CHECK(condition)                                                       \
    do {                                                                       \
        if (!(condition)) {                                                    \
            unsigned long check_error = (unsigned long)GetLastError();         \
            fprintf(stderr, "%s:%d: %s (last error %lu)\n", __FILE__, __LINE__, \
                    #condition, check_error);                                  \
            fflush(stderr);                                                    \
            if (!CHECK_IS_KNOWN(#condition))                                   \
                exit(1);                                                       \
        }                                                                      \
    } while (0)

#endif
