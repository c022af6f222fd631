/* Another spelling. */
#pragma GCC system_header
#include "winuser.h"
