/* The C library's header, then Microsoft's additions to it. */
#pragma GCC system_header
#include_next <string.h>
#include "iocpcrt.h"
