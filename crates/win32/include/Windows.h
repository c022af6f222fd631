#pragma GCC system_header
#include <windows.h>
