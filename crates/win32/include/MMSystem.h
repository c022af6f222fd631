/* Another spelling. */
#pragma GCC system_header
#include "mmsystem.h"
