/* Directories and the existence of files by wide names, which Microsoft's <wchar.h> declares, too. */
#ifndef IOCP_FOLDERS_H
#define IOCP_FOLDERS_H
#pragma GCC system_header

#include "iocpcrt.h"

IOCP_CRT_BEGIN

IOCP_CRT int iocp_make_directory(const char *path)
{
    return iocp_c_mkdir(path, 0777);
}

IOCP_CRT int _wmkdir(const wchar_t *path)
{
    return iocp_wide_path_call(path, iocp_make_directory);
}

IOCP_CRT int _wrmdir(const wchar_t *path)
{
    return iocp_wide_path_call(path, iocp_c_rmdir);
}

IOCP_CRT int _wchdir(const wchar_t *path)
{
    return iocp_wide_path_call(path, iocp_c_chdir);
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

IOCP_CRT int _waccess(const wchar_t *path, int mode)
{
    struct iocp_text text;
    int result = -1;
    if (iocp_text_wide_path(&text, path) != NULL)
        result = iocp_c_access(text.data, mode & 6);
    iocp_text_end(&text);
    return result;
}

IOCP_CRT errno_t _waccess_s(const wchar_t *path, int mode)
{
    if (path == NULL)
        return iocp_invalid(EINVAL);
    return _waccess(path, mode) == 0 ? 0 : errno;
}

IOCP_CRT_END

#endif
