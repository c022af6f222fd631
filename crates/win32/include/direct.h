/* Directories. Paths may have the separators of Windows; there are no drives. */
#ifndef IOCP_DIRECT_H
#define IOCP_DIRECT_H
#pragma GCC system_header

#include <sys/stat.h>
#include "iocpcrt.h"

IOCP_CRT_BEGIN

IOCP_CRT int iocp_make_directory(const char *path)
{
    return iocp_c_mkdir(path, 0777);
}

IOCP_CRT int _mkdir(const char *path)
{
    return iocp_path_call(path, iocp_make_directory);
}

IOCP_CRT int _wmkdir(const wchar_t *path)
{
    return iocp_wide_path_call(path, iocp_make_directory);
}

IOCP_CRT int _rmdir(const char *path)
{
    return iocp_path_call(path, iocp_c_rmdir);
}

IOCP_CRT int _wrmdir(const wchar_t *path)
{
    return iocp_wide_path_call(path, iocp_c_rmdir);
}

IOCP_CRT int _chdir(const char *path)
{
    return iocp_path_call(path, iocp_c_chdir);
}

IOCP_CRT int _wchdir(const wchar_t *path)
{
    return iocp_wide_path_call(path, iocp_c_chdir);
}

/* Without a buffer the result is the caller's to free. */
IOCP_CRT char *_getcwd(char *buffer, int size)
{
    if (buffer == NULL)
        return iocp_c_getcwd(NULL, 0);
    if (size <= 0) {
        errno = EINVAL;
        return NULL;
    }
    return iocp_c_getcwd(buffer, (size_t)size);
}

IOCP_CRT wchar_t *_wgetcwd(wchar_t *buffer, int size)
{
    char *narrow = iocp_c_getcwd(NULL, 0);
    size_t length, units;
    if (narrow == NULL)
        return NULL;
    if (buffer == NULL) {
        buffer = iocp_new_wide(narrow);
        free(narrow);
        return buffer;
    }
    length = strlen(narrow);
    units = iocp_count_wide(narrow, length);
    if (size <= 0 || units >= (size_t)size) {
        errno = ERANGE;
        buffer = NULL;
    } else {
        buffer[iocp_store_wide(buffer, units, narrow, length)] = 0;
    }
    free(narrow);
    return buffer;
}

#ifdef __cplusplus
/* Next to the mkdir of <sys/stat.h>, which takes a mode. */
IOCP_CRT int mkdir(const char *path)
{
    return _mkdir(path);
}
#endif

IOCP_CRT_END

#endif
