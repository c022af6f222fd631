#pragma GCC system_header
#include <tchar.h>
