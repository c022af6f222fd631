// variants: short
/* Files by descriptor and directories, by paths with either separator. */
#include <windows.h>
#include <direct.h>
#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <share.h>
#include <string.h>
#include <sys/stat.h>

#include "check.h"

int main(void)
{
    char narrow[300];
    wchar_t wide[300];
    struct _stat status;
    int file, other;
    CHECK(_mkdir("crt_files") == 0 && _mkdir("crt_files") == -1 && errno == EEXIST);
    CHECK(_wmkdir(L"crt_files\\below") == 0);
    CHECK(_wsopen_s(&file, L"crt_files\\below/a.txt", _O_CREAT | _O_RDWR | _O_BINARY, _SH_DENYNO,
                    _S_IREAD | _S_IWRITE) == 0);
    CHECK(_write(file, "abc", 3) == 3 && _filelength(file) == 3 && _eof(file));
    CHECK(_lseek(file, 0, SEEK_SET) == 0 && !_eof(file) && _read(file, narrow, 9) == 3);
    CHECK(_sopen_s(&other, "crt_files/none", _O_RDONLY, _SH_DENYNO, 0) == ENOENT && other == -1);
    CHECK((other = _sopen("crt_files/below/a.txt", _O_RDONLY, _SH_DENYNO)) >= 0);
    CHECK(_read(other, narrow, 9) == 3 && _close(other) == 0);
    CHECK(_chsize(file, 1) == 0 && _filelengthi64(file) == 1 && _close(file) == 0);
    CHECK(_stat("crt_files/below/a.txt", &status) == 0 && status.st_size == 1);
    CHECK(_access("crt_files\\below\\a.txt", 4) == 0 && _waccess(L"crt_files\\none", 0) == -1);
    CHECK(_chdir("crt_files\\below") == 0 && _access("a.txt", 0) == 0);
    CHECK(_getcwd(narrow, 300) == narrow && strcmp(narrow + strlen(narrow) - 5, "below") == 0);
    CHECK(_wgetcwd(wide, 300) == wide && wcslen(wide) == strlen(narrow));
    CHECK(_unlink("a.txt") == 0 && _chdir("..\\..") == 0);
    CHECK(_wrmdir(L"crt_files\\below") == 0 && _rmdir("crt_files") == 0);
    return 0;
}
