#pragma GCC system_header
#include <rpcdce.h>
