/* The C library's header, then Microsoft's additions to it. */
#pragma GCC system_header
#include "iocphide.h"
#include_next <stdlib.h>
#include "iocpshow.h"
#include "iocpcrt.h"
