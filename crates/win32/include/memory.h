/* The C library's header, then Microsoft's additions to it. */
#pragma GCC system_header
#include_next <memory.h>
#include "iocpcrt.h"
