/* Another spelling. */
#pragma GCC system_header
#include "wincon.h"
