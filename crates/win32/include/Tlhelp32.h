/* Another spelling. */
#pragma GCC system_header
#include "tlhelp32.h"
