/* Another spelling. */
#pragma GCC system_header
#include "winternl.h"
