/* How the inline functions of the C run-time headers are linked. Part of iocpcrt.h. */
#ifndef IOCP_LINK_H
#define IOCP_LINK_H
#pragma GCC system_header

#include "iocpbase.h"

/* Linkage. In C++ a plain inline function has a mangled name, so it is shared by all files and yet
   cannot take the place of a C library function in other libraries of the process. Files compiled
   with -fshort-wchar get copies of their own. */
#ifndef __cplusplus
#define IOCP_CRT static __inline__ __attribute__((unused))
#elif __SIZEOF_WCHAR_T__ == 2
#define IOCP_CRT __attribute__((abi_tag("short_wchar"))) inline
#else
#define IOCP_CRT inline
#endif

/* In C such a function has a symbol of its own, lest it take the C library's function of the same
   name, which it calls, for itself. */
#ifdef __cplusplus
#define IOCP_LABEL(name)
#else
#define IOCP_LABEL(name) __asm__("iocp_inline_" #name)
#endif

/* The symbol of a function that touches wide characters and has a name that the C library has too;
   and the promise of the C library's declarations. */
#if __SIZEOF_WCHAR_T__ == 4
#define IOCP_SYMBOL_WIDE(name) __asm__("iocp_" #name)
#else
#define IOCP_SYMBOL_WIDE(name) __asm__("iocp_" #name "_16")
#endif
#ifdef __cplusplus
#define IOCP_NO_THROW noexcept(true)
#else
#define IOCP_NO_THROW
#endif

/* A program may include a C header within extern "C"; these functions stay C++ even then. */
#ifdef __cplusplus
#define IOCP_CRT_BEGIN extern "C++" {
#define IOCP_CRT_END }
#else
#define IOCP_CRT_BEGIN
#define IOCP_CRT_END
#endif

#endif
