/* Another spelling. */
#pragma GCC system_header
#include "basetsd.h"
