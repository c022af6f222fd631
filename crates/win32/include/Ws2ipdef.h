#pragma GCC system_header
#include <ws2ipdef.h>
