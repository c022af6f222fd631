/* Functions that exist for char and for wchar_t, written once: iocpcrt.h includes this text twice,
   with IOCP_C as the character type and IOCP_NAME(narrow, wide) as the choice of name. It has no
   guard for that reason. */
#pragma GCC system_header

/* Lengths and copies with a size. */
IOCP_CRT size_t IOCP_NAME(strnlen_s, wcsnlen_s)(const IOCP_C *s, size_t size)
{
    size_t n = 0;
    if (s == NULL)
        return 0;
    while (n < size && s[n] != 0)
        n++;
    return n;
}

IOCP_CRT errno_t IOCP_NAME(strcpy_s, wcscpy_s)(IOCP_C *to, size_t size, const IOCP_C *from)
{
    size_t n;
    if (to == NULL || size == 0)
        return iocp_invalid(EINVAL);
    if (from == NULL) {
        *to = 0;
        return iocp_invalid(EINVAL);
    }
    n = IOCP_NAME(strnlen_s, wcsnlen_s)(from, size);
    if (n == size) {
        *to = 0;
        return iocp_invalid(ERANGE);
    }
    memcpy(to, from, (n + 1) * sizeof(IOCP_C));
    return 0;
}

IOCP_CRT errno_t IOCP_NAME(strncpy_s, wcsncpy_s)(IOCP_C *to, size_t size, const IOCP_C *from,
                                                 size_t count)
{
    size_t n;
    if (count == 0 && to == NULL && size == 0)
        return 0;
    if (to == NULL || size == 0)
        return iocp_invalid(EINVAL);
    if (count == 0) {
        *to = 0;
        return 0;
    }
    if (from == NULL) {
        *to = 0;
        return iocp_invalid(EINVAL);
    }
    n = IOCP_NAME(strnlen_s, wcsnlen_s)(from, count < size ? count : size);
    if (n == size) {
        if (count == _TRUNCATE) {
            memcpy(to, from, (size - 1) * sizeof(IOCP_C));
            to[size - 1] = 0;
            return STRUNCATE;
        }
        *to = 0;
        return iocp_invalid(ERANGE);
    }
    memcpy(to, from, n * sizeof(IOCP_C));
    to[n] = 0;
    return 0;
}

IOCP_CRT errno_t IOCP_NAME(strncat_s, wcsncat_s)(IOCP_C *to, size_t size, const IOCP_C *from,
                                                 size_t count)
{
    size_t used, n;
    if (count == 0 && to == NULL && size == 0)
        return 0;
    if (to == NULL || size == 0)
        return iocp_invalid(EINVAL);
    used = IOCP_NAME(strnlen_s, wcsnlen_s)(to, size);
    if (used == size || (from == NULL && count != 0)) {
        *to = 0;
        return iocp_invalid(EINVAL);
    }
    n = count == 0 ? 0 : IOCP_NAME(strnlen_s, wcsnlen_s)(from, count);
    if (n >= size - used) {
        if (count == _TRUNCATE) {
            memcpy(to + used, from, (size - used - 1) * sizeof(IOCP_C));
            to[size - 1] = 0;
            return STRUNCATE;
        }
        *to = 0;
        return iocp_invalid(ERANGE);
    }
    if (n > 0)
        memcpy(to + used, from, n * sizeof(IOCP_C));
    to[used + n] = 0;
    return 0;
}

IOCP_CRT errno_t IOCP_NAME(strcat_s, wcscat_s)(IOCP_C *to, size_t size, const IOCP_C *from)
{
    size_t used, n;
    if (to == NULL || size == 0)
        return iocp_invalid(EINVAL);
    used = IOCP_NAME(strnlen_s, wcsnlen_s)(to, size);
    if (used == size || from == NULL) {
        *to = 0;
        return iocp_invalid(EINVAL);
    }
    n = IOCP_NAME(strnlen_s, wcsnlen_s)(from, size - used);
    if (n == size - used) {
        *to = 0;
        return iocp_invalid(ERANGE);
    }
    memcpy(to + used, from, (n + 1) * sizeof(IOCP_C));
    return 0;
}

IOCP_CRT int IOCP_NAME(iocp_char_in, iocp_wchar_in)(IOCP_C c, const IOCP_C *set)
{
    for (; *set != 0; set++)
        if (*set == c)
            return 1;
    return 0;
}

IOCP_CRT IOCP_C *IOCP_NAME(strtok_s, wcstok_s)(IOCP_C *s, const IOCP_C *set, IOCP_C **rest)
{
    IOCP_C *token;
    if (rest == NULL || set == NULL || (s == NULL && *rest == NULL)) {
        iocp_invalid(EINVAL);
        return NULL;
    }
    if (s == NULL)
        s = *rest;
    while (*s != 0 && IOCP_NAME(iocp_char_in, iocp_wchar_in)(*s, set))
        s++;
    token = s;
    while (*s != 0 && !IOCP_NAME(iocp_char_in, iocp_wchar_in)(*s, set))
        s++;
    if (*s != 0)
        *s++ = 0;
    *rest = s;
    return token == s ? NULL : token;
}

/* Letters. Narrow letters are ASCII, as in the C locale. */
IOCP_CRT unsigned int IOCP_NAME(iocp_lower, iocp_lower_wide)(IOCP_C c)
{
    return IOCP_NAME((unsigned int)tolower((unsigned char)c), (unsigned int)towlower((wint_t)c));
}

IOCP_CRT unsigned int IOCP_NAME(iocp_upper, iocp_upper_wide)(IOCP_C c)
{
    return IOCP_NAME((unsigned int)toupper((unsigned char)c), (unsigned int)towupper((wint_t)c));
}

IOCP_CRT int IOCP_NAME(_strnicmp, _wcsnicmp)(const IOCP_C *a, const IOCP_C *b, size_t count)
{
    for (; count > 0; a++, b++, count--) {
        unsigned int x = IOCP_NAME(iocp_lower, iocp_lower_wide)(*a);
        unsigned int y = IOCP_NAME(iocp_lower, iocp_lower_wide)(*b);
        if (x != y)
            return x < y ? -1 : 1;
        if (x == 0)
            break;
    }
    return 0;
}

IOCP_CRT int IOCP_NAME(_stricmp, _wcsicmp)(const IOCP_C *a, const IOCP_C *b)
{
    return IOCP_NAME(_strnicmp, _wcsnicmp)(a, b, (size_t)-1);
}

IOCP_CRT IOCP_C *IOCP_NAME(_strlwr, _wcslwr)(IOCP_C *s)
{
    IOCP_C *p;
    for (p = s; *p != 0; p++)
        *p = (IOCP_C)IOCP_NAME(iocp_lower, iocp_lower_wide)(*p);
    return s;
}

IOCP_CRT IOCP_C *IOCP_NAME(_strupr, _wcsupr)(IOCP_C *s)
{
    IOCP_C *p;
    for (p = s; *p != 0; p++)
        *p = (IOCP_C)IOCP_NAME(iocp_upper, iocp_upper_wide)(*p);
    return s;
}

IOCP_CRT errno_t IOCP_NAME(_strlwr_s, _wcslwr_s)(IOCP_C *s, size_t size)
{
    if (s == NULL || IOCP_NAME(strnlen_s, wcsnlen_s)(s, size) == size)
        return iocp_invalid(EINVAL);
    IOCP_NAME(_strlwr, _wcslwr)(s);
    return 0;
}

IOCP_CRT errno_t IOCP_NAME(_strupr_s, _wcsupr_s)(IOCP_C *s, size_t size)
{
    if (s == NULL || IOCP_NAME(strnlen_s, wcsnlen_s)(s, size) == size)
        return iocp_invalid(EINVAL);
    IOCP_NAME(_strupr, _wcsupr)(s);
    return 0;
}

IOCP_CRT IOCP_C *IOCP_NAME(_strrev, _wcsrev)(IOCP_C *s)
{
    size_t n = IOCP_NAME(strnlen_s, wcsnlen_s)(s, (size_t)-1), i;
    for (i = 0; i < n / 2; i++) {
        IOCP_C c = s[i];
        s[i] = s[n - 1 - i];
        s[n - 1 - i] = c;
    }
    return s;
}

IOCP_CRT IOCP_C *IOCP_NAME(_strnset, _wcsnset)(IOCP_C *s, IOCP_NAME(int, wchar_t) c, size_t count)
{
    size_t i;
    for (i = 0; i < count && s[i] != 0; i++)
        s[i] = (IOCP_C)c;
    return s;
}

IOCP_CRT IOCP_C *IOCP_NAME(_strset, _wcsset)(IOCP_C *s, IOCP_NAME(int, wchar_t) c)
{
    return IOCP_NAME(_strnset, _wcsnset)(s, c, (size_t)-1);
}

IOCP_CRT IOCP_C *IOCP_NAME(_strdup, _wcsdup)(const IOCP_C *s)
{
    size_t n;
    IOCP_C *copy;
    if (s == NULL)
        return NULL;
    n = (IOCP_NAME(strnlen_s, wcsnlen_s)(s, (size_t)-1) + 1) * sizeof(IOCP_C);
    copy = (IOCP_C *)malloc(n);
    return copy == NULL ? NULL : (IOCP_C *)memcpy(copy, s, n);
}

/* Numbers as text. */
IOCP_CRT errno_t IOCP_NAME(iocp_digits_of, iocp_wide_digits_of)(unsigned long long value,
                                                                int negative, IOCP_C *to,
                                                                size_t size, int radix)
{
    char digits[66];
    size_t n = 0, i;
    if (to == NULL || size == 0)
        return iocp_invalid(EINVAL);
    *to = 0;
    if (radix < 2 || radix > 36)
        return iocp_invalid(EINVAL);
    do {
        unsigned int digit = (unsigned int)(value % (unsigned int)radix);
        digits[n++] = (char)(digit < 10 ? '0' + digit : 'a' + (digit - 10));
        value /= (unsigned int)radix;
    } while (value != 0);
    if (negative)
        digits[n++] = '-';
    if (n >= size)
        return iocp_invalid(ERANGE);
    for (i = 0; i < n; i++)
        to[i] = (IOCP_C)digits[n - 1 - i];
    to[n] = 0;
    return 0;
}

/* A negative number has a sign in base ten and is its unsigned pattern in the others. */
IOCP_CRT errno_t IOCP_NAME(_ui64toa_s, _ui64tow_s)(unsigned long long value, IOCP_C *to,
                                                   size_t size, int radix)
{
    return IOCP_NAME(iocp_digits_of, iocp_wide_digits_of)(value, 0, to, size, radix);
}

IOCP_CRT errno_t IOCP_NAME(_i64toa_s, _i64tow_s)(long long value, IOCP_C *to, size_t size,
                                                 int radix)
{
    int negative = value < 0 && radix == 10;
    unsigned long long bits = (unsigned long long)value;
    return IOCP_NAME(iocp_digits_of, iocp_wide_digits_of)(negative ? 0 - bits : bits, negative,
                                                          to, size, radix);
}

IOCP_CRT errno_t IOCP_NAME(_itoa_s, _itow_s)(int value, IOCP_C *to, size_t size, int radix)
{
    int negative = value < 0 && radix == 10;
    unsigned int bits = (unsigned int)value;
    return IOCP_NAME(iocp_digits_of, iocp_wide_digits_of)(negative ? 0 - bits : bits, negative,
                                                          to, size, radix);
}

IOCP_CRT errno_t IOCP_NAME(_ltoa_s, _ltow_s)(long value, IOCP_C *to, size_t size, int radix)
{
    int fits = value >= INT_MIN && value <= INT_MAX;
    return fits ? IOCP_NAME(_itoa_s, _itow_s)((int)value, to, size, radix)
                : IOCP_NAME(_i64toa_s, _i64tow_s)(value, to, size, radix);
}

IOCP_CRT errno_t IOCP_NAME(_ultoa_s, _ultow_s)(unsigned long value, IOCP_C *to, size_t size,
                                               int radix)
{
    return IOCP_NAME(_ui64toa_s, _ui64tow_s)(value, to, size, radix);
}

IOCP_CRT IOCP_C *IOCP_NAME(_itoa, _itow)(int value, IOCP_C *to, int radix)
{
    IOCP_NAME(_itoa_s, _itow_s)(value, to, 66, radix);
    return to;
}

IOCP_CRT IOCP_C *IOCP_NAME(_ltoa, _ltow)(long value, IOCP_C *to, int radix)
{
    IOCP_NAME(_ltoa_s, _ltow_s)(value, to, 66, radix);
    return to;
}

IOCP_CRT IOCP_C *IOCP_NAME(_ultoa, _ultow)(unsigned long value, IOCP_C *to, int radix)
{
    IOCP_NAME(_ultoa_s, _ultow_s)(value, to, 66, radix);
    return to;
}

IOCP_CRT IOCP_C *IOCP_NAME(_i64toa, _i64tow)(long long value, IOCP_C *to, int radix)
{
    IOCP_NAME(_i64toa_s, _i64tow_s)(value, to, 66, radix);
    return to;
}

IOCP_CRT IOCP_C *IOCP_NAME(_ui64toa, _ui64tow)(unsigned long long value, IOCP_C *to, int radix)
{
    IOCP_NAME(_ui64toa_s, _ui64tow_s)(value, to, 66, radix);
    return to;
}

/* Text as numbers. */
IOCP_CRT long long IOCP_NAME(_strtoi64, _wcstoi64)(const IOCP_C *s, IOCP_C **end, int base)
{
    return IOCP_NAME(strtoll, wcstoll)(s, end, base);
}

IOCP_CRT unsigned long long IOCP_NAME(_strtoui64, _wcstoui64)(const IOCP_C *s, IOCP_C **end,
                                                              int base)
{
    return IOCP_NAME(strtoull, wcstoull)(s, end, base);
}

IOCP_CRT long long IOCP_NAME(_atoi64, _wtoi64)(const IOCP_C *s)
{
    return IOCP_NAME(strtoll, wcstoll)(s, NULL, 10);
}

/* Lines from standard input. A line that does not fit is an invalid parameter. */
IOCP_CRT IOCP_C *IOCP_NAME(gets_s, _getws_s)(IOCP_C *to, size_t size)
{
    size_t n = 0;
    int overflow = 0;
    wint_t c;
    if (to == NULL || size == 0) {
        iocp_invalid(EINVAL);
        return NULL;
    }
    for (;;) {
        IOCP_C units[2] = {0, 0};
        size_t count, i;
        c = IOCP_NAME((wint_t)getchar(), iocp_get_character(stdin));
        if (c == (wint_t)EOF || c == '\n')
            break;
        count = IOCP_NAME((units[0] = (char)c, (size_t)1), iocp_put_wide(units, c));
        for (i = 0; i < count; i++) {
            if (n < size - 1)
                to[n++] = units[i];
            else
                overflow = 1;
        }
    }
    to[n] = 0;
    if (overflow) {
        *to = 0;
        iocp_invalid(ERANGE);
        return NULL;
    }
    return c == (wint_t)EOF && n == 0 ? NULL : to;
}

/* Parts of a path. */
IOCP_CRT errno_t IOCP_NAME(iocp_part, iocp_wide_part)(IOCP_C *to, size_t size,
                                                      const IOCP_C *from, size_t count)
{
    if (to == NULL)
        return 0;
    if (count >= size) {
        if (size > 0)
            *to = 0;
        return ERANGE;
    }
    memcpy(to, from, count * sizeof(IOCP_C));
    to[count] = 0;
    return 0;
}

IOCP_CRT errno_t IOCP_NAME(_splitpath_s, _wsplitpath_s)(const IOCP_C *path, IOCP_C *drive,
                                                        size_t drive_size, IOCP_C *dir,
                                                        size_t dir_size, IOCP_C *name,
                                                        size_t name_size, IOCP_C *extension,
                                                        size_t extension_size)
{
    const IOCP_C *p, *base, *dot = NULL;
    errno_t error;
    if (path == NULL)
        return iocp_invalid(EINVAL);
    p = path[0] != 0 && path[1] == ':' ? path + 2 : path;
    error = IOCP_NAME(iocp_part, iocp_wide_part)(drive, drive_size, path, (size_t)(p - path));
    for (base = path = p; *p != 0; p++) {
        if (*p == '/' || *p == '\\') {
            base = p + 1;
            dot = NULL;
        } else if (*p == '.') {
            dot = p;
        }
    }
    if (dot == NULL)
        dot = p;
    error |= IOCP_NAME(iocp_part, iocp_wide_part)(dir, dir_size, path, (size_t)(base - path));
    error |= IOCP_NAME(iocp_part, iocp_wide_part)(name, name_size, base, (size_t)(dot - base));
    error |= IOCP_NAME(iocp_part, iocp_wide_part)(extension, extension_size, dot,
                                                  (size_t)(p - dot));
    return error == 0 ? 0 : iocp_invalid(ERANGE);
}

IOCP_CRT void IOCP_NAME(_splitpath, _wsplitpath)(const IOCP_C *path, IOCP_C *drive, IOCP_C *dir,
                                                 IOCP_C *name, IOCP_C *extension)
{
    IOCP_NAME(_splitpath_s, _wsplitpath_s)(path, drive, 3, dir, 256, name, 256, extension, 256);
}

#ifdef __cplusplus

/* The forms that learn the size from the array. */
template <size_t Size>
IOCP_CRT errno_t IOCP_NAME(strcpy_s, wcscpy_s)(IOCP_C (&to)[Size], const IOCP_C *from)
{
    return IOCP_NAME(strcpy_s, wcscpy_s)(to, Size, from);
}

template <size_t Size>
IOCP_CRT errno_t IOCP_NAME(strncpy_s, wcsncpy_s)(IOCP_C (&to)[Size], const IOCP_C *from,
                                                 size_t count)
{
    return IOCP_NAME(strncpy_s, wcsncpy_s)(to, Size, from, count);
}

template <size_t Size>
IOCP_CRT errno_t IOCP_NAME(strcat_s, wcscat_s)(IOCP_C (&to)[Size], const IOCP_C *from)
{
    return IOCP_NAME(strcat_s, wcscat_s)(to, Size, from);
}

template <size_t Size>
IOCP_CRT errno_t IOCP_NAME(strncat_s, wcsncat_s)(IOCP_C (&to)[Size], const IOCP_C *from,
                                                 size_t count)
{
    return IOCP_NAME(strncat_s, wcsncat_s)(to, Size, from, count);
}

template <size_t Size> IOCP_CRT errno_t IOCP_NAME(_strlwr_s, _wcslwr_s)(IOCP_C (&s)[Size])
{
    return IOCP_NAME(_strlwr_s, _wcslwr_s)(s, Size);
}

template <size_t Size> IOCP_CRT errno_t IOCP_NAME(_strupr_s, _wcsupr_s)(IOCP_C (&s)[Size])
{
    return IOCP_NAME(_strupr_s, _wcsupr_s)(s, Size);
}

template <size_t Size>
IOCP_CRT errno_t IOCP_NAME(_itoa_s, _itow_s)(int value, IOCP_C (&to)[Size], int radix)
{
    return IOCP_NAME(_itoa_s, _itow_s)(value, to, Size, radix);
}

template <size_t Size>
IOCP_CRT errno_t IOCP_NAME(_ltoa_s, _ltow_s)(long value, IOCP_C (&to)[Size], int radix)
{
    return IOCP_NAME(_ltoa_s, _ltow_s)(value, to, Size, radix);
}

template <size_t Size>
IOCP_CRT errno_t IOCP_NAME(_ultoa_s, _ultow_s)(unsigned long value, IOCP_C (&to)[Size], int radix)
{
    return IOCP_NAME(_ultoa_s, _ultow_s)(value, to, Size, radix);
}

template <size_t Size>
IOCP_CRT errno_t IOCP_NAME(_i64toa_s, _i64tow_s)(long long value, IOCP_C (&to)[Size], int radix)
{
    return IOCP_NAME(_i64toa_s, _i64tow_s)(value, to, Size, radix);
}

template <size_t Size>
IOCP_CRT errno_t IOCP_NAME(_ui64toa_s, _ui64tow_s)(unsigned long long value, IOCP_C (&to)[Size],
                                                   int radix)
{
    return IOCP_NAME(_ui64toa_s, _ui64tow_s)(value, to, Size, radix);
}

template <size_t Size> IOCP_CRT IOCP_C *IOCP_NAME(gets_s, _getws_s)(IOCP_C (&to)[Size])
{
    return IOCP_NAME(gets_s, _getws_s)(to, Size);
}

#endif
