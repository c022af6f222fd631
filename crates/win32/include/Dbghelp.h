/* Another spelling. */
#pragma GCC system_header
#include "dbghelp.h"
