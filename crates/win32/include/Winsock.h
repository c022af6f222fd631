#pragma GCC system_header
#include <winsock.h>
