#pragma GCC system_header
#include <ws2tcpip.h>
