/* Another spelling. */
#pragma GCC system_header
#include "winioctl.h"
