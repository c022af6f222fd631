/* Types that every header of Microsoft's C run-time library has. */
#pragma GCC system_header
#include "iocpcrt.h"
