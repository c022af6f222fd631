#pragma GCC system_header
#include <ws2def.h>
