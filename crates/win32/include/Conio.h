#pragma GCC system_header
#include <conio.h>
