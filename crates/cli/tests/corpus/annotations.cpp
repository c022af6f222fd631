// links: no
// bridged: __in and __out
#include <windows.h>
#include <string>

static LONG WINAPI filter(__in PEXCEPTION_POINTERS pointers, __out DWORD *code, __in_opt void *more)
{
    *code = pointers->ExceptionRecord->ExceptionCode;
    return more != nullptr;
}

int use() { return filter(nullptr, nullptr, nullptr); }
