/* scanf as Microsoft's, and scanf_s, whose %s, %c and %[ take a size behind the buffer. Part of
   iocpcrt.h. A plain format goes to the C library, as in printf; the rest is scanned here.

   %ld stores a `long`, which has 64 bits here: a program that reads into a LONG or DWORD with %ld
   must say %d. */
#ifndef IOCP_SCAN_H
#define IOCP_SCAN_H
#pragma GCC system_header

IOCP_CRT_BEGIN

/* Where characters come from: a stream, or a text that ends with a zero. */
struct iocp_source {
    FILE *stream;
    const char *narrow;
    const wchar_t *wide_text;
    int wide;
    int secure;
    int has_back;
    wint_t back;
    size_t taken;
};

IOCP_CRT wint_t iocp_source_get(struct iocp_source *source)
{
    wint_t c;
    int byte;
    if (source->has_back) {
        source->has_back = 0;
        c = source->back;
    } else if (source->stream != NULL && source->wide) {
        c = iocp_get_character(source->stream);
    } else if (source->stream != NULL) {
        byte = fgetc(source->stream);
        c = byte == EOF ? WEOF : (wint_t)byte;
    } else if (source->wide) {
        if (*source->wide_text == 0)
            return WEOF;
        c = iocp_take_wide(&source->wide_text, source->wide_text + 2);
    } else {
        if (*source->narrow == 0)
            return WEOF;
        c = (unsigned char)*source->narrow++;
    }
    if (c != WEOF)
        source->taken++;
    return c;
}

IOCP_CRT void iocp_source_unget(struct iocp_source *source, wint_t c)
{
    if (c == WEOF)
        return;
    source->has_back = 1;
    source->back = c;
    source->taken--;
}

/* Gives a character that was read ahead back to the stream. */
IOCP_CRT void iocp_source_end(struct iocp_source *source)
{
    if (!source->has_back || source->stream == NULL)
        return;
    if (source->wide)
        ungetwc(source->back, source->stream);
    else
        ungetc((int)source->back, source->stream);
}

IOCP_CRT int iocp_is_space(wint_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

IOCP_CRT wint_t iocp_skip_space(struct iocp_source *source)
{
    wint_t c;
    do
        c = iocp_source_get(source);
    while (c != WEOF && iocp_is_space(c));
    return c;
}

struct iocp_field {
    int suppressed;
    size_t width;
    enum iocp_modifier modifier;
    char conversion;
};

/* Collects characters of a number as long as the width allows. */
struct iocp_digits {
    char text[512];
    size_t length;
    size_t width;
};

IOCP_CRT wint_t iocp_keep(struct iocp_source *source, struct iocp_digits *digits, wint_t c)
{
    if (digits->length < sizeof digits->text - 1)
        digits->text[digits->length++] = (char)c;
    if (--digits->width == 0)
        return WEOF;
    return iocp_source_get(source);
}

IOCP_CRT int iocp_digit(wint_t c)
{
    if (c >= '0' && c <= '9')
        return (int)(c - '0');
    if (c >= 'a' && c <= 'z')
        return (int)(c - 'a') + 10;
    if (c >= 'A' && c <= 'Z')
        return (int)(c - 'A') + 10;
    return 99;
}

/* Reads an integer that begins with c. */
IOCP_CRT int iocp_scan_integer(struct iocp_source *source, const struct iocp_field *field,
                               wint_t c, unsigned long long *value)
{
    struct iocp_digits digits;
    int base = 10, any = 0;
    digits.length = 0;
    digits.width = field->width;
    if (field->conversion == 'o')
        base = 8;
    else if (field->conversion == 'x' || field->conversion == 'X' || field->conversion == 'p')
        base = 16;
    else if (field->conversion == 'i')
        base = 0;
    if (c == '+' || c == '-')
        c = iocp_keep(source, &digits, c);
    if (c == '0' && (base == 0 || base == 16)) {
        any = 1;
        c = iocp_keep(source, &digits, c);
        if (c == 'x' || c == 'X') {
            any = 0;
            base = 16;
            c = iocp_keep(source, &digits, c);
        } else if (base == 0) {
            base = 8;
        }
    }
    if (base == 0)
        base = 10;
    while (c != WEOF && iocp_digit(c) < base) {
        any = 1;
        c = iocp_keep(source, &digits, c);
    }
    if (digits.width != 0)
        iocp_source_unget(source, c);
    digits.text[digits.length] = 0;
    if (field->conversion == 'd' || field->conversion == 'i')
        *value = (unsigned long long)strtoll(digits.text, NULL, base);
    else
        *value = strtoull(digits.text, NULL, base);
    return any;
}

IOCP_CRT int iocp_scan_float(struct iocp_source *source, const struct iocp_field *field, wint_t c,
                             long double *value)
{
    struct iocp_digits digits;
    int any = 0;
    digits.length = 0;
    digits.width = field->width;
    if (c == '+' || c == '-')
        c = iocp_keep(source, &digits, c);
    if (c < 0x80 && strchr("iInN", (int)c) != NULL && c != 0) {
        /* inf, infinity, nan: letters until one does not fit. */
        while (c < 0x80 && isalpha((int)c))
            c = iocp_keep(source, &digits, c);
        any = 1;
    } else {
        for (; c < 0x80 && isdigit((int)c); any = 1)
            c = iocp_keep(source, &digits, c);
        if (c == '.') {
            c = iocp_keep(source, &digits, c);
            for (; c < 0x80 && isdigit((int)c); any = 1)
                c = iocp_keep(source, &digits, c);
        }
        if (any && (c == 'e' || c == 'E')) {
            c = iocp_keep(source, &digits, c);
            if (c == '+' || c == '-')
                c = iocp_keep(source, &digits, c);
            while (c < 0x80 && isdigit((int)c))
                c = iocp_keep(source, &digits, c);
        }
    }
    if (digits.width != 0)
        iocp_source_unget(source, c);
    digits.text[digits.length] = 0;
    *value = strtold(digits.text, NULL);
    return any;
}

IOCP_CRT void iocp_store_integer(const struct iocp_field *field, void *target,
                                 unsigned long long value)
{
    switch (field->modifier) {
    case iocp_hh:
        *(signed char *)target = (signed char)value;
        break;
    case iocp_h:
        *(short *)target = (short)value;
        break;
    case iocp_l:
        *(long *)target = (long)value;
        break;
    case iocp_ll:
    case iocp_long_double:
    case iocp_size:
        *(long long *)target = (long long)value;
        break;
    default:
        *(int *)target = (int)value;
        break;
    }
}

IOCP_CRT void iocp_store_float(const struct iocp_field *field, void *target, long double value)
{
    if (field->modifier == iocp_long_double)
        *(long double *)target = value;
    else if (field->modifier == iocp_l)
        *(double *)target = (double)value;
    else
        *(float *)target = (float)value;
}

/* Whether a set of %[ has the character. The set ends before `end`. */
IOCP_CRT int iocp_set_has(const char *set, const char *end, wint_t c, int wide)
{
    int negative = *set == '^';
    int first = 1;
    wint_t low = 0;
    if (negative)
        set++;
    while (set < end) {
        wint_t high;
        int range = !first && *set == '-' && set + 1 < end;
        if (range)
            set++;
        high = wide ? iocp_decode(&set, end) : (unsigned char)*set++;
        if (c == high || (range && c >= low && c <= high))
            return !negative;
        low = high;
        first = 0;
    }
    return negative;
}

/* Reads the characters of %s, %c or %[ into a text. Returns whether the field matched. */
IOCP_CRT int iocp_scan_text(struct iocp_source *source, const struct iocp_field *field, wint_t c,
                            const char *set, const char *set_end, struct iocp_text *text)
{
    int is_character = field->conversion == 'c' || field->conversion == 'C';
    size_t left = is_character && field->width == SIZE_MAX ? 1 : field->width;
    size_t count = 0;
    while (c != WEOF) {
        char byte = (char)c;
        if (field->conversion == '[' ? !iocp_set_has(set, set_end, c, source->wide)
                                     : !is_character && iocp_is_space(c)) {
            iocp_source_unget(source, c);
            break;
        }
        if (source->wide)
            iocp_text_put(text, c);
        else
            iocp_text_add(text, &byte, 1);
        count++;
        if (--left == 0)
            break;
        c = iocp_source_get(source);
    }
    return count > 0 && (!is_character || left == 0);
}

/* Stores the text of %s, %c or %[. With a size it must fit; otherwise the target is emptied. */
IOCP_CRT int iocp_store_text(const struct iocp_field *field, const struct iocp_text *text,
                             int wide, void *target, size_t size)
{
    size_t end = field->conversion == 'c' || field->conversion == 'C' ? 0 : 1;
    size_t units = wide ? iocp_count_wide(text->data, text->length) : text->length;
    if (units + end > size) {
        if (size > 0 && wide)
            *(wchar_t *)target = 0;
        else if (size > 0)
            *(char *)target = 0;
        errno = ENOMEM;
        return 0;
    }
    if (wide) {
        iocp_store_wide((wchar_t *)target, units, text->data, text->length);
        if (end)
            ((wchar_t *)target)[units] = 0;
    } else {
        memcpy(target, text->data, units);
        if (end)
            ((char *)target)[units] = 0;
    }
    return 1;
}

IOCP_CRT int iocp_field_is_wide(const struct iocp_field *field, int wide_function)
{
    struct iocp_spec spec;
    spec.modifier = field->modifier;
    spec.conversion = field->conversion;
    return iocp_means_wide(&spec, wide_function);
}

/* Reads what follows a percent sign. */
IOCP_CRT void iocp_read_field(struct iocp_field *field, const char **format)
{
    field->suppressed = **format == '*';
    if (field->suppressed)
        ++*format;
    field->width = 0;
    for (; **format >= '0' && **format <= '9'; ++*format)
        if (field->width < 100000000)
            field->width = field->width * 10 + (size_t)(**format - '0');
    if (field->width == 0)
        field->width = SIZE_MAX;
    field->modifier = iocp_read_modifier(format);
    field->conversion = **format;
    if (**format != 0)
        ++*format;
}

/* Reads one field of text: 1 if it matched, 0 if not. */
IOCP_CRT int iocp_scan_string(struct iocp_source *source, const struct iocp_field *field,
                              wint_t c, const char *set, const char *set_end,
                              struct iocp_arguments *arguments)
{
    struct iocp_text text;
    int matched;
    iocp_text_begin(&text);
    matched = iocp_scan_text(source, field, c, set, set_end, &text);
    if (!field->suppressed) {
        void *target = va_arg(arguments->list, void *);
        size_t size = source->secure ? va_arg(arguments->list, unsigned int) : SIZE_MAX;
        if (matched && !text.failed)
            matched = iocp_store_text(field, &text, iocp_field_is_wide(field, source->wide),
                                      target, size);
    }
    iocp_text_end(&text);
    return matched;
}

/* Reads one field: 1 if it matched, 0 if not. c is its first character. */
IOCP_CRT int iocp_scan_one(struct iocp_source *source, const struct iocp_field *field, wint_t c,
                           const char *set, const char *set_end, struct iocp_arguments *arguments)
{
    unsigned long long value;
    long double number;
    switch (field->conversion) {
    case 'p':
    case 'd':
    case 'i':
    case 'o':
    case 'u':
    case 'x':
    case 'X':
        if (!iocp_scan_integer(source, field, c, &value))
            return 0;
        if (field->suppressed)
            return 1;
        if (field->conversion == 'p')
            *va_arg(arguments->list, void **) = (void *)(uintptr_t)value;
        else
            iocp_store_integer(field, va_arg(arguments->list, void *), value);
        return 1;
    case 'a':
    case 'A':
    case 'e':
    case 'E':
    case 'f':
    case 'F':
    case 'g':
    case 'G':
        if (!iocp_scan_float(source, field, c, &number))
            return 0;
        if (!field->suppressed)
            iocp_store_float(field, va_arg(arguments->list, void *), number);
        return 1;
    case 's':
    case 'S':
    case 'c':
    case 'C':
    case '[':
        return iocp_scan_string(source, field, c, set, set_end, arguments);
    default:
        iocp_source_unget(source, c);
        return 0;
    }
}

/* Steps over the set of %[ and returns its end. */
IOCP_CRT const char *iocp_end_of_set(const char **format)
{
    const char *p = *format;
    const char *end;
    if (*p == '^')
        p++;
    if (*p == ']')
        p++;
    end = p + strcspn(p, "]");
    *format = *end == 0 ? end : end + 1;
    return end;
}

IOCP_CRT int iocp_scan_arguments(struct iocp_source *source, const char *format,
                                 struct iocp_arguments *arguments)
{
    const char *format_end = format + strlen(format);
    int assigned = 0, matched_any = 0;
    while (*format != 0) {
        struct iocp_field field;
        const char *set = NULL, *set_end = NULL;
        wint_t c, expected;
        if (iocp_is_space((unsigned char)*format)) {
            format++;
            iocp_source_unget(source, iocp_skip_space(source));
            continue;
        }
        if (*format != '%' || format[1] == '%') {
            if (*format == '%') {
                format++;
                iocp_source_unget(source, iocp_skip_space(source));
            }
            expected = source->wide ? iocp_decode(&format, format_end) : (unsigned char)*format++;
            c = iocp_source_get(source);
            if (c == expected)
                continue;
            iocp_source_unget(source, c);
            return c == WEOF && !matched_any ? EOF : assigned;
        }
        format++;
        iocp_read_field(&field, &format);
        if (field.conversion == '[') {
            set = format;
            set_end = iocp_end_of_set(&format);
        }
        if (field.conversion == 'n') {
            if (!field.suppressed)
                iocp_store_integer(&field, va_arg(arguments->list, void *), source->taken);
            continue;
        }
        if (strchr("cC[", field.conversion) != NULL)
            c = iocp_source_get(source);
        else
            c = iocp_skip_space(source);
        if (c == WEOF)
            return matched_any ? assigned : EOF;
        if (!iocp_scan_one(source, &field, c, set, set_end, arguments))
            return assigned;
        matched_any = 1;
        if (!field.suppressed)
            assigned++;
    }
    return assigned;
}

IOCP_CRT int iocp_scan(struct iocp_source *source, const char *format, va_list list)
{
    struct iocp_arguments arguments;
    int result;
    va_copy(arguments.list, list);
    result = iocp_scan_arguments(source, format, &arguments);
    va_end(arguments.list);
    iocp_source_end(source);
    return result;
}

IOCP_CRT int iocp_scan_wide(struct iocp_source *source, const wchar_t *format, va_list list)
{
    struct iocp_text text;
    int result = EOF;
    source->wide = 1;
    if (iocp_text_narrow(&text, format) != NULL)
        result = iocp_scan(source, text.data, list);
    iocp_text_end(&text);
    return result;
}

/* Whether the C library scans a narrow format as Microsoft's does. It takes the I of %I64d for a
   flag, and some letters between percent sign and conversion for GNU's own. */
IOCP_CRT int iocp_plain_scan(const char *format)
{
    const char *f = format;
    while ((f = strchr(f, '%')) != NULL) {
        const char *start;
        enum iocp_modifier modifier;
        f++;
        f += strspn(f, "*0123456789");
        if (*f == '$')
            return 1;
        start = f;
        modifier = iocp_read_modifier(&f);
        if (*start == 'I' || modifier == iocp_w || *f == 'S' || *f == 'C')
            return 0;
        if (modifier == iocp_l && (*f == 's' || *f == 'c' || *f == '['))
            return 0;
        if (*f == 0)
            return 1;
        f++;
    }
    return 1;
}

IOCP_CRT int vfscanf(FILE *stream, const char *format, va_list list)
{
    struct iocp_source source = {stream, NULL, NULL, 0, 0, 0, 0, 0};
    if (iocp_plain_scan(format))
        return iocp_c_vfscanf(stream, format, list);
    return iocp_scan(&source, format, list);
}

IOCP_CRT int vscanf(const char *format, va_list list)
{
    return vfscanf(stdin, format, list);
}

IOCP_CRT int vsscanf(const char *text, const char *format, va_list list)
{
    struct iocp_source source = {NULL, text, NULL, 0, 0, 0, 0, 0};
    if (iocp_plain_scan(format))
        return iocp_c_vsscanf(text, format, list);
    return iocp_scan(&source, format, list);
}

IOCP_CRT int vfwscanf(FILE *stream, const wchar_t *format, va_list list)
{
    struct iocp_source source = {stream, NULL, NULL, 1, 0, 0, 0, 0};
    return iocp_scan_wide(&source, format, list);
}

IOCP_CRT int vwscanf(const wchar_t *format, va_list list)
{
    return vfwscanf(stdin, format, list);
}

IOCP_CRT int vswscanf(const wchar_t *text, const wchar_t *format, va_list list)
{
    struct iocp_source source = {NULL, NULL, text, 1, 0, 0, 0, 0};
    return iocp_scan_wide(&source, format, list);
}

IOCP_CRT int vfscanf_s(FILE *stream, const char *format, va_list list)
{
    struct iocp_source source = {stream, NULL, NULL, 0, 1, 0, 0, 0};
    return iocp_scan(&source, format, list);
}

IOCP_CRT int vscanf_s(const char *format, va_list list)
{
    return vfscanf_s(stdin, format, list);
}

IOCP_CRT int vsscanf_s(const char *text, const char *format, va_list list)
{
    struct iocp_source source = {NULL, text, NULL, 0, 1, 0, 0, 0};
    return iocp_scan(&source, format, list);
}

IOCP_CRT int vfwscanf_s(FILE *stream, const wchar_t *format, va_list list)
{
    struct iocp_source source = {stream, NULL, NULL, 1, 1, 0, 0, 0};
    return iocp_scan_wide(&source, format, list);
}

IOCP_CRT int vwscanf_s(const wchar_t *format, va_list list)
{
    return vfwscanf_s(stdin, format, list);
}

IOCP_CRT int vswscanf_s(const wchar_t *text, const wchar_t *format, va_list list)
{
    struct iocp_source source = {NULL, NULL, text, 1, 1, 0, 0, 0};
    return iocp_scan_wide(&source, format, list);
}

IOCP_VARIADIC(scanf, (const char *format, ...), format, vfscanf(stdin, format, list))
IOCP_VARIADIC(fscanf, (FILE * stream, const char *format, ...), format,
              vfscanf(stream, format, list))
IOCP_VARIADIC(sscanf, (const char *text, const char *format, ...), format,
              vsscanf(text, format, list))
IOCP_VARIADIC(scanf_s, (const char *format, ...), format, vfscanf_s(stdin, format, list))
IOCP_VARIADIC(fscanf_s, (FILE * stream, const char *format, ...), format,
              vfscanf_s(stream, format, list))
IOCP_VARIADIC(sscanf_s, (const char *text, const char *format, ...), format,
              vsscanf_s(text, format, list))
IOCP_VARIADIC(wscanf, (const wchar_t *format, ...), format, vfwscanf(stdin, format, list))
IOCP_VARIADIC(fwscanf, (FILE * stream, const wchar_t *format, ...), format,
              vfwscanf(stream, format, list))
IOCP_VARIADIC(swscanf, (const wchar_t *text, const wchar_t *format, ...), format,
              vswscanf(text, format, list))
IOCP_VARIADIC(wscanf_s, (const wchar_t *format, ...), format, vfwscanf_s(stdin, format, list))
IOCP_VARIADIC(fwscanf_s, (FILE * stream, const wchar_t *format, ...), format,
              vfwscanf_s(stream, format, list))
IOCP_VARIADIC(swscanf_s, (const wchar_t *text, const wchar_t *format, ...), format,
              vswscanf_s(text, format, list))

IOCP_CRT_END

#endif
