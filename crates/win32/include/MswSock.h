#pragma GCC system_header
#include <mswsock.h>
