/* Microsoft's other name for the annotations. */
#ifndef IOCP_SPECSTRINGS_H
#define IOCP_SPECSTRINGS_H
#pragma GCC system_header

#include "sal.h"

#endif
