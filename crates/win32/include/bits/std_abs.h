/* The third way of libstdc++ to the C library's <stdlib.h>: <cmath> comes along here. */
#pragma GCC system_header
#include "../iocphide.h"
#include_next <bits/std_abs.h>
#include "../iocpshow.h"
