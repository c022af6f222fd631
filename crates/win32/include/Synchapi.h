/* Another spelling. */
#pragma GCC system_header
#include "synchapi.h"
