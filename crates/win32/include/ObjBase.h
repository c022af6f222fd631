#pragma GCC system_header
#include <objbase.h>
