/* The component model: the identifiers. */
#ifndef IOCP_OBJBASE_H
#define IOCP_OBJBASE_H
#pragma GCC system_header

#include "combaseapi.h"

#endif
