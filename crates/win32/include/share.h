/* Share modes of _fsopen: iocpstdlib.h has them. */
#pragma GCC system_header
#include "iocpcrt.h"
