/* Of the multimedia interface there is the clock. */
#ifndef IOCP_MMSYSTEM_H
#define IOCP_MMSYSTEM_H
#pragma GCC system_header

#include "mmsyscom.h"
#include "timeapi.h"

#endif
