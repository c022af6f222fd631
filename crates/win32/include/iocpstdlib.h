/* Files, memory, environment, conversions and sorting as Microsoft's <stdio.h>, <stdlib.h> and
   <string.h> have them. Part of iocpcrt.h. */
#ifndef IOCP_STDLIB_PART_H
#define IOCP_STDLIB_PART_H
#pragma GCC system_header

#define _MAX_PATH 260
#define _MAX_DRIVE 3
#define _MAX_DIR 256
#define _MAX_FNAME 256
#define _MAX_EXT 256
#define _MAX_ENV 32767
#define _CVTBUFSIZE (309 + 40)
#define _OUT_TO_DEFAULT 0
#define _OUT_TO_STDERR 1

#ifndef __min
#define __min(a, b) (((a) < (b)) ? (a) : (b))
#endif
#ifndef __max
#define __max(a, b) (((a) > (b)) ? (a) : (b))
#endif

#define _SH_DENYRW 0x10
#define _SH_DENYWR 0x20
#define _SH_DENYRD 0x30
#define _SH_DENYNO 0x40
#define _SH_SECURE 0x80

typedef int (*_onexit_t)(void);

IOCP_CRT_BEGIN

#ifdef __cplusplus
template <class Type, size_t Size> char (*iocp_countof(const Type (&)[Size]))[Size];
template <class Type, size_t Size> char (*iocp_countof(Type (&)[Size]))[Size];
#undef _countof
#define _countof(array) (sizeof(*iocp_countof(array)))
#else
#undef _countof
#define _countof(array) (sizeof(array) / sizeof((array)[0]))
#endif

/* Files. Paths may have the separators of Windows. A mode may name an encoding, which is dropped:
   text is UTF-8; and share modes have no meaning between Linux processes. */
IOCP_CRT void iocp_file_mode(char to[16], const char *mode)
{
    size_t n = 0;
    for (; *mode != 0 && *mode != ',' && n < 15; mode++)
        if (strchr("rwabx+", *mode) != NULL)
            to[n++] = *mode;
    to[n] = 0;
}

IOCP_CRT FILE *fopen(const char *path, const char *mode)
{
    struct iocp_text text;
    char plain[16];
    FILE *file = NULL;
    iocp_file_mode(plain, mode);
    if (iocp_text_path(&text, path) != NULL)
        file = iocp_c_fopen(text.data, plain);
    iocp_text_end(&text);
    return file;
}

IOCP_CRT FILE *freopen(const char *path, const char *mode, FILE *stream)
{
    struct iocp_text text;
    char plain[16];
    FILE *file = NULL;
    iocp_file_mode(plain, mode);
    if (path == NULL)
        return iocp_c_freopen(NULL, plain, stream);
    /* The console devices are the terminal. */
    if (_stricmp(path, "CONOUT$") == 0 || _stricmp(path, "CONIN$") == 0 ||
        _stricmp(path, "CON") == 0)
        path = "/dev/tty";
    if (iocp_text_path(&text, path) != NULL)
        file = iocp_c_freopen(text.data, plain, stream);
    iocp_text_end(&text);
    return file;
}

IOCP_CRT FILE *_fsopen(const char *path, const char *mode, int share)
{
    (void)share;
    return fopen(path, mode);
}

IOCP_CRT errno_t fopen_s(FILE **file, const char *path, const char *mode)
{
    if (file == NULL)
        return iocp_invalid(EINVAL);
    *file = NULL;
    if (path == NULL || mode == NULL)
        return iocp_invalid(EINVAL);
    *file = fopen(path, mode);
    return *file == NULL ? errno : 0;
}

IOCP_CRT errno_t freopen_s(FILE **file, const char *path, const char *mode, FILE *stream)
{
    if (file == NULL || mode == NULL || stream == NULL)
        return iocp_invalid(EINVAL);
    *file = freopen(path, mode, stream);
    return *file == NULL ? errno : 0;
}

IOCP_CRT FILE *_wfopen(const wchar_t *path, const wchar_t *mode)
{
    struct iocp_text text, mode_text;
    FILE *file = NULL;
    const char *narrow = iocp_text_narrow(&text, path);
    const char *narrow_mode = iocp_text_narrow(&mode_text, mode);
    if (narrow != NULL && narrow_mode != NULL)
        file = fopen(narrow, narrow_mode);
    iocp_text_end(&text);
    iocp_text_end(&mode_text);
    return file;
}

IOCP_CRT FILE *_wfsopen(const wchar_t *path, const wchar_t *mode, int share)
{
    (void)share;
    return _wfopen(path, mode);
}

IOCP_CRT errno_t _wfopen_s(FILE **file, const wchar_t *path, const wchar_t *mode)
{
    if (file == NULL)
        return iocp_invalid(EINVAL);
    *file = NULL;
    if (path == NULL || mode == NULL)
        return iocp_invalid(EINVAL);
    *file = _wfopen(path, mode);
    return *file == NULL ? errno : 0;
}

IOCP_CRT FILE *_wfreopen(const wchar_t *path, const wchar_t *mode, FILE *stream)
{
    struct iocp_text text, mode_text;
    FILE *file = NULL;
    const char *narrow = iocp_text_narrow(&text, path);
    const char *narrow_mode = iocp_text_narrow(&mode_text, mode);
    if (narrow != NULL && narrow_mode != NULL)
        file = freopen(narrow, narrow_mode, stream);
    iocp_text_end(&text);
    iocp_text_end(&mode_text);
    return file;
}

IOCP_CRT errno_t _wfreopen_s(FILE **file, const wchar_t *path, const wchar_t *mode, FILE *stream)
{
    if (file == NULL || path == NULL || mode == NULL || stream == NULL)
        return iocp_invalid(EINVAL);
    *file = _wfreopen(path, mode, stream);
    return *file == NULL ? errno : 0;
}

IOCP_CRT errno_t tmpfile_s(FILE **file)
{
    if (file == NULL)
        return iocp_invalid(EINVAL);
    *file = tmpfile();
    return *file == NULL ? errno : 0;
}

IOCP_CRT int _fileno(FILE *stream)
{
    return iocp_c_fileno(stream);
}

IOCP_CRT FILE *_fdopen(int descriptor, const char *mode)
{
    char plain[16];
    iocp_file_mode(plain, mode);
    return iocp_c_fdopen(descriptor, plain);
}

IOCP_CRT int _fseeki64(FILE *stream, long long offset, int origin)
{
    return fseek(stream, (long)offset, origin);
}

IOCP_CRT long long _ftelli64(FILE *stream)
{
    return ftell(stream);
}

IOCP_CRT int _flushall(void)
{
    return fflush(NULL);
}

IOCP_CRT errno_t clearerr_s(FILE *stream)
{
    if (stream == NULL)
        return iocp_invalid(EINVAL);
    clearerr(stream);
    return 0;
}

IOCP_CRT size_t fread_s(void *to, size_t to_size, size_t size, size_t count, FILE *stream)
{
    if (size == 0 || count == 0)
        return 0;
    if (to == NULL || stream == NULL || count > to_size / size) {
        if (to != NULL)
            memset(to, 0, to_size);
        iocp_invalid(to == NULL || stream == NULL ? EINVAL : ERANGE);
        return 0;
    }
    return fread(to, size, count, stream);
}

IOCP_CRT int iocp_path_call(const char *path, int (*call)(const char *))
{
    struct iocp_text text;
    int result = iocp_text_path(&text, path) == NULL ? -1 : call(text.data);
    iocp_text_end(&text);
    return result;
}

IOCP_CRT int iocp_wide_path_call(const wchar_t *path, int (*call)(const char *))
{
    struct iocp_text text;
    int result = iocp_text_wide_path(&text, path) == NULL ? -1 : call(text.data);
    iocp_text_end(&text);
    return result;
}

IOCP_CRT int _unlink(const char *path)
{
    return iocp_path_call(path, iocp_c_unlink);
}

IOCP_CRT int _wunlink(const wchar_t *path)
{
    return iocp_wide_path_call(path, iocp_c_unlink);
}

IOCP_CRT int remove(const char *path)
{
    return _unlink(path);
}

IOCP_CRT int _wremove(const wchar_t *path)
{
    return _wunlink(path);
}

/* Unlike the C library's, Microsoft's rename does not replace a file. */
IOCP_CRT int rename(const char *from, const char *to)
{
    struct iocp_text a, b;
    int result = -1;
    const char *old_path = iocp_text_path(&a, from);
    const char *new_path = iocp_text_path(&b, to);
    if (old_path != NULL && new_path != NULL)
        result = iocp_c_rename(-100, old_path, -100, new_path, 1);
    iocp_text_end(&a);
    iocp_text_end(&b);
    return result;
}

IOCP_CRT int _wrename(const wchar_t *from, const wchar_t *to)
{
    struct iocp_text a, b;
    int result = -1;
    const char *old_path = iocp_text_narrow(&a, from);
    const char *new_path = iocp_text_narrow(&b, to);
    if (old_path != NULL && new_path != NULL)
        result = rename(old_path, new_path);
    iocp_text_end(&a);
    iocp_text_end(&b);
    return result;
}

IOCP_CRT FILE *_popen(const char *command, const char *mode)
{
    return iocp_c_popen(command, mode[0] == 'w' ? "w" : "r");
}

IOCP_CRT int _pclose(FILE *stream)
{
    return iocp_c_pclose(stream);
}

IOCP_CRT void _wperror(const wchar_t *s)
{
    struct iocp_text text;
    if (s == NULL)
        perror(NULL);
    else if (iocp_text_narrow(&text, s) != NULL)
        perror(text.data);
    if (s != NULL)
        iocp_text_end(&text);
}

/* Memory. */
IOCP_CRT errno_t memcpy_s(void *to, size_t size, const void *from, size_t count)
{
    if (count == 0)
        return 0;
    if (to == NULL)
        return iocp_invalid(EINVAL);
    if (from == NULL || size < count) {
        memset(to, 0, size);
        return iocp_invalid(from == NULL ? EINVAL : ERANGE);
    }
    memcpy(to, from, count);
    return 0;
}

IOCP_CRT errno_t memmove_s(void *to, size_t size, const void *from, size_t count)
{
    if (count == 0)
        return 0;
    if (to == NULL || from == NULL)
        return iocp_invalid(EINVAL);
    if (size < count)
        return iocp_invalid(ERANGE);
    memmove(to, from, count);
    return 0;
}

IOCP_CRT errno_t wmemcpy_s(wchar_t *to, size_t size, const wchar_t *from, size_t count)
{
    if (count > SIZE_MAX / sizeof(wchar_t))
        return iocp_invalid(ERANGE);
    return memcpy_s(to, size > SIZE_MAX / sizeof(wchar_t) ? SIZE_MAX : size * sizeof(wchar_t),
                    from, count * sizeof(wchar_t));
}

IOCP_CRT errno_t wmemmove_s(wchar_t *to, size_t size, const wchar_t *from, size_t count)
{
    if (count > SIZE_MAX / sizeof(wchar_t))
        return iocp_invalid(ERANGE);
    return memmove_s(to, size > SIZE_MAX / sizeof(wchar_t) ? SIZE_MAX : size * sizeof(wchar_t),
                     from, count * sizeof(wchar_t));
}

IOCP_CRT int _memicmp(const void *a, const void *b, size_t count)
{
    const unsigned char *x = (const unsigned char *)a, *y = (const unsigned char *)b;
    size_t i;
    for (i = 0; i < count; i++) {
        int difference = tolower(x[i]) - tolower(y[i]);
        if (difference != 0)
            return difference;
    }
    return 0;
}

IOCP_CRT void *_memccpy(void *to, const void *from, int c, size_t count)
{
    const unsigned char *end = (const unsigned char *)memchr(from, c, count);
    size_t n = end == NULL ? count : (size_t)(end - (const unsigned char *)from) + 1;
    memcpy(to, from, n);
    return end == NULL ? NULL : (char *)to + n;
}

/* Blocks of _aligned_malloc are those of malloc, so free takes them too; Microsoft's must go to
   _aligned_free, which is therefore what programs call. */
IOCP_CRT void *_aligned_malloc(size_t size, size_t alignment)
{
    void *block = NULL;
    int error;
    if (alignment == 0 || (alignment & (alignment - 1)) != 0) {
        iocp_invalid(EINVAL);
        return NULL;
    }
    if (alignment < sizeof(void *))
        alignment = sizeof(void *);
    error = iocp_c_posix_memalign(&block, alignment, size == 0 ? 1 : size);
    if (error == 0)
        return block;
    errno = error;
    return NULL;
}

IOCP_CRT void _aligned_free(void *block)
{
    free(block);
}

IOCP_CRT void *_aligned_realloc(void *block, size_t size, size_t alignment)
{
    void *copy;
    size_t old;
    if (block == NULL)
        return _aligned_malloc(size, alignment);
    if (size == 0) {
        free(block);
        return NULL;
    }
    copy = _aligned_malloc(size, alignment);
    if (copy == NULL)
        return NULL;
    old = iocp_c_usable_size(block);
    memcpy(copy, block, old < size ? old : size);
    free(block);
    return copy;
}

IOCP_CRT size_t _msize(void *block)
{
    return iocp_c_usable_size(block);
}

IOCP_CRT void *_recalloc(void *block, size_t count, size_t size)
{
    size_t old = block == NULL ? 0 : iocp_c_usable_size(block);
    void *grown;
    if (size != 0 && count > SIZE_MAX / size) {
        errno = ENOMEM;
        return NULL;
    }
    grown = realloc(block, count * size == 0 ? 1 : count * size);
    if (grown != NULL && count * size > old)
        memset((char *)grown + old, 0, count * size - old);
    return grown;
}

#ifndef _alloca
#define _alloca(size) __builtin_alloca(size)
#endif

/* Numbers. */
IOCP_CRT int _wtoi(const wchar_t *s)
{
    return (int)wcstol(s, NULL, 10);
}

IOCP_CRT long _wtol(const wchar_t *s)
{
    return wcstol(s, NULL, 10);
}

IOCP_CRT long long _wtoll(const wchar_t *s)
{
    return wcstoll(s, NULL, 10);
}

IOCP_CRT double _wtof(const wchar_t *s)
{
    return wcstod(s, NULL);
}

IOCP_CRT long long _abs64(long long value)
{
    return value < 0 ? -value : value;
}

/* Without a bound, as it ever was; newer standards have struck it off. */
#if !__GLIBC_USE(DEPRECATED_GETS)
IOCP_CRT char *gets(char *line)
{
    size_t length = 0;
    int c;
    while ((c = getchar()) != EOF && c != '\n')
        line[length++] = (char)c;
    if (c == EOF && length == 0)
        return NULL;
    line[length] = 0;
    return line;
}
#endif

IOCP_CRT errno_t rand_s(unsigned int *value)
{
    if (value == NULL)
        return iocp_invalid(EINVAL);
    if (iocp_c_getrandom(value, sizeof *value, 0) != (ptrdiff_t)sizeof *value) {
        *value = 0;
        return errno;
    }
    return 0;
}

/* Conversions between narrow and wide. */
IOCP_CRT errno_t mbstowcs_s(size_t *converted, wchar_t *to, size_t size, const char *from,
                            size_t count)
{
    size_t length, units, limit;
    if (converted != NULL)
        *converted = 0;
    if (to != NULL && size > 0)
        *to = 0;
    if (from == NULL || (to == NULL) != (size == 0))
        return iocp_invalid(EINVAL);
    length = strlen(from);
    units = iocp_count_wide(from, length);
    if (to == NULL) {
        if (converted != NULL)
            *converted = units + 1;
        return 0;
    }
    limit = count < units ? count : units;
    if (limit >= size) {
        if (count != _TRUNCATE)
            return iocp_invalid(ERANGE);
        limit = size - 1;
    }
    limit = iocp_store_wide(to, limit, from, length);
    to[limit] = 0;
    if (converted != NULL)
        *converted = limit + 1;
    return count == _TRUNCATE && limit < units ? STRUNCATE : 0;
}

IOCP_CRT errno_t wcstombs_s(size_t *converted, char *to, size_t size, const wchar_t *from,
                            size_t count)
{
    size_t bytes, limit;
    if (converted != NULL)
        *converted = 0;
    if (to != NULL && size > 0)
        *to = 0;
    if (from == NULL || (to == NULL) != (size == 0))
        return iocp_invalid(EINVAL);
    bytes = iocp_wide_to_text(NULL, from, 0);
    if (to == NULL) {
        if (converted != NULL)
            *converted = bytes + 1;
        return 0;
    }
    limit = count < bytes ? count : bytes;
    if (limit >= size) {
        if (count != _TRUNCATE)
            return iocp_invalid(ERANGE);
        limit = size - 1;
    }
    limit = iocp_wide_to_text(to, from, limit);
    to[limit] = 0;
    if (converted != NULL)
        *converted = limit + 1;
    return count == _TRUNCATE && limit < bytes ? STRUNCATE : 0;
}

IOCP_CRT errno_t wctomb_s(int *converted, char *to, size_t size, wchar_t c)
{
    char bytes[4];
    int length = iocp_wide_to_char(bytes, c);
    if (to == NULL) {
        if (converted != NULL)
            *converted = 0;
        return 0;
    }
    if ((size_t)length > size)
        return iocp_invalid(ERANGE);
    memcpy(to, bytes, (size_t)length);
    if (converted != NULL)
        *converted = length;
    return 0;
}

/* Texts of errors. */
IOCP_CRT errno_t strerror_s(char *to, size_t size, int error)
{
    if (to == NULL || size == 0)
        return iocp_invalid(EINVAL);
    strncpy_s(to, size, strerror(error), _TRUNCATE);
    return 0;
}

IOCP_CRT errno_t _wcserror_s(wchar_t *to, size_t size, int error)
{
    const char *text = strerror(error);
    if (to == NULL || size == 0)
        return iocp_invalid(EINVAL);
    to[iocp_store_wide(to, size - 1, text, strlen(text))] = 0;
    return 0;
}

IOCP_CRT wchar_t *_wcserror(int error)
{
    static __thread wchar_t text[256];
    _wcserror_s(text, 256, error);
    return text;
}

/* Environment. */
IOCP_CRT errno_t getenv_s(size_t *needed, char *to, size_t size, const char *name)
{
    const char *value;
    if (needed == NULL || name == NULL || (to == NULL) != (size == 0))
        return iocp_invalid(EINVAL);
    value = getenv(name);
    *needed = value == NULL ? 0 : strlen(value) + 1;
    if (to == NULL)
        return 0;
    *to = 0;
    if (value == NULL)
        return 0;
    if (*needed > size)
        return ERANGE;
    memcpy(to, value, *needed);
    return 0;
}

IOCP_CRT errno_t _dupenv_s(char **copy, size_t *size, const char *name)
{
    const char *value;
    if (copy == NULL || name == NULL)
        return iocp_invalid(EINVAL);
    value = getenv(name);
    *copy = value == NULL ? NULL : _strdup(value);
    if (size != NULL)
        *size = *copy == NULL ? 0 : strlen(*copy) + 1;
    return value != NULL && *copy == NULL ? ENOMEM : 0;
}

IOCP_CRT errno_t _putenv_s(const char *name, const char *value)
{
    if (name == NULL || value == NULL)
        return iocp_invalid(EINVAL);
    return (*value == 0 ? iocp_c_unsetenv(name) : iocp_c_setenv(name, value, 1)) == 0 ? 0 : errno;
}

IOCP_CRT int _putenv(const char *assignment)
{
    const char *value = strchr(assignment, '=');
    struct iocp_text name;
    int result = -1;
    if (value == NULL)
        return -1;
    iocp_text_begin(&name);
    iocp_text_add(&name, assignment, (size_t)(value - assignment));
    if (iocp_text_bytes(&name) != NULL)
        result = _putenv_s(name.data, value + 1) == 0 ? 0 : -1;
    iocp_text_end(&name);
    return result;
}

/* The value stays valid until the thread asks again. */
IOCP_CRT wchar_t *_wgetenv(const wchar_t *name)
{
    static __thread wchar_t *kept;
    struct iocp_text text;
    const char *value = NULL;
    if (iocp_text_narrow(&text, name) != NULL)
        value = getenv(text.data);
    iocp_text_end(&text);
    if (value == NULL)
        return NULL;
    free(kept);
    kept = iocp_new_wide(value);
    return kept;
}

IOCP_CRT int _wsystem(const wchar_t *command)
{
    struct iocp_text text;
    int result = -1;
    if (command == NULL)
        return system(NULL);
    if (iocp_text_narrow(&text, command) != NULL)
        result = system(text.data);
    iocp_text_end(&text);
    return result;
}

IOCP_CRT _onexit_t _onexit(_onexit_t function)
{
    return atexit((void (*)(void))function) == 0 ? function : NULL;
}

IOCP_CRT errno_t _set_errno(int value)
{
    errno = value;
    return 0;
}

IOCP_CRT errno_t _get_errno(int *value)
{
    if (value == NULL)
        return iocp_invalid(EINVAL);
    *value = errno;
    return 0;
}

IOCP_CRT void _sleep(unsigned int milliseconds)
{
    while (milliseconds > 1000) {
        iocp_c_usleep(999999);
        milliseconds -= 1000;
    }
    iocp_c_usleep(milliseconds * 1000 > 999999 ? 999999 : milliseconds * 1000);
}

/* Sorting and searching: the comparison takes the context first here, last in the C library. */
struct iocp_order {
    int (*compare)(void *, const void *, const void *);
    void *context;
};

IOCP_CRT int iocp_compare(const void *a, const void *b, void *order)
{
    const struct iocp_order *o = (const struct iocp_order *)order;
    return o->compare(o->context, a, b);
}

IOCP_CRT void qsort_s(void *base, size_t count, size_t size,
                      int (*compare)(void *, const void *, const void *), void *context)
{
    struct iocp_order order;
    order.compare = compare;
    order.context = context;
    iocp_c_sort(base, count, size, iocp_compare, &order);
}

IOCP_CRT void *bsearch_s(const void *key, const void *base, size_t count, size_t size,
                         int (*compare)(void *, const void *, const void *), void *context)
{
    const char *low = (const char *)base;
    while (count > 0) {
        const char *middle = low + count / 2 * size;
        int order = compare(context, key, middle);
        if (order == 0)
            return (void *)(uintptr_t)middle;
        if (order > 0) {
            low = middle + size;
            count--;
        }
        count /= 2;
    }
    return NULL;
}

/* Paths. */
IOCP_CRT int iocp_directory_add(struct iocp_text *path, const char *part)
{
    while (*part != 0) {
        size_t n = strcspn(part, "/\\");
        if (n == 2 && part[0] == '.' && part[1] == '.') {
            while (path->length > 0 && path->data[path->length - 1] != '/')
                path->length--;
            if (path->length > 0)
                path->length--;
        } else if (n > 0 && !(n == 1 && part[0] == '.')) {
            iocp_text_add(path, "/", 1);
            iocp_text_add(path, part, n);
        }
        part += n;
        part += strspn(part, "/\\");
    }
    return !path->failed;
}

/* The absolute form of a path, which need not exist. */
IOCP_CRT char *_fullpath(char *to, const char *path, size_t size)
{
    struct iocp_text text;
    char directory[4096];
    char *result = NULL;
    if (path == NULL)
        path = "";
    iocp_text_begin(&text);
    if (*path != '/' && *path != '\\' && iocp_c_getcwd(directory, sizeof directory) != NULL)
        iocp_directory_add(&text, directory);
    iocp_directory_add(&text, path);
    if (text.length == 0)
        iocp_text_add(&text, "/", 1);
    if (iocp_text_bytes(&text) != NULL && to == NULL) {
        result = _strdup(text.data);
    } else if (!text.failed && text.length < size) {
        memcpy(to, text.data, text.length + 1);
        result = to;
    } else {
        errno = ERANGE;
    }
    iocp_text_end(&text);
    return result;
}

IOCP_CRT errno_t _makepath_s(char *to, size_t size, const char *drive, const char *dir,
                             const char *name, const char *extension)
{
    struct iocp_text text;
    errno_t error = 0;
    if (to == NULL || size == 0)
        return iocp_invalid(EINVAL);
    iocp_text_begin(&text);
    if (drive != NULL && *drive != 0) {
        iocp_text_add(&text, drive, 1);
        iocp_text_add(&text, ":", 1);
    }
    if (dir != NULL && *dir != 0) {
        iocp_text_add(&text, dir, strlen(dir));
        if (strchr("/\\", text.data[text.length - 1]) == NULL)
            iocp_text_add(&text, "/", 1);
    }
    if (name != NULL)
        iocp_text_add(&text, name, strlen(name));
    if (extension != NULL && *extension != 0) {
        if (*extension != '.')
            iocp_text_add(&text, ".", 1);
        iocp_text_add(&text, extension, strlen(extension));
    }
    if (iocp_text_bytes(&text) == NULL || text.length >= size) {
        *to = 0;
        error = ERANGE;
    } else {
        memcpy(to, text.data, text.length + 1);
    }
    iocp_text_end(&text);
    return error == 0 ? 0 : iocp_invalid(error);
}

IOCP_CRT void _makepath(char *to, const char *drive, const char *dir, const char *name,
                        const char *extension)
{
    _makepath_s(to, _MAX_PATH, drive, dir, name, extension);
}

/* Characters. */
IOCP_CRT int iswascii(wint_t c)
{
    return c < 0x80;
}

IOCP_CRT int __iscsymf(int c)
{
    return c == '_' || (c >= 0 && c < 0x80 && isalpha(c));
}

IOCP_CRT int __iscsym(int c)
{
    return c == '_' || (c >= 0 && c < 0x80 && isalnum(c));
}

/* The locale's name as wide text; it stays valid until the thread asks again. */
IOCP_CRT wchar_t *_wsetlocale(int category, const wchar_t *name)
{
    static __thread wchar_t *kept;
    struct iocp_text text;
    const char *result = NULL;
    if (name == NULL)
        result = iocp_c_setlocale(category, NULL);
    else if (iocp_text_narrow(&text, name) != NULL)
        result = iocp_c_setlocale(category, text.data);
    if (name != NULL)
        iocp_text_end(&text);
    if (result == NULL)
        return NULL;
    free(kept);
    kept = iocp_new_wide(result);
    return kept;
}

/* The names without an underscore, from before C had a standard. */
IOCP_CRT int stricmp(const char *a, const char *b)
{
    return _stricmp(a, b);
}

IOCP_CRT int strcmpi(const char *a, const char *b)
{
    return _stricmp(a, b);
}

IOCP_CRT int _strcmpi(const char *a, const char *b)
{
    return _stricmp(a, b);
}

IOCP_CRT int strnicmp(const char *a, const char *b, size_t count)
{
    return _strnicmp(a, b, count);
}

IOCP_CRT int wcsicmp(const wchar_t *a, const wchar_t *b)
{
    return _wcsicmp(a, b);
}

IOCP_CRT int wcsnicmp(const wchar_t *a, const wchar_t *b, size_t count)
{
    return _wcsnicmp(a, b, count);
}

IOCP_CRT char *strlwr(char *s)
{
    return _strlwr(s);
}

IOCP_CRT char *strupr(char *s)
{
    return _strupr(s);
}

IOCP_CRT char *strrev(char *s)
{
    return _strrev(s);
}

IOCP_CRT char *strset(char *s, int c)
{
    return _strset(s, c);
}

IOCP_CRT wchar_t *wcslwr(wchar_t *s)
{
    return _wcslwr(s);
}

IOCP_CRT wchar_t *wcsupr(wchar_t *s)
{
    return _wcsupr(s);
}

IOCP_CRT char *itoa(int value, char *to, int radix)
{
    return _itoa(value, to, radix);
}

IOCP_CRT char *ltoa(long value, char *to, int radix)
{
    return _ltoa(value, to, radix);
}

IOCP_CRT char *ultoa(unsigned long value, char *to, int radix)
{
    return _ultoa(value, to, radix);
}

#ifdef __cplusplus

/* The forms that learn the size from the array. */
template <size_t Size>
IOCP_CRT errno_t mbstowcs_s(size_t *converted, wchar_t (&to)[Size], const char *from, size_t count)
{
    return mbstowcs_s(converted, to, Size, from, count);
}

template <size_t Size>
IOCP_CRT errno_t wcstombs_s(size_t *converted, char (&to)[Size], const wchar_t *from, size_t count)
{
    return wcstombs_s(converted, to, Size, from, count);
}

template <size_t Size> IOCP_CRT errno_t strerror_s(char (&to)[Size], int error)
{
    return strerror_s(to, Size, error);
}

template <size_t Size> IOCP_CRT errno_t _wcserror_s(wchar_t (&to)[Size], int error)
{
    return _wcserror_s(to, Size, error);
}

template <size_t Size>
IOCP_CRT errno_t getenv_s(size_t *needed, char (&to)[Size], const char *name)
{
    return getenv_s(needed, to, Size, name);
}

template <size_t Size>
IOCP_CRT errno_t _makepath_s(char (&to)[Size], const char *drive, const char *dir,
                             const char *name, const char *extension)
{
    return _makepath_s(to, Size, drive, dir, name, extension);
}

template <size_t Drive, size_t Dir, size_t Name, size_t Extension>
IOCP_CRT errno_t _splitpath_s(const char *path, char (&drive)[Drive], char (&dir)[Dir],
                              char (&name)[Name], char (&extension)[Extension])
{
    return _splitpath_s(path, drive, Drive, dir, Dir, name, Name, extension, Extension);
}

template <size_t Drive, size_t Dir, size_t Name, size_t Extension>
IOCP_CRT errno_t _wsplitpath_s(const wchar_t *path, wchar_t (&drive)[Drive], wchar_t (&dir)[Dir],
                               wchar_t (&name)[Name], wchar_t (&extension)[Extension])
{
    return _wsplitpath_s(path, drive, Drive, dir, Dir, name, Name, extension, Extension);
}

#endif

IOCP_CRT_END

#endif
