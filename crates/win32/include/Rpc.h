#pragma GCC system_header
#include <rpc.h>
