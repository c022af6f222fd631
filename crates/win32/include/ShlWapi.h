/* Another spelling. */
#pragma GCC system_header
#include "shlwapi.h"
