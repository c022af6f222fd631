/* Another spelling. */
#pragma GCC system_header
#include "winerror.h"
