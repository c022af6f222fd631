#pragma GCC system_header
#include <sdkddkver.h>
