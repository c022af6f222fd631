/* Remote procedure calls: the identifiers. */
#ifndef IOCP_RPC_H
#define IOCP_RPC_H
#pragma GCC system_header

#include "rpcdce.h"

#endif
