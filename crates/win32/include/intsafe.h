/* Sums, products and conversions of integers that say when the result does not fit. */
#ifndef IOCP_INTSAFE_H
#define IOCP_INTSAFE_H
#pragma GCC system_header

#include <limits.h>
#include <stdint.h>
#include "windef.h"
#include "winerror.h"

#define INTSAFE_E_ARITHMETIC_OVERFLOW ((HRESULT)0x80070216)

#define SHORT_MIN (-32768)
#define SHORT_MAX 32767
#define USHORT_MAX 0xffff
#define BYTE_MAX 0xff
#define WORD_MAX USHORT_MAX
#define DWORD_MAX 0xffffffffU
#define LONGLONG_MIN LLONG_MIN
#define LONGLONG_MAX LLONG_MAX
#define ULONGLONG_MAX ULLONG_MAX
#define DWORDLONG_MAX ULONGLONG_MAX
#define ULONG_PTR_MAX UINTPTR_MAX
#define DWORD_PTR_MAX ULONG_PTR_MAX
#define SIZE_T_MAX SIZE_MAX

/* On failure the result has all bits set, as Microsoft's has. */
#define IOCP_SAFE(name, type, a, b, fails)                                   \
    IOCP_INLINE HRESULT name(a, b, type *result)                             \
    {                                                                        \
        if (!(fails))                                                        \
            return S_OK;                                                     \
        *result = (type)~(type)0;                                            \
        return INTSAFE_E_ARITHMETIC_OVERFLOW;                                \
    }
#define IOCP_SAFE_TYPE(name, type)                                                              \
    IOCP_SAFE(name##Add, type, type a, type b, __builtin_add_overflow(a, b, result))            \
    IOCP_SAFE(name##Sub, type, type a, type b, __builtin_sub_overflow(a, b, result))            \
    IOCP_SAFE(name##Mult, type, type a, type b, __builtin_mul_overflow(a, b, result))
#define IOCP_SAFE_CAST(name, from, to)                                       \
    IOCP_INLINE HRESULT name(from value, to *result)                         \
    {                                                                        \
        if (!__builtin_add_overflow(value, (from)0, result))                 \
            return S_OK;                                                     \
        *result = (to)~(to)0;                                                \
        return INTSAFE_E_ARITHMETIC_OVERFLOW;                                \
    }

IOCP_C_BEGIN

IOCP_SAFE_TYPE(UShort, USHORT)
IOCP_SAFE_TYPE(Word, WORD)
IOCP_SAFE_TYPE(UInt, UINT)
IOCP_SAFE_TYPE(ULong, ULONG)
IOCP_SAFE_TYPE(DWord, DWORD)
IOCP_SAFE_TYPE(ULongLong, ULONGLONG)
IOCP_SAFE_TYPE(DWordLong, DWORDLONG)
IOCP_SAFE_TYPE(ULongPtr, ULONG_PTR)
IOCP_SAFE_TYPE(DWordPtr, DWORD_PTR)
IOCP_SAFE_TYPE(SizeT, SIZE_T)
IOCP_SAFE_TYPE(Int, INT)
IOCP_SAFE_TYPE(Long, LONG)
IOCP_SAFE_TYPE(LongLong, LONGLONG)

IOCP_SAFE_CAST(IntToUInt, INT, UINT)
IOCP_SAFE_CAST(IntToULong, INT, ULONG)
IOCP_SAFE_CAST(IntToDWord, INT, DWORD)
IOCP_SAFE_CAST(IntToUShort, INT, USHORT)
IOCP_SAFE_CAST(IntToSizeT, INT, SIZE_T)
IOCP_SAFE_CAST(UIntToInt, UINT, INT)
IOCP_SAFE_CAST(UIntToUShort, UINT, USHORT)
IOCP_SAFE_CAST(ULongToInt, ULONG, INT)
IOCP_SAFE_CAST(ULongToLong, ULONG, LONG)
IOCP_SAFE_CAST(ULongToUShort, ULONG, USHORT)
IOCP_SAFE_CAST(DWordToInt, DWORD, INT)
IOCP_SAFE_CAST(LongToULong, LONG, ULONG)
IOCP_SAFE_CAST(LongToDWord, LONG, DWORD)
IOCP_SAFE_CAST(LongLongToInt, LONGLONG, INT)
IOCP_SAFE_CAST(LongLongToUInt, LONGLONG, UINT)
IOCP_SAFE_CAST(LongLongToULong, LONGLONG, ULONG)
IOCP_SAFE_CAST(LongLongToULongLong, LONGLONG, ULONGLONG)
IOCP_SAFE_CAST(LongLongToSizeT, LONGLONG, SIZE_T)
IOCP_SAFE_CAST(ULongLongToInt, ULONGLONG, INT)
IOCP_SAFE_CAST(ULongLongToUInt, ULONGLONG, UINT)
IOCP_SAFE_CAST(ULongLongToULong, ULONGLONG, ULONG)
IOCP_SAFE_CAST(ULongLongToDWord, ULONGLONG, DWORD)
IOCP_SAFE_CAST(ULongLongToSizeT, ULONGLONG, SIZE_T)
IOCP_SAFE_CAST(ULongLongToLongLong, ULONGLONG, LONGLONG)
IOCP_SAFE_CAST(SizeTToInt, SIZE_T, INT)
IOCP_SAFE_CAST(SizeTToUInt, SIZE_T, UINT)
IOCP_SAFE_CAST(SizeTToULong, SIZE_T, ULONG)
IOCP_SAFE_CAST(SizeTToDWord, SIZE_T, DWORD)
IOCP_SAFE_CAST(SizeTToLong, SIZE_T, LONG)

IOCP_C_END

#ifdef __cplusplus
IOCP_CXX_BEGIN
/* size_t and SIZE_T are two types here. */
IOCP_SAFE_TYPE(SizeT, size_t)
IOCP_SAFE_CAST(IntToSizeT, INT, size_t)
IOCP_SAFE_CAST(LongLongToSizeT, LONGLONG, size_t)
IOCP_SAFE_CAST(ULongLongToSizeT, ULONGLONG, size_t)
IOCP_CXX_END
#endif

#undef IOCP_SAFE
#undef IOCP_SAFE_TYPE
#undef IOCP_SAFE_CAST

#endif
