#pragma GCC system_header
#include <shellapi.h>
