/* The C library's header, then Microsoft's names. */
#pragma GCC system_header
#include_next <sys/stat.h>
#ifndef IOCP_SYS_STAT_H
#define IOCP_SYS_STAT_H

#define _S_IFMT 0170000
#define _S_IFDIR 0040000
#define _S_IFCHR 0020000
#define _S_IFIFO 0010000
#define _S_IFREG 0100000
#define _S_IREAD 0000400
#define _S_IWRITE 0000200
#define _S_IEXEC 0000100

/* One structure and one function have all the names, as time_t and off_t have 64 bits in all. */
#define _stat stat
#define _stat64 stat
#define _stati64 stat
#define _stat64i32 stat
#define __stat64 stat
#define _fstat fstat
#define _fstat64 fstat
#define _fstati64 fstat

#endif
