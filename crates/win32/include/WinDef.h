/* Another spelling. */
#pragma GCC system_header
#include "windef.h"
