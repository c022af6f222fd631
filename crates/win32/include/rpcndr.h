/* Remote procedure calls: the names of the smallest types. */
#ifndef IOCP_RPCNDR_H
#define IOCP_RPCNDR_H
#pragma GCC system_header

#include "windef.h"

typedef unsigned char byte;
typedef unsigned char boolean;

#endif
