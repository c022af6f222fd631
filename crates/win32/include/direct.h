/* Directories. Paths may have the separators of Windows; there are no drives. */
#ifndef IOCP_DIRECT_H
#define IOCP_DIRECT_H
#pragma GCC system_header

#include <sys/stat.h>
#include "iocpcrt.h"

IOCP_CRT_BEGIN

IOCP_CRT int _mkdir(const char *path)
{
    return iocp_path_call(path, iocp_make_directory);
}

IOCP_CRT int _rmdir(const char *path)
{
    return iocp_path_call(path, iocp_c_rmdir);
}

IOCP_CRT int _chdir(const char *path)
{
    return iocp_path_call(path, iocp_c_chdir);
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

#ifdef __cplusplus
/* Next to the mkdir of <sys/stat.h>, which takes a mode. */
IOCP_CRT int mkdir(const char *path)
{
    return _mkdir(path);
}
#endif

IOCP_CRT_END

#endif
