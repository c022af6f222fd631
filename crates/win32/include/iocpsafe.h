/* The functions of strsafe.h for one character type; see iocpchars.h for the pattern. No guard. */
#pragma GCC system_header

#ifndef STRSAFE_IGNORE_NULLS
#define STRSAFE_IGNORE_NULLS 0x00000100
#define STRSAFE_FILL_BEHIND_NULL 0x00000200
#define STRSAFE_FILL_ON_FAILURE 0x00000400
#define STRSAFE_NULL_ON_FAILURE 0x00000800
#define STRSAFE_NO_TRUNCATION 0x00001000
#endif

/* Whether a buffer has an acceptable size, in characters. */
IOCP_CRT int IOCP_NAME(iocp_safe_size, iocp_safe_size_wide)(const IOCP_C *to, size_t size)
{
    return to != NULL && size > 0 && size <= STRSAFE_MAX_CCH;
}

/* Appends at most `count` characters behind the first `used` ones. */
IOCP_CRT HRESULT IOCP_NAME(iocp_safe_add, iocp_safe_add_wide)(IOCP_C *to, size_t size, size_t used,
                                                              const IOCP_C *from, size_t count)
{
    size_t room = size - used;
    size_t n = IOCP_NAME(strnlen_s, wcsnlen_s)(from, count < room ? count : room);
    HRESULT result = S_OK;
    if (n == room) {
        n = room - 1;
        result = STRSAFE_E_INSUFFICIENT_BUFFER;
    }
    memmove(to + used, from, n * sizeof(IOCP_C));
    to[used + n] = 0;
    return result;
}

IOCP_CRT HRESULT IOCP_NAME(StringCchCopyNA, StringCchCopyNW)(IOCP_C *to, size_t size,
                                                             const IOCP_C *from, size_t count)
{
    if (!IOCP_NAME(iocp_safe_size, iocp_safe_size_wide)(to, size))
        return STRSAFE_E_INVALID_PARAMETER;
    if (count > STRSAFE_MAX_LENGTH) {
        *to = 0;
        return STRSAFE_E_INVALID_PARAMETER;
    }
    return IOCP_NAME(iocp_safe_add, iocp_safe_add_wide)(to, size, 0, from, count);
}

IOCP_CRT HRESULT IOCP_NAME(StringCchCopyA, StringCchCopyW)(IOCP_C *to, size_t size,
                                                           const IOCP_C *from)
{
    return IOCP_NAME(StringCchCopyNA, StringCchCopyNW)(to, size, from, STRSAFE_MAX_LENGTH);
}

IOCP_CRT HRESULT IOCP_NAME(StringCbCopyA, StringCbCopyW)(IOCP_C *to, size_t bytes,
                                                         const IOCP_C *from)
{
    return IOCP_NAME(StringCchCopyA, StringCchCopyW)(to, bytes / sizeof(IOCP_C), from);
}

IOCP_CRT HRESULT IOCP_NAME(StringCbCopyNA, StringCbCopyNW)(IOCP_C *to, size_t bytes,
                                                           const IOCP_C *from, size_t count)
{
    return IOCP_NAME(StringCchCopyNA, StringCchCopyNW)(to, bytes / sizeof(IOCP_C), from,
                                                       count / sizeof(IOCP_C));
}

IOCP_CRT HRESULT IOCP_NAME(StringCchLengthA, StringCchLengthW)(const IOCP_C *s, size_t size,
                                                               size_t *length)
{
    size_t n = 0;
    HRESULT result = S_OK;
    if (s == NULL || size > STRSAFE_MAX_CCH)
        result = STRSAFE_E_INVALID_PARAMETER;
    else if ((n = IOCP_NAME(strnlen_s, wcsnlen_s)(s, size)) == size)
        result = STRSAFE_E_INVALID_PARAMETER;
    if (length != NULL)
        *length = result == S_OK ? n : 0;
    return result;
}

IOCP_CRT HRESULT IOCP_NAME(StringCbLengthA, StringCbLengthW)(const IOCP_C *s, size_t bytes,
                                                             size_t *length)
{
    size_t n = 0;
    HRESULT result = IOCP_NAME(StringCchLengthA, StringCchLengthW)(s, bytes / sizeof(IOCP_C), &n);
    if (length != NULL)
        *length = n * sizeof(IOCP_C);
    return result;
}

IOCP_CRT HRESULT IOCP_NAME(StringCchCatNA, StringCchCatNW)(IOCP_C *to, size_t size,
                                                           const IOCP_C *from, size_t count)
{
    size_t used = 0;
    if (size > STRSAFE_MAX_CCH || count > STRSAFE_MAX_LENGTH ||
        IOCP_NAME(StringCchLengthA, StringCchLengthW)(to, size, &used) != S_OK)
        return STRSAFE_E_INVALID_PARAMETER;
    return IOCP_NAME(iocp_safe_add, iocp_safe_add_wide)(to, size, used, from, count);
}

IOCP_CRT HRESULT IOCP_NAME(StringCchCatA, StringCchCatW)(IOCP_C *to, size_t size,
                                                         const IOCP_C *from)
{
    return IOCP_NAME(StringCchCatNA, StringCchCatNW)(to, size, from, STRSAFE_MAX_LENGTH);
}

IOCP_CRT HRESULT IOCP_NAME(StringCbCatA, StringCbCatW)(IOCP_C *to, size_t bytes,
                                                       const IOCP_C *from)
{
    return IOCP_NAME(StringCchCatA, StringCchCatW)(to, bytes / sizeof(IOCP_C), from);
}

IOCP_CRT HRESULT IOCP_NAME(StringCbCatNA, StringCbCatNW)(IOCP_C *to, size_t bytes,
                                                         const IOCP_C *from, size_t count)
{
    return IOCP_NAME(StringCchCatNA, StringCchCatNW)(to, bytes / sizeof(IOCP_C), from,
                                                     count / sizeof(IOCP_C));
}

IOCP_CRT HRESULT IOCP_NAME(StringCchVPrintfA, StringCchVPrintfW)(IOCP_C *to, size_t size,
                                                                 const IOCP_C *format,
                                                                 va_list list)
{
    int length;
    if (!IOCP_NAME(iocp_safe_size, iocp_safe_size_wide)(to, size))
        return STRSAFE_E_INVALID_PARAMETER;
    length = IOCP_NAME(vsnprintf, iocp_print_wide)(to, size, format, list);
    if (length >= 0 && (size_t)length < size)
        return S_OK;
    to[size - 1] = 0;
    return STRSAFE_E_INSUFFICIENT_BUFFER;
}

IOCP_CRT HRESULT IOCP_NAME(StringCbVPrintfA, StringCbVPrintfW)(IOCP_C *to, size_t bytes,
                                                               const IOCP_C *format, va_list list)
{
    return IOCP_NAME(StringCchVPrintfA, StringCchVPrintfW)(to, bytes / sizeof(IOCP_C), format,
                                                           list);
}

IOCP_CRT HRESULT IOCP_NAME(StringCchPrintfA, StringCchPrintfW)(IOCP_C *to, size_t size,
                                                               const IOCP_C *format, ...)
{
    HRESULT result;
    va_list list;
    va_start(list, format);
    result = IOCP_NAME(StringCchVPrintfA, StringCchVPrintfW)(to, size, format, list);
    va_end(list);
    return result;
}

IOCP_CRT HRESULT IOCP_NAME(StringCbPrintfA, StringCbPrintfW)(IOCP_C *to, size_t bytes,
                                                             const IOCP_C *format, ...)
{
    HRESULT result;
    va_list list;
    va_start(list, format);
    result = IOCP_NAME(StringCbVPrintfA, StringCbVPrintfW)(to, bytes, format, list);
    va_end(list);
    return result;
}

IOCP_CRT HRESULT IOCP_NAME(StringCchGetsA, StringCchGetsW)(IOCP_C *to, size_t size)
{
    size_t n = 0;
    if (!IOCP_NAME(iocp_safe_size, iocp_safe_size_wide)(to, size))
        return STRSAFE_E_INVALID_PARAMETER;
    for (;;) {
        IOCP_C units[2] = {0, 0};
        size_t count;
        wint_t c = IOCP_NAME((wint_t)getchar(), iocp_get_character(stdin));
        if (c == (wint_t)EOF && n == 0) {
            *to = 0;
            return STRSAFE_E_END_OF_FILE;
        }
        if (c == (wint_t)EOF || c == '\n')
            break;
        count = IOCP_NAME((units[0] = (char)c, (size_t)1), iocp_put_wide(units, c));
        if (n + count >= size) {
            IOCP_NAME(ungetc((int)c, stdin), ungetwc(c, stdin));
            to[n] = 0;
            return STRSAFE_E_INSUFFICIENT_BUFFER;
        }
        memcpy(to + n, units, count * sizeof(IOCP_C));
        n += count;
    }
    to[n] = 0;
    return S_OK;
}

IOCP_CRT HRESULT IOCP_NAME(StringCbGetsA, StringCbGetsW)(IOCP_C *to, size_t bytes)
{
    return IOCP_NAME(StringCchGetsA, StringCchGetsW)(to, bytes / sizeof(IOCP_C));
}

/* What the Ex forms add: where the text ends, how much room is left, and how to fill it. */
IOCP_CRT HRESULT IOCP_NAME(iocp_safe_end, iocp_safe_end_wide)(HRESULT result, IOCP_C *to,
                                                              size_t size, IOCP_C **end,
                                                              size_t *left, DWORD flags)
{
    size_t used;
    if (to == NULL || size == 0 || result == STRSAFE_E_INVALID_PARAMETER)
        return result;
    if (result != S_OK && (flags & STRSAFE_FILL_ON_FAILURE)) {
        memset(to, (int)(flags & 0xff), size * sizeof(IOCP_C));
        to[(flags & 0xff) == 0 ? 0 : size - 1] = 0;
    }
    if (result != S_OK && (flags & (STRSAFE_NULL_ON_FAILURE | STRSAFE_NO_TRUNCATION)))
        *to = 0;
    used = IOCP_NAME(strnlen_s, wcsnlen_s)(to, size);
    if (result == S_OK && (flags & STRSAFE_FILL_BEHIND_NULL))
        memset(to + used + 1, (int)(flags & 0xff), (size - used - 1) * sizeof(IOCP_C));
    if (end != NULL)
        *end = to + used;
    if (left != NULL)
        *left = size - used;
    return result;
}

IOCP_CRT HRESULT IOCP_NAME(StringCchCopyExA, StringCchCopyExW)(IOCP_C *to, size_t size,
                                                               const IOCP_C *from, IOCP_C **end,
                                                               size_t *left, DWORD flags)
{
    static const IOCP_C empty[1] = {0};
    HRESULT result;
    if (from == NULL && (flags & STRSAFE_IGNORE_NULLS))
        from = empty;
    result = IOCP_NAME(StringCchCopyA, StringCchCopyW)(to, size, from);
    return IOCP_NAME(iocp_safe_end, iocp_safe_end_wide)(result, to, size, end, left, flags);
}

IOCP_CRT HRESULT IOCP_NAME(StringCchCatExA, StringCchCatExW)(IOCP_C *to, size_t size,
                                                             const IOCP_C *from, IOCP_C **end,
                                                             size_t *left, DWORD flags)
{
    static const IOCP_C empty[1] = {0};
    HRESULT result;
    if (from == NULL && (flags & STRSAFE_IGNORE_NULLS))
        from = empty;
    result = IOCP_NAME(StringCchCatA, StringCchCatW)(to, size, from);
    return IOCP_NAME(iocp_safe_end, iocp_safe_end_wide)(result, to, size, end, left, flags);
}

IOCP_CRT HRESULT IOCP_NAME(StringCchVPrintfExA, StringCchVPrintfExW)(IOCP_C *to, size_t size,
                                                                     IOCP_C **end, size_t *left,
                                                                     DWORD flags,
                                                                     const IOCP_C *format,
                                                                     va_list list)
{
    HRESULT result = IOCP_NAME(StringCchVPrintfA, StringCchVPrintfW)(to, size, format, list);
    return IOCP_NAME(iocp_safe_end, iocp_safe_end_wide)(result, to, size, end, left, flags);
}

IOCP_CRT HRESULT IOCP_NAME(StringCchPrintfExA, StringCchPrintfExW)(IOCP_C *to, size_t size,
                                                                   IOCP_C **end, size_t *left,
                                                                   DWORD flags,
                                                                   const IOCP_C *format, ...)
{
    HRESULT result;
    va_list list;
    va_start(list, format);
    result = IOCP_NAME(StringCchVPrintfExA, StringCchVPrintfExW)(to, size, end, left, flags,
                                                                 format, list);
    va_end(list);
    return result;
}

/* In bytes: the room that is left is in bytes too. */
IOCP_CRT HRESULT IOCP_NAME(iocp_safe_bytes, iocp_safe_bytes_wide)(HRESULT result, size_t *left)
{
    if (left != NULL && result != STRSAFE_E_INVALID_PARAMETER)
        *left *= sizeof(IOCP_C);
    return result;
}

IOCP_CRT HRESULT IOCP_NAME(StringCbCopyExA, StringCbCopyExW)(IOCP_C *to, size_t bytes,
                                                             const IOCP_C *from, IOCP_C **end,
                                                             size_t *left, DWORD flags)
{
    return IOCP_NAME(iocp_safe_bytes, iocp_safe_bytes_wide)(
        IOCP_NAME(StringCchCopyExA, StringCchCopyExW)(to, bytes / sizeof(IOCP_C), from, end, left,
                                                      flags),
        left);
}

IOCP_CRT HRESULT IOCP_NAME(StringCbCatExA, StringCbCatExW)(IOCP_C *to, size_t bytes,
                                                           const IOCP_C *from, IOCP_C **end,
                                                           size_t *left, DWORD flags)
{
    return IOCP_NAME(iocp_safe_bytes, iocp_safe_bytes_wide)(
        IOCP_NAME(StringCchCatExA, StringCchCatExW)(to, bytes / sizeof(IOCP_C), from, end, left,
                                                    flags),
        left);
}

IOCP_CRT HRESULT IOCP_NAME(StringCbVPrintfExA, StringCbVPrintfExW)(IOCP_C *to, size_t bytes,
                                                                   IOCP_C **end, size_t *left,
                                                                   DWORD flags,
                                                                   const IOCP_C *format,
                                                                   va_list list)
{
    return IOCP_NAME(iocp_safe_bytes, iocp_safe_bytes_wide)(
        IOCP_NAME(StringCchVPrintfExA, StringCchVPrintfExW)(to, bytes / sizeof(IOCP_C), end, left,
                                                            flags, format, list),
        left);
}

IOCP_CRT HRESULT IOCP_NAME(StringCbPrintfExA, StringCbPrintfExW)(IOCP_C *to, size_t bytes,
                                                                 IOCP_C **end, size_t *left,
                                                                 DWORD flags,
                                                                 const IOCP_C *format, ...)
{
    HRESULT result;
    va_list list;
    va_start(list, format);
    result = IOCP_NAME(StringCbVPrintfExA, StringCbVPrintfExW)(to, bytes, end, left, flags, format,
                                                               list);
    va_end(list);
    return result;
}
