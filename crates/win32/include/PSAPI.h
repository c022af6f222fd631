#pragma GCC system_header
#include <psapi.h>
