#pragma GCC system_header
#include <process.h>
