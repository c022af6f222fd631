/* The C library's header. Only FD_SETSIZE passes through our hands: it must be seen whether the
   value is the C library's or the program's choice for winsock2.h. */
#pragma GCC system_header
#ifndef IOCP_SYS_SELECT_H
#define IOCP_SYS_SELECT_H

#pragma push_macro("FD_SETSIZE")
#undef FD_SETSIZE
#include_next <sys/select.h>
#undef FD_SETSIZE
#pragma pop_macro("FD_SETSIZE")
#define IOCP_FD_SETSIZE 1024
/* Behind <sys/types.h>, which <stdlib.h> includes, nobody has asked for this header yet, and the
   program may still choose. */
#if !defined(FD_SETSIZE) && !(defined(_SYS_TYPES_H) && defined(__USE_MISC))
#define FD_SETSIZE IOCP_FD_SETSIZE
#endif

#elif !defined(FD_SETSIZE)
#define FD_SETSIZE IOCP_FD_SETSIZE
#endif
