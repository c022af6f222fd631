/* The one header that every program for Windows includes. */
#ifndef IOCP_WINDOWS_H
#define IOCP_WINDOWS_H
#pragma GCC system_header

/* The macro by which other headers and programs see that this one is here. */
#ifndef _WINDOWS_
#define _WINDOWS_
#endif
#ifndef _INC_WINDOWS
#define _INC_WINDOWS
#endif

#include "sdkddkver.h"
#include "excpt.h"
#include "windef.h"
#include "winbase.h"
#include "winuser.h"
#include "winnls.h"
#include "wincon.h"

#ifndef WIN32_LEAN_AND_MEAN
#include "mmsystem.h"
#include "shellapi.h"
#include "rpc.h"
#include "rpcndr.h"
#include "winioctl.h"
#include "objbase.h"
#ifndef _WINSOCKAPI_
#if __has_include("winsock.h")
#include "winsock.h"
#endif
#endif
#endif

#endif
