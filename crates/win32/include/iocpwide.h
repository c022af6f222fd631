/* The wide functions of <wchar.h> that the C library has under other rules. Part of iocpcrt.h.

   Wide input and output goes through the narrow functions, as UTF-8. The C library would bind a
   stream to wide or narrow for ever with the first call, while programs for Windows mix printf and
   wprintf; its wide output depends on a locale that such programs never set; and it knows only
   wchar_t of 32 bits.

   Under -fshort-wchar the string functions are replaced as well. */
#ifndef IOCP_WIDE_H
#define IOCP_WIDE_H
#pragma GCC system_header

IOCP_CRT_BEGIN

/* One character of UTF-8 from a stream, or WEOF. */
IOCP_CRT wint_t iocp_get_character(FILE *stream)
{
    char bytes[4];
    const char *text = bytes;
    int c = fgetc(stream);
    int more, i;
    if (c == EOF)
        return WEOF;
    more = iocp_following((unsigned char)c);
    bytes[0] = (char)c;
    for (i = 1; i <= more; i++) {
        c = fgetc(stream);
        if (c == EOF)
            return 0xfffd;
        if ((c & 0xc0) != 0x80) {
            ungetc(c, stream);
            return 0xfffd;
        }
        bytes[i] = (char)c;
    }
    return iocp_decode(&text, bytes + (more < 0 ? 0 : more) + 1);
}

/* With 16-bit wchar_t a character outside the basic plane does not fit the result: U+FFFD. */
IOCP_CRT wint_t fgetwc(FILE *stream)
{
    wint_t c = iocp_get_character(stream);
    return sizeof(wchar_t) == 2 && c != WEOF && c > 0xffff ? 0xfffd : c;
}

IOCP_CRT wint_t getwc(FILE *stream)
{
    return fgetwc(stream);
}

IOCP_CRT wint_t getwchar(void)
{
    return fgetwc(stdin);
}

IOCP_CRT wint_t ungetwc(wint_t c, FILE *stream)
{
    char bytes[4];
    size_t n;
    if (c == WEOF)
        return WEOF;
    n = iocp_encode(bytes, c);
    while (n > 0)
        if (ungetc((unsigned char)bytes[--n], stream) == EOF)
            return WEOF;
    return c;
}

IOCP_CRT wint_t fputwc(wchar_t c, FILE *stream)
{
    char bytes[4];
    unsigned int value = sizeof(wchar_t) == 2 ? (unsigned int)c & 0xffff : (unsigned int)c;
    size_t n = iocp_encode(bytes, value);
    return fwrite(bytes, 1, n, stream) == n ? (wint_t)value : WEOF;
}

IOCP_CRT wint_t putwc(wchar_t c, FILE *stream)
{
    return fputwc(c, stream);
}

IOCP_CRT wint_t putwchar(wchar_t c)
{
    return fputwc(c, stdout);
}

IOCP_CRT int iocp_put_text(struct iocp_text *text, FILE *stream)
{
    int good = !text->failed && fwrite(text->data, 1, text->length, stream) == text->length;
    iocp_text_end(text);
    return good;
}

IOCP_CRT int fputws(const wchar_t *s, FILE *stream)
{
    struct iocp_text text;
    iocp_text_narrow(&text, s);
    return iocp_put_text(&text, stream) ? 0 : EOF;
}

IOCP_CRT int _putws(const wchar_t *s)
{
    struct iocp_text text;
    iocp_text_narrow(&text, s);
    iocp_text_add(&text, "\n", 1);
    return iocp_put_text(&text, stdout) ? 0 : EOF;
}

IOCP_CRT wchar_t *fgetws(wchar_t *s, int size, FILE *stream)
{
    int n = 0;
    if (size < 1)
        return NULL;
    while (n < size - 1) {
        wint_t c = iocp_get_character(stream);
        if (c == WEOF)
            break;
        if (sizeof(wchar_t) == 2 && c > 0xffff && n == size - 2) {
            ungetwc(c, stream);
            break;
        }
        n += (int)iocp_put_wide(s + n, c);
        if (c == '\n')
            break;
    }
    if (n == 0 && size > 1)
        return NULL;
    s[n] = 0;
    return s;
}

/* The conversions of <stdlib.h>, with UTF-8 in every locale. */
IOCP_CRT int iocp_char_length(const char *s, size_t size)
{
    const char *text = s;
    if (s == NULL)
        return 0;
    if (size == 0)
        return -1;
    if (*s == 0)
        return 0;
    if (iocp_decode(&text, s + size) == 0xfffd && text == s + 1)
        return -1;
    return (int)(text - s);
}

IOCP_CRT int iocp_char_to_wide(wchar_t *wide, const char *s, size_t size)
{
    const char *text = s;
    unsigned int c;
    int length = iocp_char_length(s, size);
    if (length <= 0) {
        if (length == 0 && s != NULL && wide != NULL)
            *wide = 0;
        return length;
    }
    c = iocp_decode(&text, s + size);
    if (wide != NULL)
        *wide = (wchar_t)(sizeof(wchar_t) == 2 && c > 0xffff ? 0xfffd : c);
    return length;
}

IOCP_CRT int iocp_wide_to_char(char *s, wchar_t c)
{
    char bytes[4];
    size_t length;
    if (s == NULL)
        return 0;
    length = iocp_encode(bytes, sizeof(wchar_t) == 2 ? (unsigned int)c & 0xffff : (unsigned int)c);
    memcpy(s, bytes, length);
    return (int)length;
}

IOCP_CRT size_t iocp_text_to_wide(wchar_t *wide, const char *s, size_t size)
{
    size_t length = strlen(s), n;
    if (wide == NULL)
        return iocp_count_wide(s, length);
    n = iocp_store_wide(wide, size, s, length);
    if (n < size)
        wide[n] = 0;
    return n;
}

IOCP_CRT size_t iocp_wide_to_text(char *s, const wchar_t *wide, size_t size)
{
    const wchar_t *end = wide + iocp_wide_length(wide, SIZE_MAX);
    size_t n = 0;
    while (wide < end) {
        char bytes[4];
        size_t length = iocp_encode(bytes, iocp_take_wide(&wide, end));
        if (s != NULL) {
            if (size - n < length)
                return n;
            memcpy(s + n, bytes, length);
        }
        n += length;
    }
    if (s != NULL && n < size)
        s[n] = 0;
    return n;
}

#if __SIZEOF_WCHAR_T__ == 2

IOCP_CRT size_t wcslen(const wchar_t *s)
{
    const wchar_t *p = s;
    while (*p != 0)
        p++;
    return (size_t)(p - s);
}

IOCP_CRT size_t wcsnlen(const wchar_t *s, size_t size)
{
    return iocp_wide_length(s, size);
}

IOCP_CRT wchar_t *wmemcpy(wchar_t *to, const wchar_t *from, size_t n)
{
    return (wchar_t *)memcpy(to, from, n * sizeof(wchar_t));
}

IOCP_CRT wchar_t *wmemmove(wchar_t *to, const wchar_t *from, size_t n)
{
    return (wchar_t *)memmove(to, from, n * sizeof(wchar_t));
}

IOCP_CRT wchar_t *wmempcpy(wchar_t *to, const wchar_t *from, size_t n)
{
    return wmemcpy(to, from, n) + n;
}

IOCP_CRT wchar_t *wmemset(wchar_t *s, wchar_t c, size_t n)
{
    size_t i;
    for (i = 0; i < n; i++)
        s[i] = c;
    return s;
}

IOCP_CRT int wmemcmp(const wchar_t *a, const wchar_t *b, size_t n)
{
    size_t i;
    for (i = 0; i < n; i++)
        if (a[i] != b[i])
            return (unsigned short)a[i] < (unsigned short)b[i] ? -1 : 1;
    return 0;
}

IOCP_CRT wchar_t *wcscpy(wchar_t *to, const wchar_t *from)
{
    return wmemcpy(to, from, wcslen(from) + 1);
}

IOCP_CRT wchar_t *wcpcpy(wchar_t *to, const wchar_t *from)
{
    size_t n = wcslen(from);
    return wmemcpy(to, from, n + 1) + n;
}

IOCP_CRT wchar_t *wcsncpy(wchar_t *to, const wchar_t *from, size_t size)
{
    size_t n = iocp_wide_length(from, size);
    wmemcpy(to, from, n);
    wmemset(to + n, 0, size - n);
    return to;
}

IOCP_CRT wchar_t *wcscat(wchar_t *to, const wchar_t *from)
{
    wcscpy(to + wcslen(to), from);
    return to;
}

IOCP_CRT wchar_t *wcsncat(wchar_t *to, const wchar_t *from, size_t size)
{
    wchar_t *end = to + wcslen(to);
    size_t n = iocp_wide_length(from, size);
    wmemcpy(end, from, n);
    end[n] = 0;
    return to;
}

IOCP_CRT int wcsncmp(const wchar_t *a, const wchar_t *b, size_t n)
{
    for (; n > 0; a++, b++, n--) {
        if (*a != *b)
            return (unsigned short)*a < (unsigned short)*b ? -1 : 1;
        if (*a == 0)
            break;
    }
    return 0;
}

IOCP_CRT int wcscmp(const wchar_t *a, const wchar_t *b)
{
    return wcsncmp(a, b, SIZE_MAX);
}

IOCP_CRT int wcsncasecmp(const wchar_t *a, const wchar_t *b, size_t n)
{
    for (; n > 0; a++, b++, n--) {
        wint_t x = towlower((wint_t)*a), y = towlower((wint_t)*b);
        if (x != y)
            return x < y ? -1 : 1;
        if (x == 0)
            break;
    }
    return 0;
}

IOCP_CRT int wcscasecmp(const wchar_t *a, const wchar_t *b)
{
    return wcsncasecmp(a, b, SIZE_MAX);
}

IOCP_CRT int wcscoll(const wchar_t *a, const wchar_t *b)
{
    return wcscmp(a, b);
}

IOCP_CRT size_t wcsxfrm(wchar_t *to, const wchar_t *from, size_t size)
{
    size_t n = wcslen(from);
    if (n < size)
        wcscpy(to, from);
    return n;
}

IOCP_CRT const wchar_t *iocp_wide_find(const wchar_t *s, wchar_t c)
{
    for (; *s != c; s++)
        if (*s == 0)
            return NULL;
    return s;
}

IOCP_CRT const wchar_t *iocp_wide_find_last(const wchar_t *s, wchar_t c)
{
    const wchar_t *p = s + wcslen(s);
    for (;; p--) {
        if (*p == c)
            return p;
        if (p == s)
            return NULL;
    }
}

IOCP_CRT const wchar_t *iocp_wide_find_text(const wchar_t *s, const wchar_t *part)
{
    size_t n = wcslen(part);
    for (;; s++) {
        if (wcsncmp(s, part, n) == 0)
            return s;
        if (*s == 0)
            return NULL;
    }
}

IOCP_CRT const wchar_t *iocp_wide_find_any(const wchar_t *s, const wchar_t *set)
{
    for (; *s != 0; s++)
        if (iocp_wide_find(set, *s) != NULL)
            return s;
    return NULL;
}

IOCP_CRT const wchar_t *iocp_wide_find_in(const wchar_t *s, wchar_t c, size_t n)
{
    size_t i;
    for (i = 0; i < n; i++)
        if (s[i] == c)
            return s + i;
    return NULL;
}

/* C++ has two of each, so that a const string gives a pointer to const. */
#ifdef __cplusplus
#define IOCP_BOTH(name, parameters, call)               \
    IOCP_CRT const wchar_t *name(const wchar_t *parameters) \
    {                                                   \
        return call;                                    \
    }                                                   \
    IOCP_CRT wchar_t *name(wchar_t *parameters)         \
    {                                                   \
        return const_cast<wchar_t *>(call);             \
    }
#else
#define IOCP_BOTH(name, parameters, call)               \
    IOCP_CRT wchar_t *name(const wchar_t *parameters)   \
    {                                                   \
        return (wchar_t *)(uintptr_t)(call);            \
    }
#endif
#define IOCP_COMMA ,
IOCP_BOTH(wcschr, s IOCP_COMMA wchar_t c, iocp_wide_find(s, c))
IOCP_BOTH(wcsrchr, s IOCP_COMMA wchar_t c, iocp_wide_find_last(s, c))
IOCP_BOTH(wcsstr, s IOCP_COMMA const wchar_t *part, iocp_wide_find_text(s, part))
IOCP_BOTH(wcspbrk, s IOCP_COMMA const wchar_t *set, iocp_wide_find_any(s, set))
IOCP_BOTH(wmemchr, s IOCP_COMMA wchar_t c IOCP_COMMA size_t n, iocp_wide_find_in(s, c, n))
#undef IOCP_BOTH
#undef IOCP_COMMA

IOCP_CRT size_t wcsspn(const wchar_t *s, const wchar_t *set)
{
    size_t n = 0;
    while (s[n] != 0 && iocp_wide_find(set, s[n]) != NULL)
        n++;
    return n;
}

IOCP_CRT size_t wcscspn(const wchar_t *s, const wchar_t *set)
{
    size_t n = 0;
    while (s[n] != 0 && iocp_wide_find(set, s[n]) == NULL)
        n++;
    return n;
}

IOCP_CRT wchar_t *wcstok(wchar_t *s, const wchar_t *set, wchar_t **rest)
{
    wchar_t *end;
    if (s == NULL)
        s = *rest;
    if (s == NULL)
        return NULL;
    s += wcsspn(s, set);
    if (*s == 0) {
        *rest = NULL;
        return NULL;
    }
    end = s + wcscspn(s, set);
    *rest = *end == 0 ? NULL : end + 1;
    *end = 0;
    return s;
}

IOCP_CRT wchar_t *wcsdup(const wchar_t *s)
{
    size_t n = wcslen(s) + 1;
    wchar_t *copy = (wchar_t *)malloc(n * sizeof(wchar_t));
    return copy == NULL ? NULL : wmemcpy(copy, s, n);
}

/* Numbers are ASCII: they are converted in their narrow form, which has the same length. */
IOCP_CRT const char *iocp_number_text(struct iocp_text *text, const wchar_t *s)
{
    iocp_text_begin(text);
    for (; *s > 0 && *s < 0x80; s++) {
        char c = (char)*s;
        iocp_text_add(text, &c, 1);
    }
    return iocp_text_bytes(text);
}

#define IOCP_NUMBER(type, name, parameters, call)                                  \
    IOCP_CRT type name(const wchar_t *s, wchar_t **end parameters)                 \
    {                                                                              \
        struct iocp_text text;                                                     \
        const char *start = iocp_number_text(&text, s);                            \
        char *stop = NULL;                                                         \
        type value = start == NULL ? 0 : call;                                     \
        if (end != NULL)                                                           \
            *end = (wchar_t *)(uintptr_t)(s + (stop == NULL ? 0 : stop - start));  \
        iocp_text_end(&text);                                                      \
        return value;                                                              \
    }
#define IOCP_BASE , int base
IOCP_NUMBER(long, wcstol, IOCP_BASE, strtol(start, &stop, base))
IOCP_NUMBER(unsigned long, wcstoul, IOCP_BASE, strtoul(start, &stop, base))
IOCP_NUMBER(long long, wcstoll, IOCP_BASE, strtoll(start, &stop, base))
IOCP_NUMBER(unsigned long long, wcstoull, IOCP_BASE, strtoull(start, &stop, base))
IOCP_NUMBER(double, wcstod, , strtod(start, &stop))
IOCP_NUMBER(float, wcstof, , strtof(start, &stop))
IOCP_NUMBER(long double, wcstold, , strtold(start, &stop))
#undef IOCP_BASE
#undef IOCP_NUMBER

IOCP_CRT size_t wcsftime(wchar_t *s, size_t size, const wchar_t *format, const struct tm *time)
{
    struct iocp_text narrow;
    char buffer[1024];
    size_t n = 0;
    if (iocp_text_narrow(&narrow, format) != NULL)
        n = strftime(buffer, sizeof buffer, narrow.data, time);
    iocp_text_end(&narrow);
    if (iocp_count_wide(buffer, n) >= size)
        return 0;
    n = iocp_store_wide(s, size, buffer, n);
    s[n] = 0;
    return n;
}

/* The restartable conversions: every character is complete, so there is no state to keep. */
IOCP_CRT size_t mbrtowc(wchar_t *wide, const char *s, size_t size, mbstate_t *state)
{
    int length;
    (void)state;
    if (s == NULL)
        return 0;
    if (size == 0)
        return (size_t)-2;
    length = iocp_char_to_wide(wide, s, size);
    if (length < 0) {
        int more = iocp_following((unsigned char)*s);
        if (more > 0 && (size_t)more >= size)
            return (size_t)-2;
        errno = EILSEQ;
    }
    return (size_t)length;
}

IOCP_CRT size_t mbrlen(const char *s, size_t size, mbstate_t *state)
{
    return mbrtowc(NULL, s, size, state);
}

IOCP_CRT size_t wcrtomb(char *s, wchar_t c, mbstate_t *state)
{
    (void)state;
    return s == NULL ? 1 : (size_t)iocp_wide_to_char(s, c);
}

IOCP_CRT size_t mbsrtowcs(wchar_t *wide, const char **s, size_t size, mbstate_t *state)
{
    size_t n;
    (void)state;
    n = iocp_text_to_wide(wide, *s, size);
    if (wide != NULL && n < size)
        *s = NULL;
    else if (wide != NULL)
        *s += iocp_wide_to_text(NULL, wide, 0);
    return n;
}

IOCP_CRT size_t wcsrtombs(char *s, const wchar_t **wide, size_t size, mbstate_t *state)
{
    size_t n;
    (void)state;
    n = iocp_wide_to_text(s, *wide, size);
    if (s != NULL && n < size)
        *wide = NULL;
    return n;
}

#endif

#ifdef __cplusplus
/* Microsoft's form from before C99 keeps its place in the thread. */
IOCP_CRT wchar_t *wcstok(wchar_t *s, const wchar_t *set)
{
    static __thread wchar_t *rest;
    return wcstok(s, set, &rest);
}
#endif

IOCP_CRT_END

#endif
