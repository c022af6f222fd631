/* The C library's header, then Microsoft's names. */
#pragma GCC system_header
#include_next <fcntl.h>
#ifndef IOCP_FCNTL_H
#define IOCP_FCNTL_H

#define _O_RDONLY O_RDONLY
#define _O_WRONLY O_WRONLY
#define _O_RDWR O_RDWR
#define _O_APPEND O_APPEND
#define _O_CREAT O_CREAT
#define _O_TRUNC O_TRUNC
#define _O_EXCL O_EXCL
#define _O_NOINHERIT O_CLOEXEC
/* Files are binary; a text is UTF-8. _setmode answers with these and changes nothing. */
#define _O_BINARY 0x20000000
#define _O_TEXT 0x10000000
#define _O_WTEXT 0x11000000
#define _O_U8TEXT 0x12000000
#define _O_U16TEXT 0x14000000
#define O_BINARY _O_BINARY
#define O_TEXT _O_TEXT
#define _O_SEQUENTIAL 0
#define _O_RANDOM 0
#define _O_TEMPORARY 0

#endif
