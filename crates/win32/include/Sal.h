/* Another spelling. */
#pragma GCC system_header
#include "sal.h"
