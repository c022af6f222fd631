/* What every header here stands on: compiler words of Windows sources, and how a declaration finds
   its symbol in libiocp. Not a Microsoft header; programs do not include it. */
#ifndef IOCP_IOCPBASE_H
#define IOCP_IOCPBASE_H
#pragma GCC system_header

#include <stdarg.h>
#include <stddef.h>

/* The version of this layer, so that a program can tell it from Windows. */
#define __COMPLETION_PORT__ 1

#ifdef __cplusplus
#define IOCP_C_BEGIN extern "C" {
#define IOCP_C_END }
/* Overloads and templates stay C++ even if a program wraps the include in extern "C". */
#define IOCP_CXX_BEGIN extern "C++" {
#define IOCP_CXX_END }
#else
#define IOCP_C_BEGIN
#define IOCP_C_END
#endif

/* The library exports each wide function for both widths of wchar_t: the plain name takes 32-bit
   units, the name with _16 takes 16-bit units. */
#if __SIZEOF_WCHAR_T__ == 4
#define IOCP_WIDE(name)
#else
#define IOCP_WIDE(name) __asm__(#name "_16")
#endif
/* For names that libc has too: the declaration keeps Microsoft's name, the symbol is ours. */
#define IOCP_SYMBOL(name) __asm__("iocp_" #name)

/* Inline functions of the headers. */
#define IOCP_INLINE static __inline__ __attribute__((unused, always_inline))
#define IOCP_LOCAL static __inline__ __attribute__((unused))

/* Calling conventions: there is one here. */
#undef __stdcall
#undef __cdecl
#undef __fastcall
#undef __thiscall
#undef __vectorcall
#define __stdcall
#define __cdecl
#define __fastcall
#define __thiscall
#define __vectorcall
#define _stdcall
#define _cdecl
#define _fastcall
#define __pascal
#define __clrcall

/* Integers by width. Macros, because `unsigned __int64` is common. */
#undef __int8
#undef __int16
#undef __int32
#undef __int64
#define __int8 char
#define __int16 short
#define __int32 int
#define __int64 long long
#define _int64 __int64

#undef __ptr32
#undef __ptr64
#undef __unaligned
#undef __w64
#define __ptr32
#define __ptr64
#define __unaligned
#define __w64
#ifndef UNALIGNED
#define UNALIGNED
#define UNALIGNED64
#endif

#undef __forceinline
#ifdef __cplusplus
#define __forceinline inline __attribute__((always_inline))
#else
#define __forceinline __inline__ __attribute__((always_inline))
#endif
#define _inline __inline__
#define _forceinline __forceinline

#ifndef __noop
#define __noop(...) ((void)0)
#endif
#ifndef __assume
#define __assume(condition)              \
    do {                                 \
        if (!(condition))                \
            __builtin_unreachable();     \
    } while (0)
#endif

/* The name of the function. The wide one is made at run time, because a compiler that is not
   Microsoft's keeps the name in a variable; L__FUNCTION__ is what gluing an L to it gives. */
#ifdef __cplusplus
IOCP_CXX_BEGIN
struct iocp_wide_name {
    explicit iocp_wide_name(const char *name)
    {
        size_t i = 0;
        for (; name[i] && i < sizeof(text) / sizeof(text[0]) - 1; i++)
            text[i] = static_cast<wchar_t>(name[i]);
        text[i] = 0;
    }
    wchar_t text[256];
};
IOCP_CXX_END
#define __FUNCTIONW__                                   \
    ([](const char *name) -> const wchar_t * {          \
        static const ::iocp_wide_name wide(name);       \
        return wide.text;                               \
    }(__func__))
#define __FUNCSIG__ __PRETTY_FUNCTION__
#else
#define __FUNCTIONW__                                                       \
    __extension__({                                                         \
        static wchar_t iocp_name[sizeof(__func__)];                         \
        for (size_t iocp_i = 0; iocp_i < sizeof(__func__); iocp_i++)        \
            iocp_name[iocp_i] = (wchar_t)__func__[iocp_i];                  \
        (const wchar_t *)iocp_name;                                         \
    })
#define __FUNCSIG__ __func__
#endif
#define L__FUNCTION__ __FUNCTIONW__

/* __declspec(word): a word with a meaning here becomes an attribute, the others vanish. The words
   expand inside the double parentheses, so deprecated may or may not bring its own. */
#undef __declspec
#define __declspec(word) __attribute__((IOCP_DECLSPEC_##word))
#define _declspec(word) __attribute__((IOCP_DECLSPEC_##word))
#define IOCP_DECLSPEC_dllexport
#define IOCP_DECLSPEC_dllimport
#define IOCP_DECLSPEC_novtable
#define IOCP_DECLSPEC_noalias
#define IOCP_DECLSPEC_restrict
#define IOCP_DECLSPEC_allocator
#define IOCP_DECLSPEC_empty_bases
#define IOCP_DECLSPEC_safebuffers
#define IOCP_DECLSPEC_process
#define IOCP_DECLSPEC_uuid(text)
#define IOCP_DECLSPEC_code_seg(text)
#define IOCP_DECLSPEC_allocate(text)
#define IOCP_DECLSPEC_guard(word)
#define IOCP_DECLSPEC_no_sanitize_address no_sanitize("address")
#define IOCP_DECLSPEC_nothrow nothrow
#define IOCP_DECLSPEC_align(count) aligned(count)
#define IOCP_DECLSPEC_noreturn __noreturn__
#define IOCP_DECLSPEC_noinline noinline
#define IOCP_DECLSPEC_naked naked
#define IOCP_DECLSPEC_selectany weak
#define IOCP_DECLSPEC_deprecated deprecated
#ifdef __cplusplus
#define IOCP_DECLSPEC_thread )) thread_local __attribute__((
#else
#define IOCP_DECLSPEC_thread )) _Thread_local __attribute__((
#endif

#endif
