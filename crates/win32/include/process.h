/* Threads and processes of the C run-time library. */
#ifndef IOCP_PROCESS_H
#define IOCP_PROCESS_H
#pragma GCC system_header

#include "iocpcrt.h"

typedef void (*_beginthread_proc_type)(void *);
typedef unsigned (*_beginthreadex_proc_type)(void *);

IOCP_C_BEGIN

/* The handle of _beginthread is closed when the thread ends, that of _beginthreadex is not. */
uintptr_t _beginthread(_beginthread_proc_type start, unsigned stack_size, void *argument);
uintptr_t _beginthreadex(void *security, unsigned stack_size, _beginthreadex_proc_type start,
                         void *argument, unsigned flags, unsigned *id);
void _endthread(void);
void _endthreadex(unsigned code);

IOCP_C_END

#ifdef __cplusplus
extern "C" {
#endif
void _exit(int status) __attribute__((__noreturn__));
#ifdef __cplusplus
}
#endif

IOCP_CRT_BEGIN

IOCP_CRT int _getpid(void)
{
    return iocp_c_getpid();
}

IOCP_CRT void _cexit(void)
{
    fflush(NULL);
}

IOCP_CRT_END

#endif
