/* Another spelling. */
#pragma GCC system_header
#include "winbase.h"
