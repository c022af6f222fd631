/* Results of multimedia calls. */
#ifndef IOCP_MMSYSCOM_H
#define IOCP_MMSYSCOM_H
#pragma GCC system_header

#include "minwinbase.h"

typedef UINT MMRESULT;
#define MMSYSERR_BASE 0
#define MMSYSERR_NOERROR 0
#define TIMERR_BASE 96

#endif
