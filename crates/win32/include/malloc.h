/* The C library's header, then Microsoft's additions to it. */
#pragma GCC system_header
#include_next <malloc.h>
#include "iocpcrt.h"

#ifndef IOCP_MALLOC_H
#define IOCP_MALLOC_H

#define _HEAPEMPTY (-1)
#define _HEAPOK (-2)

IOCP_CRT_BEGIN

/* _malloca takes small blocks from the stack; _freea must know which they are, so all of them carry
   a mark. */
#define _ALLOCA_S_THRESHOLD 1024
#define _ALLOCA_S_MARKER_SIZE 16
#define _malloca(size)                                                                     \
    iocp_mark((size_t)(size) + _ALLOCA_S_MARKER_SIZE <= _ALLOCA_S_THRESHOLD                \
                  ? __builtin_alloca((size_t)(size) + _ALLOCA_S_MARKER_SIZE)               \
                  : malloc((size_t)(size) + _ALLOCA_S_MARKER_SIZE),                        \
              (size_t)(size) + _ALLOCA_S_MARKER_SIZE > _ALLOCA_S_THRESHOLD)

IOCP_CRT void *iocp_mark(void *block, int allocated)
{
    if (block == NULL)
        return NULL;
    *(int *)block = allocated;
    return (char *)block + _ALLOCA_S_MARKER_SIZE;
}

IOCP_CRT void _freea(void *block)
{
    if (block == NULL)
        return;
    block = (char *)block - _ALLOCA_S_MARKER_SIZE;
    if (*(int *)block)
        free(block);
}

IOCP_CRT_END

#endif
