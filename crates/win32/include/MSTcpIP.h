#pragma GCC system_header
#include <mstcpip.h>
