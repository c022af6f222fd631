/* Narrow text is UTF-8, whatever the locale: it is what Linux's terminals, files and names hold.
   Wide text is UTF-32 or, under -fshort-wchar, UTF-16. Part of iocpcrt.h. */
#ifndef IOCP_UTF_H
#define IOCP_UTF_H
#pragma GCC system_header

IOCP_CRT_BEGIN

/* One character to UTF-8; a lone surrogate becomes a question mark. */
IOCP_CRT size_t iocp_encode(char out[4], unsigned int c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xc0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) {
        out[0] = '?';
        return 1;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xe0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3f));
        out[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3f));
    out[2] = (char)(0x80 | (c >> 6 & 0x3f));
    out[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

/* How many bytes follow a first byte of UTF-8; -1 if it cannot be a first byte. */
IOCP_CRT int iocp_following(unsigned char first)
{
    if (first < 0x80)
        return 0;
    if (first >= 0xc2 && first < 0xe0)
        return 1;
    if (first >= 0xe0 && first < 0xf0)
        return 2;
    return first >= 0xf0 && first < 0xf5 ? 3 : -1;
}

/* Takes one character from UTF-8 text. A byte that belongs to none is U+FFFD. */
IOCP_CRT unsigned int iocp_decode(const char **text, const char *end)
{
    static const unsigned int least[4] = {0, 0x80, 0x800, 0x10000};
    const unsigned char *p = (const unsigned char *)*text;
    int more = iocp_following(*p);
    int i;
    unsigned int c;
    *text += 1;
    if (more == 0)
        return *p;
    if (more < 0 || end - (const char *)p <= more)
        return 0xfffd;
    c = *p & (0x3fu >> more);
    for (i = 1; i <= more; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0xfffd;
        c = c << 6 | (p[i] & 0x3f);
    }
    if (c < least[more] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
        return 0xfffd;
    *text = (const char *)p + more + 1;
    return c;
}

/* Takes one character from wide text: a pair of surrogates if it is one. */
IOCP_CRT unsigned int iocp_take_wide(const wchar_t **text, const wchar_t *end)
{
    unsigned int c = (unsigned int)*(*text)++;
    if (sizeof(wchar_t) == 2) {
        c &= 0xffff;
        if (c >= 0xd800 && c < 0xdc00 && *text < end) {
            unsigned int low = (unsigned int)**text & 0xffff;
            if (low >= 0xdc00 && low < 0xe000) {
                ++*text;
                return 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
            }
        }
    }
    return c;
}

/* One character to one wide unit or two. */
IOCP_CRT size_t iocp_put_wide(wchar_t out[2], unsigned int c)
{
    if (sizeof(wchar_t) == 2 && c > 0xffff) {
        out[0] = (wchar_t)(0xd800 + ((c - 0x10000) >> 10));
        out[1] = (wchar_t)(0xdc00 + ((c - 0x10000) & 0x3ff));
        return 2;
    }
    out[0] = (wchar_t)c;
    return 1;
}

IOCP_CRT size_t iocp_wide_length(const wchar_t *s, size_t limit)
{
    size_t n = 0;
    while (n < limit && s[n] != 0)
        n++;
    return n;
}

/* A text that grows. The first bytes need no allocation. */
struct iocp_text {
    char *data;
    size_t length;
    size_t capacity;
    int failed;
    char first[256];
};

IOCP_CRT void iocp_text_begin(struct iocp_text *t)
{
    t->data = t->first;
    t->length = 0;
    t->capacity = sizeof t->first;
    t->failed = 0;
}

IOCP_CRT void iocp_text_end(struct iocp_text *t)
{
    if (t->data != t->first)
        free(t->data);
}

/* Room for that many more bytes and a terminator. */
IOCP_CRT int iocp_text_room(struct iocp_text *t, size_t more)
{
    size_t wanted = t->length + more + 1;
    char *data;
    if (wanted <= t->capacity)
        return 1;
    if (wanted < t->capacity * 2)
        wanted = t->capacity * 2;
    data = (char *)realloc(t->data == t->first ? NULL : t->data, wanted);
    if (data == NULL) {
        t->failed = 1;
        return 0;
    }
    if (t->data == t->first)
        memcpy(data, t->first, t->length);
    t->data = data;
    t->capacity = wanted;
    return 1;
}

IOCP_CRT void iocp_text_add(struct iocp_text *t, const char *bytes, size_t count)
{
    if (count == 0 || !iocp_text_room(t, count))
        return;
    memcpy(t->data + t->length, bytes, count);
    t->length += count;
}

IOCP_CRT void iocp_text_fill(struct iocp_text *t, char byte, size_t count)
{
    if (count == 0 || !iocp_text_room(t, count))
        return;
    memset(t->data + t->length, byte, count);
    t->length += count;
}

IOCP_CRT void iocp_text_put(struct iocp_text *t, unsigned int c)
{
    char bytes[4];
    iocp_text_add(t, bytes, iocp_encode(bytes, c));
}

IOCP_CRT void iocp_text_add_wide(struct iocp_text *t, const wchar_t *s, size_t count)
{
    const wchar_t *end = s + count;
    while (s < end)
        iocp_text_put(t, iocp_take_wide(&s, end));
}

/* The bytes with a terminator behind them. */
IOCP_CRT const char *iocp_text_bytes(struct iocp_text *t)
{
    if (!iocp_text_room(t, 0))
        return NULL;
    t->data[t->length] = 0;
    return t->data;
}

/* Begins a text with the UTF-8 form of a wide string; NULL without memory. */
IOCP_CRT const char *iocp_text_narrow(struct iocp_text *t, const wchar_t *s)
{
    iocp_text_begin(t);
    iocp_text_add_wide(t, s, iocp_wide_length(s, SIZE_MAX));
    return t->failed ? NULL : iocp_text_bytes(t);
}

/* How many wide units UTF-8 text becomes. */
IOCP_CRT size_t iocp_count_wide(const char *text, size_t length)
{
    const char *end = text + length;
    size_t n = 0;
    wchar_t pair[2];
    while (text < end)
        n += iocp_put_wide(pair, iocp_decode(&text, end));
    return n;
}

/* Writes the wide form of UTF-8 text, at most `size` units, and returns how many it wrote. A pair
   of surrogates is not split. */
IOCP_CRT size_t iocp_store_wide(wchar_t *out, size_t size, const char *text, size_t length)
{
    const char *end = text + length;
    size_t n = 0;
    wchar_t pair[2];
    while (text < end) {
        size_t units = iocp_put_wide(pair, iocp_decode(&text, end));
        if (size - n < units)
            break;
        memcpy(out + n, pair, units * sizeof(wchar_t));
        n += units;
    }
    return n;
}

/* The wide form of a narrow string in new memory, for the caller to free. */
IOCP_CRT wchar_t *iocp_new_wide(const char *text)
{
    size_t length = strlen(text);
    size_t units = iocp_count_wide(text, length);
    wchar_t *wide = (wchar_t *)malloc((units + 1) * sizeof(wchar_t));
    if (wide != NULL)
        wide[iocp_store_wide(wide, units, text, length)] = 0;
    return wide;
}

/* The name of the function around, for __FUNCTIONW__: valid until the fourth use after it. */
IOCP_CRT const wchar_t *iocp_function_name(const char *name)
{
    static __thread wchar_t texts[4][128];
    static __thread unsigned int next;
    wchar_t *text = texts[next++ & 3];
    text[iocp_store_wide(text, 127, name, strlen(name))] = 0;
    return text;
}

/* Separators, the null device and drives, as CreateFile has them. */
IOCP_CRT const char *iocp_text_settle(struct iocp_text *t)
{
    char variable[] = "IOCP_DRIVE_X", *rest;
    const char *root;
    size_t i, length;
    if (t->failed || iocp_text_bytes(t) == NULL)
        return NULL;
    for (i = 0; i < t->length; i++)
        if (t->data[i] == '\\')
            t->data[i] = '/';
    if (t->length == 3 && (t->data[0] | 32) == 'n' && (t->data[1] | 32) == 'u' &&
        (t->data[2] | 32) == 'l') {
        t->length = 0;
        iocp_text_add(t, "/dev/null", 9);
    } else if (t->length >= 3 && t->data[1] == ':' && t->data[2] == '/' &&
        (t->data[0] | 32) >= 'a' && (t->data[0] | 32) <= 'z') {
        variable[11] = (char)(t->data[0] & ~32);
        root = getenv(variable);
        rest = strdup(t->data + 2);
        t->length = 0;
        length = root != NULL ? strlen(root) : 0;
        if (length > 0 && root[length - 1] == '/')
            length--;
        if (root != NULL)
            iocp_text_add(t, root, length);
        if (rest != NULL)
            iocp_text_add(t, rest, strlen(rest));
        free(rest);
    }
    return t->failed ? NULL : iocp_text_bytes(t);
}

/* A path as Linux writes it: the separators of Windows become slashes. */
IOCP_CRT const char *iocp_text_path(struct iocp_text *t, const char *path)
{
    iocp_text_begin(t);
    iocp_text_add(t, path, strlen(path));
    return iocp_text_settle(t);
}

IOCP_CRT const char *iocp_text_wide_path(struct iocp_text *t, const wchar_t *path)
{
    if (iocp_text_narrow(t, path) == NULL)
        return NULL;
    return iocp_text_settle(t);
}

IOCP_CRT_END

#endif
