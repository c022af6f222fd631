#pragma GCC system_header
#include <strsafe.h>
