/* printf as Microsoft's. Part of iocpcrt.h.

   What differs: %I64d, %I32u, %Id; %l before an integer means 32 bits, which is what DWORD and LONG
   are; %S, %C, %hs, %ws; %p prints all digits; in the wide functions %s is wide; no call fails
   because a wide character has no place in the locale.

   How it is done: the functions of <stdio.h> are inline functions here. A format without any of
   these things (the common case) goes to the C library as it is; the others are formatted piece by
   piece below. The alternatives were worse: register_printf_modifier never sees %I64d, because the
   C library takes the I for a flag and 64 for a width, and registration slows every printf of the
   process; ld --wrap needs a variadic function in the library and a flag that every link must
   carry; a macro breaks std::printf; an exported printf would change the meaning of %ld for every
   other library of the process. */
#ifndef IOCP_FORMAT_H
#define IOCP_FORMAT_H
#pragma GCC system_header

IOCP_CRT_BEGIN

enum iocp_modifier {
    iocp_none,
    iocp_hh,
    iocp_h,
    iocp_l,
    iocp_ll,
    iocp_long_double,
    iocp_size,
    iocp_w,
    iocp_32
};

/* Reads the modifier at *format and steps over it. */
IOCP_CRT enum iocp_modifier iocp_read_modifier(const char **format)
{
    const char *f = *format;
    enum iocp_modifier modifier = iocp_none;
    switch (*f) {
    case 'h':
        modifier = f[1] == 'h' ? iocp_hh : iocp_h;
        f += modifier == iocp_hh ? 2 : 1;
        break;
    case 'l':
        modifier = f[1] == 'l' ? iocp_ll : iocp_l;
        f += modifier == iocp_ll ? 2 : 1;
        break;
    case 'L':
        modifier = iocp_long_double;
        f++;
        break;
    case 'q':
    case 'j':
        modifier = iocp_ll;
        f++;
        break;
    case 'z':
    case 't':
        modifier = iocp_size;
        f++;
        break;
    case 'w':
        modifier = iocp_w;
        f++;
        break;
    case 'I':
        if (f[1] == '6' && f[2] == '4') {
            modifier = iocp_ll;
            f += 3;
        } else if (f[1] == '3' && f[2] == '2') {
            modifier = iocp_32;
            f += 3;
        } else {
            modifier = iocp_size;
            f++;
        }
        break;
    }
    *format = f;
    return modifier;
}

/* Whether the C library reads a narrow format as Microsoft's does. */
IOCP_CRT int iocp_plain_format(const char *format)
{
    const char *f = format;
    while ((f = strchr(f, '%')) != NULL) {
        const char *start;
        enum iocp_modifier modifier;
        f++;
        f += strspn(f, "-+ #0123456789.*'");
        /* Positions are an extension of Unix; such a format was not written for Windows. */
        if (*f == '$')
            return 1;
        start = f;
        modifier = iocp_read_modifier(&f);
        if (*start == 'I' || modifier == iocp_w)
            return 0;
        switch (*f) {
        case 'd':
        case 'i':
        case 'o':
        case 'u':
        case 'x':
        case 'X':
            if (modifier == iocp_l)
                return 0;
            break;
        case 's':
        case 'c':
            if (modifier != iocp_none)
                return 0;
            break;
        case 'S':
        case 'C':
        case 'p':
            return 0;
        case 0:
            return 1;
        }
        f++;
    }
    return 1;
}

/* va_list may be an array; within a structure it can be passed on and read by others. */
struct iocp_arguments {
    va_list list;
};

struct iocp_spec {
    char flags[8];
    int width;
    int precision;
    enum iocp_modifier modifier;
    char conversion;
};

IOCP_CRT int iocp_has_flag(const struct iocp_spec *spec, char flag)
{
    return strchr(spec->flags, flag) != NULL;
}

/* Reads a number or a star. */
IOCP_CRT int iocp_read_number(const char **format, struct iocp_arguments *arguments)
{
    int value = 0;
    if (**format == '*') {
        ++*format;
        return va_arg(arguments->list, int);
    }
    for (; **format >= '0' && **format <= '9'; ++*format)
        if (value < 100000000)
            value = value * 10 + (**format - '0');
    return value;
}

/* Reads what follows a percent sign. */
IOCP_CRT void iocp_read_spec(struct iocp_spec *spec, const char **format,
                             struct iocp_arguments *arguments)
{
    size_t flags = 0;
    for (; **format != 0 && strchr("-+ #0'", **format) != NULL; ++*format)
        if (flags < sizeof spec->flags - 2)
            spec->flags[flags++] = **format;
    spec->flags[flags] = 0;
    spec->width = iocp_read_number(format, arguments);
    if (spec->width < 0) {
        spec->width = -spec->width;
        spec->flags[flags++] = '-';
        spec->flags[flags] = 0;
    }
    spec->precision = -1;
    if (**format == '.') {
        ++*format;
        spec->precision = iocp_read_number(format, arguments);
    }
    spec->modifier = iocp_read_modifier(format);
    spec->conversion = **format;
    if (**format != 0)
        ++*format;
}

/* Lets the C library format one number. */
IOCP_CRT void iocp_add_number(struct iocp_text *out, const struct iocp_spec *spec,
                              const char *modifier, ...)
{
    char format[24];
    int n, attempt;
    iocp_c_snprintf(format, sizeof format, "%%%s*.*%s%c", spec->flags, modifier,
                    spec->conversion);
    for (attempt = 0; attempt < 2; attempt++) {
        va_list list;
        va_start(list, modifier);
        n = iocp_c_vsnprintf(out->data + out->length, out->capacity - out->length, format, list);
        va_end(list);
        if (n < 0) {
            out->failed = 1;
            return;
        }
        if ((size_t)n < out->capacity - out->length) {
            out->length += (size_t)n;
            return;
        }
        if (!iocp_text_room(out, (size_t)n))
            return;
    }
}

IOCP_CRT void iocp_add_integer(struct iocp_text *out, const struct iocp_spec *spec,
                               struct iocp_arguments *arguments)
{
    int is_signed = spec->conversion == 'd' || spec->conversion == 'i';
    unsigned long long value;
    int narrow;
    switch (spec->modifier) {
    case iocp_ll:
    case iocp_long_double:
    case iocp_size:
        value = va_arg(arguments->list, unsigned long long);
        break;
    case iocp_hh:
        narrow = va_arg(arguments->list, int);
        value = is_signed ? (unsigned long long)(signed char)narrow : (unsigned char)narrow;
        break;
    case iocp_h:
        narrow = va_arg(arguments->list, int);
        value = is_signed ? (unsigned long long)(short)narrow : (unsigned short)narrow;
        break;
    default:
        narrow = va_arg(arguments->list, int);
        value = is_signed ? (unsigned long long)narrow : (unsigned int)narrow;
        break;
    }
    iocp_add_number(out, spec, "ll", spec->width, spec->precision, value);
}

IOCP_CRT void iocp_add_pointer(struct iocp_text *out, const struct iocp_spec *spec,
                               struct iocp_arguments *arguments)
{
    struct iocp_spec digits = *spec;
    unsigned long long value = (uintptr_t)va_arg(arguments->list, void *);
    digits.conversion = 'X';
    iocp_add_number(out, &digits, "ll", spec->width, (int)sizeof(void *) * 2, value);
}

/* Adds a text of `length` bytes that counts as `count` characters. */
IOCP_CRT void iocp_add_padded(struct iocp_text *out, const struct iocp_spec *spec,
                              const char *text, size_t length, size_t count)
{
    size_t width = (size_t)spec->width;
    size_t padding = width > count ? width - count : 0;
    int left = iocp_has_flag(spec, '-');
    if (!left)
        iocp_text_fill(out, iocp_has_flag(spec, '0') ? '0' : ' ', padding);
    iocp_text_add(out, text, length);
    if (left)
        iocp_text_fill(out, ' ', padding);
}

/* A narrow string. In the wide functions width and precision count wide units. */
IOCP_CRT void iocp_add_narrow(struct iocp_text *out, const struct iocp_spec *spec, const char *s,
                              int wide_function)
{
    size_t limit = spec->precision < 0 ? SIZE_MAX : (size_t)spec->precision;
    size_t length = 0, units = 0;
    if (s == NULL)
        s = "(null)";
    while (length < limit && s[length] != 0)
        length++;
    if (!wide_function) {
        iocp_add_padded(out, spec, s, length, length);
        return;
    }
    if (spec->precision >= 0) {
        const char *p = s, *end = s + strlen(s);
        wchar_t pair[2];
        while (p < end) {
            const char *next = p;
            size_t more = iocp_put_wide(pair, iocp_decode(&next, end));
            if (limit - units < more)
                break;
            units += more;
            p = next;
        }
        length = (size_t)(p - s);
    } else {
        units = iocp_count_wide(s, length);
    }
    iocp_add_padded(out, spec, s, length, units);
}

/* A wide string. In the narrow functions width and precision count bytes. */
IOCP_CRT void iocp_add_wide(struct iocp_text *out, const struct iocp_spec *spec, const wchar_t *s,
                            int wide_function)
{
    struct iocp_text text;
    size_t limit = spec->precision < 0 ? SIZE_MAX : (size_t)spec->precision;
    size_t units = 0;
    if (s == NULL)
        s = L"(null)";
    iocp_text_begin(&text);
    if (wide_function) {
        units = iocp_wide_length(s, limit);
        iocp_text_add_wide(&text, s, units);
    } else {
        /* Every unit becomes at least one byte, so no more of them are needed. */
        const wchar_t *end = s + iocp_wide_length(s, limit);
        while (s < end) {
            char bytes[4];
            size_t more = iocp_encode(bytes, iocp_take_wide(&s, end));
            if (limit - text.length < more)
                break;
            iocp_text_add(&text, bytes, more);
        }
    }
    out->failed |= text.failed;
    iocp_add_padded(out, spec, text.data, text.length, wide_function ? units : text.length);
    iocp_text_end(&text);
}

/* Whether %s or %c, or their capital forms, mean wide text. */
IOCP_CRT int iocp_means_wide(const struct iocp_spec *spec, int wide_function)
{
    int capital = spec->conversion == 'S' || spec->conversion == 'C';
    if (spec->modifier == iocp_l || spec->modifier == iocp_w || spec->modifier == iocp_ll)
        return 1;
    if (spec->modifier == iocp_h || spec->modifier == iocp_hh)
        return 0;
    return wide_function ? !capital : capital;
}

IOCP_CRT void iocp_add_character(struct iocp_text *out, const struct iocp_spec *spec,
                                 struct iocp_arguments *arguments, int wide_function)
{
    unsigned int c = va_arg(arguments->list, unsigned int);
    char bytes[4];
    size_t length = 1;
    bytes[0] = (char)c;
    if (iocp_means_wide(spec, wide_function))
        length = iocp_encode(bytes, sizeof(wchar_t) == 2 ? c & 0xffff : c);
    else if (wide_function)
        length = iocp_encode(bytes, c & 0xff);
    iocp_add_padded(out, spec, bytes, length, wide_function ? 1 : length);
}

IOCP_CRT void iocp_store_count(const struct iocp_spec *spec, struct iocp_arguments *arguments,
                               size_t count)
{
    switch (spec->modifier) {
    case iocp_hh:
        *va_arg(arguments->list, signed char *) = (signed char)count;
        break;
    case iocp_h:
        *va_arg(arguments->list, short *) = (short)count;
        break;
    case iocp_l:
        *va_arg(arguments->list, long *) = (long)count;
        break;
    case iocp_ll:
    case iocp_size:
        *va_arg(arguments->list, long long *) = (long long)count;
        break;
    default:
        *va_arg(arguments->list, int *) = (int)count;
        break;
    }
}

/* Formats one conversion. */
IOCP_CRT void iocp_format_one(struct iocp_text *out, const struct iocp_spec *spec,
                              struct iocp_arguments *arguments, int wide_function)
{
    char other[2];
    switch (spec->conversion) {
    case 'd':
    case 'i':
    case 'o':
    case 'u':
    case 'x':
    case 'X':
        iocp_add_integer(out, spec, arguments);
        break;
    case 'a':
    case 'A':
    case 'e':
    case 'E':
    case 'f':
    case 'F':
    case 'g':
    case 'G':
        if (spec->modifier == iocp_long_double)
            iocp_add_number(out, spec, "L", spec->width, spec->precision,
                            va_arg(arguments->list, long double));
        else
            iocp_add_number(out, spec, "", spec->width, spec->precision,
                            va_arg(arguments->list, double));
        break;
    case 'p':
        iocp_add_pointer(out, spec, arguments);
        break;
    case 's':
    case 'S':
        if (iocp_means_wide(spec, wide_function))
            iocp_add_wide(out, spec, va_arg(arguments->list, const wchar_t *), wide_function);
        else
            iocp_add_narrow(out, spec, va_arg(arguments->list, const char *), wide_function);
        break;
    case 'c':
    case 'C':
        iocp_add_character(out, spec, arguments, wide_function);
        break;
    case 'n':
        iocp_store_count(spec, arguments,
                         wide_function ? iocp_count_wide(out->data, out->length) : out->length);
        break;
    case 0:
        break;
    default:
        /* A percent sign, or a letter that means nothing. */
        other[0] = spec->conversion;
        iocp_text_add(out, other, 1);
        break;
    }
}

/* Formats everything. The format is UTF-8 for the wide functions too. */
IOCP_CRT void iocp_format(struct iocp_text *out, const char *format, va_list list,
                          int wide_function)
{
    struct iocp_arguments arguments;
    va_copy(arguments.list, list);
    while (*format != 0) {
        struct iocp_spec spec;
        size_t literal = strcspn(format, "%");
        iocp_text_add(out, format, literal);
        format += literal;
        if (*format == 0)
            break;
        format++;
        iocp_read_spec(&spec, &format, &arguments);
        iocp_format_one(out, &spec, &arguments, wide_function);
    }
    va_end(arguments.list);
}

IOCP_CRT void iocp_format_narrow(struct iocp_text *out, const char *format, va_list list)
{
    iocp_text_begin(out);
    iocp_format(out, format, list, 0);
    iocp_text_bytes(out);
}

IOCP_CRT void iocp_format_wide(struct iocp_text *out, const wchar_t *format, va_list list)
{
    struct iocp_text narrow;
    iocp_text_begin(out);
    if (iocp_text_narrow(&narrow, format) != NULL)
        iocp_format(out, narrow.data, list, 1);
    else
        out->failed = 1;
    iocp_text_end(&narrow);
    iocp_text_bytes(out);
}

/* The standard functions, narrow. */
IOCP_CRT int vfprintf(FILE *stream, const char *format, va_list list)
{
    struct iocp_text text;
    size_t length;
    if (iocp_plain_format(format))
        return iocp_c_vfprintf(stream, format, list);
    iocp_format_narrow(&text, format, list);
    length = text.length;
    return iocp_put_text(&text, stream) ? (int)length : -1;
}

IOCP_CRT int vprintf(const char *format, va_list list)
{
    return vfprintf(stdout, format, list);
}

IOCP_CRT int vsnprintf(char *buffer, size_t size, const char *format, va_list list)
{
    struct iocp_text text;
    int length;
    if (iocp_plain_format(format))
        return iocp_c_vsnprintf(buffer, size, format, list);
    iocp_format_narrow(&text, format, list);
    length = text.failed ? -1 : (int)text.length;
    if (length >= 0 && size > 0) {
        size_t n = text.length < size ? text.length : size - 1;
        memcpy(buffer, text.data, n);
        buffer[n] = 0;
    }
    iocp_text_end(&text);
    return length;
}

IOCP_CRT int vsprintf(char *buffer, const char *format, va_list list)
{
    if (iocp_plain_format(format))
        return iocp_c_vsprintf(buffer, format, list);
    return vsnprintf(buffer, SIZE_MAX >> 1, format, list);
}

/* Microsoft's narrow functions. */
IOCP_CRT int _vscprintf(const char *format, va_list list)
{
    return vsnprintf(NULL, 0, format, list);
}

/* Stores what fits, with a terminator only if that fits too; -1 if the text does not fit. */
IOCP_CRT int _vsnprintf(char *buffer, size_t size, const char *format, va_list list)
{
    struct iocp_text text;
    int length;
    if (buffer == NULL && size == 0)
        return _vscprintf(format, list);
    iocp_format_narrow(&text, format, list);
    length = text.failed || text.length > size ? -1 : (int)text.length;
    if (!text.failed)
        memcpy(buffer, text.data, text.length < size ? text.length + 1 : size);
    iocp_text_end(&text);
    return length;
}

IOCP_CRT int vsprintf_s(char *buffer, size_t size, const char *format, va_list list)
{
    int length;
    if (buffer == NULL || size == 0 || format == NULL) {
        if (buffer != NULL && size > 0)
            *buffer = 0;
        iocp_invalid(EINVAL);
        return -1;
    }
    length = vsnprintf(buffer, size, format, list);
    if (length >= 0 && (size_t)length < size)
        return length;
    *buffer = 0;
    if (length >= 0)
        iocp_invalid(ERANGE);
    return -1;
}

IOCP_CRT int _vsnprintf_s(char *buffer, size_t size, size_t count, const char *format,
                          va_list list)
{
    int length;
    if (format == NULL || ((buffer == NULL || size == 0) && (size != 0 || count != 0))) {
        iocp_invalid(EINVAL);
        return -1;
    }
    if (buffer == NULL)
        return 0;
    length = vsnprintf(buffer, count < size ? count + 1 : size, format, list);
    if (length < 0) {
        *buffer = 0;
        return -1;
    }
    if ((size_t)length < size && (size_t)length <= count)
        return length;
    if (count == _TRUNCATE || count < size)
        return -1;
    *buffer = 0;
    iocp_invalid(ERANGE);
    return -1;
}

IOCP_CRT int vsnprintf_s(char *buffer, size_t size, size_t count, const char *format,
                         va_list list)
{
    return _vsnprintf_s(buffer, size, count, format, list);
}

IOCP_CRT int vfprintf_s(FILE *stream, const char *format, va_list list)
{
    if (stream == NULL || format == NULL) {
        iocp_invalid(EINVAL);
        return -1;
    }
    return vfprintf(stream, format, list);
}

IOCP_CRT int vprintf_s(const char *format, va_list list)
{
    return vfprintf_s(stdout, format, list);
}

/* The standard functions, wide. */
IOCP_CRT int vfwprintf(FILE *stream, const wchar_t *format, va_list list)
{
    struct iocp_text text;
    size_t units;
    iocp_format_wide(&text, format, list);
    units = iocp_count_wide(text.data, text.length);
    return iocp_put_text(&text, stream) ? (int)units : -1;
}

IOCP_CRT int vwprintf(const wchar_t *format, va_list list)
{
    return vfwprintf(stdout, format, list);
}

IOCP_CRT int _vscwprintf(const wchar_t *format, va_list list)
{
    struct iocp_text text;
    int units;
    iocp_format_wide(&text, format, list);
    units = text.failed ? -1 : (int)iocp_count_wide(text.data, text.length);
    iocp_text_end(&text);
    return units;
}

/* Stores at most size units, the terminator among them if it fits, and gives the full length. */
IOCP_CRT int iocp_print_wide(wchar_t *buffer, size_t size, const wchar_t *format, va_list list)
{
    struct iocp_text text;
    int units = -1;
    iocp_format_wide(&text, format, list);
    if (!text.failed) {
        size_t n = iocp_store_wide(buffer, size, text.data, text.length);
        units = (int)iocp_count_wide(text.data, text.length);
        if (n < size)
            buffer[n] = 0;
    }
    iocp_text_end(&text);
    return units;
}

IOCP_CRT int vswprintf(wchar_t *buffer, size_t size, const wchar_t *format, va_list list)
{
    int units;
    if (size == 0)
        return -1;
    units = iocp_print_wide(buffer, size, format, list);
    if (units >= 0 && (size_t)units < size)
        return units;
    buffer[size - 1] = 0;
    return -1;
}

/* Microsoft's wide functions. */
IOCP_CRT int _vsnwprintf(wchar_t *buffer, size_t size, const wchar_t *format, va_list list)
{
    int units;
    if (buffer == NULL && size == 0)
        return _vscwprintf(format, list);
    units = iocp_print_wide(buffer, size, format, list);
    return units >= 0 && (size_t)units <= size ? units : -1;
}

IOCP_CRT int vswprintf_s(wchar_t *buffer, size_t size, const wchar_t *format, va_list list)
{
    int units;
    if (buffer == NULL || size == 0 || format == NULL) {
        if (buffer != NULL && size > 0)
            *buffer = 0;
        iocp_invalid(EINVAL);
        return -1;
    }
    units = iocp_print_wide(buffer, size, format, list);
    if (units >= 0 && (size_t)units < size)
        return units;
    *buffer = 0;
    if (units >= 0)
        iocp_invalid(ERANGE);
    return -1;
}

IOCP_CRT int _vsnwprintf_s(wchar_t *buffer, size_t size, size_t count, const wchar_t *format,
                           va_list list)
{
    size_t room = count < size ? count + 1 : size;
    int units;
    if (format == NULL || ((buffer == NULL || size == 0) && (size != 0 || count != 0))) {
        iocp_invalid(EINVAL);
        return -1;
    }
    if (buffer == NULL)
        return 0;
    units = iocp_print_wide(buffer, room, format, list);
    if (units < 0) {
        *buffer = 0;
        return -1;
    }
    if ((size_t)units < room)
        return units;
    buffer[room - 1] = 0;
    if (count == _TRUNCATE || count < size)
        return -1;
    *buffer = 0;
    iocp_invalid(ERANGE);
    return -1;
}

IOCP_CRT int vfwprintf_s(FILE *stream, const wchar_t *format, va_list list)
{
    if (stream == NULL || format == NULL) {
        iocp_invalid(EINVAL);
        return -1;
    }
    return vfwprintf(stream, format, list);
}

IOCP_CRT int vwprintf_s(const wchar_t *format, va_list list)
{
    return vfwprintf_s(stdout, format, list);
}

/* The variadic forms: each collects its arguments and calls the form above. */
#define IOCP_VARIADIC(name, parameters, last, call) \
    IOCP_CRT int name parameters                    \
    {                                               \
        int result;                                 \
        va_list list;                               \
        va_start(list, last);                       \
        result = call;                              \
        va_end(list);                               \
        return result;                              \
    }

IOCP_VARIADIC(printf, (const char *format, ...), format, vfprintf(stdout, format, list))
IOCP_VARIADIC(fprintf, (FILE * stream, const char *format, ...), format,
              vfprintf(stream, format, list))
IOCP_VARIADIC(sprintf, (char *buffer, const char *format, ...), format,
              vsprintf(buffer, format, list))
IOCP_VARIADIC(snprintf, (char *buffer, size_t size, const char *format, ...), format,
              vsnprintf(buffer, size, format, list))
IOCP_VARIADIC(printf_s, (const char *format, ...), format, vfprintf_s(stdout, format, list))
IOCP_VARIADIC(fprintf_s, (FILE * stream, const char *format, ...), format,
              vfprintf_s(stream, format, list))
IOCP_VARIADIC(sprintf_s, (char *buffer, size_t size, const char *format, ...), format,
              vsprintf_s(buffer, size, format, list))
IOCP_VARIADIC(_snprintf, (char *buffer, size_t size, const char *format, ...), format,
              _vsnprintf(buffer, size, format, list))
IOCP_VARIADIC(_snprintf_s, (char *buffer, size_t size, size_t count, const char *format, ...),
              format, _vsnprintf_s(buffer, size, count, format, list))
IOCP_VARIADIC(_scprintf, (const char *format, ...), format, _vscprintf(format, list))
IOCP_VARIADIC(wprintf, (const wchar_t *format, ...), format, vfwprintf(stdout, format, list))
IOCP_VARIADIC(fwprintf, (FILE * stream, const wchar_t *format, ...), format,
              vfwprintf(stream, format, list))
IOCP_VARIADIC(swprintf, (wchar_t * buffer, size_t size, const wchar_t *format, ...), format,
              vswprintf(buffer, size, format, list))
IOCP_VARIADIC(wprintf_s, (const wchar_t *format, ...), format,
              vfwprintf_s(stdout, format, list))
IOCP_VARIADIC(fwprintf_s, (FILE * stream, const wchar_t *format, ...), format,
              vfwprintf_s(stream, format, list))
IOCP_VARIADIC(swprintf_s, (wchar_t * buffer, size_t size, const wchar_t *format, ...), format,
              vswprintf_s(buffer, size, format, list))
IOCP_VARIADIC(_snwprintf, (wchar_t * buffer, size_t size, const wchar_t *format, ...), format,
              _vsnwprintf(buffer, size, format, list))
IOCP_VARIADIC(_snwprintf_s,
              (wchar_t * buffer, size_t size, size_t count, const wchar_t *format, ...), format,
              _vsnwprintf_s(buffer, size, count, format, list))
IOCP_VARIADIC(_scwprintf, (const wchar_t *format, ...), format, _vscwprintf(format, list))
IOCP_VARIADIC(_swprintf, (wchar_t * buffer, const wchar_t *format, ...), format,
              _vsnwprintf(buffer, SIZE_MAX >> 3, format, list))

#ifdef __cplusplus

/* The forms that learn the size from the array. */
#define IOCP_ARRAY_VARIADIC(name, type, parameters, call) \
    template <size_t Size> IOCP_VARIADIC(name, parameters, format, call)

IOCP_ARRAY_VARIADIC(sprintf_s, char, (char (&buffer)[Size], const char *format, ...),
                    vsprintf_s(buffer, Size, format, list))
IOCP_ARRAY_VARIADIC(_snprintf_s, char,
                    (char (&buffer)[Size], size_t count, const char *format, ...),
                    _vsnprintf_s(buffer, Size, count, format, list))
IOCP_ARRAY_VARIADIC(swprintf_s, wchar_t, (wchar_t (&buffer)[Size], const wchar_t *format, ...),
                    vswprintf_s(buffer, Size, format, list))
IOCP_ARRAY_VARIADIC(_snwprintf_s, wchar_t,
                    (wchar_t (&buffer)[Size], size_t count, const wchar_t *format, ...),
                    _vsnwprintf_s(buffer, Size, count, format, list))
#undef IOCP_ARRAY_VARIADIC

template <size_t Size> IOCP_CRT int vsprintf_s(char (&buffer)[Size], const char *format,
                                               va_list list)
{
    return vsprintf_s(buffer, Size, format, list);
}

template <size_t Size> IOCP_CRT int _vsnprintf_s(char (&buffer)[Size], size_t count,
                                                 const char *format, va_list list)
{
    return _vsnprintf_s(buffer, Size, count, format, list);
}

template <size_t Size> IOCP_CRT int vsnprintf_s(char (&buffer)[Size], size_t count,
                                                const char *format, va_list list)
{
    return _vsnprintf_s(buffer, Size, count, format, list);
}

template <size_t Size> IOCP_CRT int vswprintf_s(wchar_t (&buffer)[Size], const wchar_t *format,
                                                va_list list)
{
    return vswprintf_s(buffer, Size, format, list);
}

template <size_t Size> IOCP_CRT int _vsnwprintf_s(wchar_t (&buffer)[Size], size_t count,
                                                  const wchar_t *format, va_list list)
{
    return _vsnwprintf_s(buffer, Size, count, format, list);
}

/* Microsoft's C++ library keeps the forms without a size from before C99. */
IOCP_VARIADIC(swprintf, (wchar_t * buffer, const wchar_t *format, ...), format,
              _vsnwprintf(buffer, SIZE_MAX >> 3, format, list))

IOCP_CRT int vswprintf(wchar_t *buffer, const wchar_t *format, va_list list)
{
    return _vsnwprintf(buffer, SIZE_MAX >> 3, format, list);
}

#endif

IOCP_CRT_END

#endif
