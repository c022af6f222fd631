/* The C library's header, then Microsoft's addition to it. */
#pragma GCC system_header
#include_next <signal.h>

/* The signal of a terminal that a console's handlers know as CTRL_BREAK_EVENT. */
#if !defined(SIGBREAK) && defined(SIGQUIT)
#define SIGBREAK SIGQUIT
#endif
