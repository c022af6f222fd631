/* Another spelling. */
#pragma GCC system_header
#include "winnt.h"
