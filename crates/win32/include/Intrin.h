/* Another spelling. */
#pragma GCC system_header
#include "intrin.h"
