/* One macro for the programs here: says what failed and where, and ends with 1. */
#ifndef CHECK_H
#define CHECK_H
#include <stdio.h>
#include <stdlib.h>

#define CHECK(condition)                                                       \
    do {                                                                       \
        if (!(condition)) {                                                    \
            fprintf(stderr, "%s:%d: %s (last error %lu)\n", __FILE__, __LINE__, \
                    #condition, (unsigned long)GetLastError());                \
            exit(1);                                                           \
        }                                                                      \
    } while (0)

#endif
