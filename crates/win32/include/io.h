/* Files by descriptor. */
#ifndef IOCP_IO_H
#define IOCP_IO_H
#pragma GCC system_header

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "iocpcrt.h"

IOCP_CRT_BEGIN

IOCP_CRT int _access(const char *path, int mode)
{
    struct iocp_text text;
    int result = -1;
    if (iocp_text_path(&text, path) != NULL)
        result = iocp_c_access(text.data, mode & 6);
    iocp_text_end(&text);
    return result;
}

IOCP_CRT errno_t _access_s(const char *path, int mode)
{
    if (path == NULL)
        return iocp_invalid(EINVAL);
    return _access(path, mode) == 0 ? 0 : errno;
}

/* The flags that say how to read a text mean nothing to the kernel. */
IOCP_CRT int iocp_open(const char *path, int flags, int mode)
{
    struct iocp_text text;
    int descriptor = -1;
    if (iocp_text_path(&text, path) != NULL)
        descriptor = iocp_c_open(text.data, flags & ~(_O_BINARY | _O_TEXT | 0x0f000000),
                                 mode & _S_IWRITE ? 0666 : 0444);
    iocp_text_end(&text);
    return descriptor;
}

IOCP_CRT int _open(const char *path, int flags, ...)
{
    int mode = _S_IWRITE;
    va_list list;
    va_start(list, flags);
    if (flags & O_CREAT)
        mode = va_arg(list, int);
    va_end(list);
    return iocp_open(path, flags, mode);
}

IOCP_CRT int _wopen(const wchar_t *path, int flags, ...)
{
    struct iocp_text text;
    int mode = _S_IWRITE, descriptor = -1;
    va_list list;
    va_start(list, flags);
    if (flags & O_CREAT)
        mode = va_arg(list, int);
    va_end(list);
    if (iocp_text_narrow(&text, path) != NULL)
        descriptor = iocp_open(text.data, flags, mode);
    iocp_text_end(&text);
    return descriptor;
}

IOCP_CRT errno_t _sopen_s(int *descriptor, const char *path, int flags, int share, int mode)
{
    (void)share;
    if (descriptor == NULL || path == NULL)
        return iocp_invalid(EINVAL);
    *descriptor = iocp_open(path, flags, mode);
    return *descriptor < 0 ? errno : 0;
}

IOCP_CRT errno_t _wsopen_s(int *descriptor, const wchar_t *path, int flags, int share, int mode)
{
    (void)share;
    if (descriptor == NULL || path == NULL)
        return iocp_invalid(EINVAL);
    *descriptor = _wopen(path, flags, mode);
    return *descriptor < 0 ? errno : 0;
}

IOCP_CRT int _sopen(const char *path, int flags, int share, ...)
{
    int mode = _S_IWRITE;
    va_list list;
    va_start(list, share);
    if (flags & O_CREAT)
        mode = va_arg(list, int);
    va_end(list);
    return iocp_open(path, flags, mode);
}

IOCP_CRT int _wsopen(const wchar_t *path, int flags, int share, ...)
{
    int mode = _S_IWRITE;
    va_list list;
    va_start(list, share);
    if (flags & O_CREAT)
        mode = va_arg(list, int);
    va_end(list);
    return _wopen(path, flags, mode);
}

IOCP_CRT int _close(int descriptor)
{
    return close(descriptor);
}

IOCP_CRT int _read(int descriptor, void *to, unsigned int size)
{
    return (int)read(descriptor, to, size > INT_MAX ? INT_MAX : size);
}

IOCP_CRT int _write(int descriptor, const void *from, unsigned int size)
{
    return (int)write(descriptor, from, size > INT_MAX ? INT_MAX : size);
}

IOCP_CRT long long _lseeki64(int descriptor, long long offset, int origin)
{
    return lseek(descriptor, (off_t)offset, origin);
}

IOCP_CRT long _lseek(int descriptor, long offset, int origin)
{
    return lseek(descriptor, offset, origin);
}

IOCP_CRT long long _telli64(int descriptor)
{
    return lseek(descriptor, 0, SEEK_CUR);
}

IOCP_CRT long _tell(int descriptor)
{
    return lseek(descriptor, 0, SEEK_CUR);
}

IOCP_CRT long long _filelengthi64(int descriptor)
{
    struct stat status;
    return fstat(descriptor, &status) == 0 ? (long long)status.st_size : -1;
}

IOCP_CRT long _filelength(int descriptor)
{
    return (long)_filelengthi64(descriptor);
}

IOCP_CRT int _eof(int descriptor)
{
    long long at = _telli64(descriptor);
    return at < 0 ? -1 : at >= _filelengthi64(descriptor);
}

IOCP_CRT errno_t _chsize_s(int descriptor, long long size)
{
    return iocp_c_ftruncate(descriptor, (long)size) == 0 ? 0 : errno;
}

IOCP_CRT int _chsize(int descriptor, long size)
{
    return iocp_c_ftruncate(descriptor, size);
}

IOCP_CRT int _commit(int descriptor)
{
    return iocp_c_fsync(descriptor);
}

IOCP_CRT int _isatty(int descriptor)
{
    return isatty(descriptor);
}

IOCP_CRT int _dup(int descriptor)
{
    return dup(descriptor);
}

IOCP_CRT int _dup2(int from, int to)
{
    return dup2(from, to) < 0 ? -1 : 0;
}

IOCP_CRT int _umask(int mask)
{
    return (int)umask((mode_t)mask);
}

IOCP_CRT int _setmode(int descriptor, int mode)
{
    (void)descriptor;
    (void)mode;
    return _O_BINARY;
}

#ifdef __cplusplus
IOCP_CRT int setmode(int descriptor, int mode)
{
    return _setmode(descriptor, mode);
}
#endif

IOCP_CRT_END

#endif
