#pragma GCC system_header
#include <winsock2.h>
