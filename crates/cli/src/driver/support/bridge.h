/* What every source under `iocp cc` is compiled with, behind the standard headers. */
#ifndef IOCP_BRIDGE_H
#define IOCP_BRIDGE_H
#pragma GCC system_header

/* The program is one for Windows: it shall find no other system in its conditions. The standard
   headers, which depend on the real one, have been read. _MSC_VER is not defined, since this is
   not that compiler: conditions on it often guard its own intrinsics and pragmas. */
#undef linux
#undef __linux
#undef __linux__
#undef __gnu_linux__
#undef unix
#undef __unix
#undef __unix__
#ifndef _WIN32
#define _WIN32 1
#endif
#ifndef _WIN64
#define _WIN64 1
#endif
#ifndef WIN32
#define WIN32 1
#endif
#if defined __x86_64__
#ifndef _M_X64
#define _M_X64 100
#endif
#ifndef _M_AMD64
#define _M_AMD64 100
#endif
#elif defined __aarch64__ && !defined _M_ARM64
#define _M_ARM64 1
#endif
#ifndef _MT
#define _MT 1
#endif

#include <iocpbase.h>

/* __pragma(pack(push, 1)) within a macro. */
#ifndef __pragma
#define __pragma(...) IOCP_PRAGMA(__VA_ARGS__)
#define IOCP_PRAGMA(...) _Pragma(#__VA_ARGS__)
#endif

/* Around an __except block; the rest is in excpt.h, which windows.h includes. */
#if defined __cplusplus && defined __cpp_exceptions
#define IOCP_TRY try
#define IOCP_EXCEPT(...)                                    \
    catch (const ::iocp_seh_raised &iocp_raised)            \
    {                                                       \
        ::iocp_seh_catch(iocp_raised);                      \
    }                                                       \
    if (::iocp_seh_caught() && ::iocp_seh_filter(__VA_ARGS__))
#else
#define IOCP_TRY
#define IOCP_EXCEPT(...) if (0 && (__VA_ARGS__))
#endif

/* A port's key without a cast to 32 bits, and its place without one to a pointer to them. */
#define IOCP_KEY(key)                                                                     \
    (sizeof(key) == sizeof(ULONG_PTR) ? (ULONG_PTR)(key) : (ULONG_PTR)(DWORD)(ULONG_PTR)(key))
#define IOCP_KEY_PLACE(place)                                                             \
    ((PULONG_PTR)(void *)((place) +                                                       \
        0 * sizeof(char[sizeof *(place) == sizeof(ULONG_PTR) ? 1 : -1])))

#ifndef __FUNCSIG__
#define __FUNCSIG__ __PRETTY_FUNCTION__
#endif
/* _T(__FUNCTION__) pastes an L in front of what is a macro for Microsoft and a variable here. */
#define L__FUNCTION__ __FUNCTIONW__

#ifdef __cplusplus
extern "C" char **environ;
#else
extern char **environ;
#endif

/* UTF-8 to wide characters of either width; a byte that is no UTF-8 stands for itself. */
__attribute__((unused)) static wchar_t *iocp_widened(const char *text)
{
    const unsigned char *in = (const unsigned char *)text;
    wchar_t *wide = (wchar_t *)malloc((strlen(text) + 1) * sizeof(wchar_t));
    wchar_t *out = wide;
    if (wide == NULL)
        abort();
    while (*in != 0) {
        unsigned int c = *in++;
        int more = c >= 0xf0 && c < 0xf8 ? 3 : c >= 0xe0 && c < 0xf0 ? 2 : c >= 0xc0 && c < 0xe0;
        int at = 0;
        while (at < more && (in[at] & 0xc0) == 0x80)
            at++;
        if (more > 0 && at == more) {
            c &= 0x3fu >> more;
            while (at-- > 0)
                c = c << 6 | (*in++ & 0x3fu);
        }
        if (sizeof(wchar_t) == 2 && c > 0xffff) {
            *out++ = (wchar_t)(0xd800 + ((c - 0x10000) >> 10));
            c = 0xdc00 + ((c - 0x10000) & 0x3ff);
        }
        *out++ = (wchar_t)c;
    }
    *out = 0;
    return wide;
}

/* They live as long as the program, as those of Windows do. */
__attribute__((unused)) static wchar_t **iocp_wide_arguments(int argc, char **argv)
{
    wchar_t **wide = (wchar_t **)malloc((size_t)(argc + 1) * sizeof(wchar_t *));
    int at;
    if (wide == NULL)
        abort();
    for (at = 0; at < argc; at++)
        wide[at] = iocp_widened(argv[at]);
    wide[argc] = NULL;
    return wide;
}

__attribute__((unused)) static wchar_t **iocp_wide_environment(void)
{
    int count = 0;
    while (environ[count] != NULL)
        count++;
    return iocp_wide_arguments(count, environ);
}

/* The arguments as _tmain takes them: `type` is _TCHAR, which the program's headers define. */
#ifdef __cplusplus
namespace iocp {
inline void *arguments(wchar_t *, int argc, char **argv)
{
    return iocp_wide_arguments(argc, argv);
}
inline void *arguments(char *, int, char **argv)
{
    return argv;
}
inline void *environment(wchar_t *)
{
    return iocp_wide_environment();
}
inline void *environment(char *)
{
    return environ;
}
/* A pointer for a parameter of any type: Microsoft's linker does not compare them. */
class any_pointer {
public:
    explicit any_pointer(void *pointer) : pointer_(pointer) {}
    template <class T> operator T() const { return (T)pointer_; }

private:
    void *pointer_;
};
/* A key's place that has 32 bits. A key that does not fit would name something else. */
template <class T> class narrow_key {
public:
    explicit narrow_key(T *place) : place_(place), key_((unsigned int)*place) {}
    narrow_key(const narrow_key &) = delete;
    narrow_key &operator=(const narrow_key &) = delete;
    operator unsigned long long *() { return &key_; }
    ~narrow_key()
    {
        if (key_ != (unsigned int)key_ && (long long)key_ != (int)key_) {
            fprintf(stderr, "iocp: a port's key does not fit into 32 bits: %#llx\n", key_);
            abort();
        }
        *place_ = (T)key_;
    }

private:
    T *place_;
    unsigned long long key_;
};
}
#define IOCP_ARGUMENTS(type, argc, argv) iocp::arguments((type *)0, argc, argv)
#define IOCP_ENVIRONMENT(type) iocp::environment((type *)0)
#else
#define IOCP_ARGUMENTS(type, argc, argv)                                                  \
    _Generic((type *)0, wchar_t *: (void *)iocp_wide_arguments(argc, argv), default: (void *)(argv))
#define IOCP_ENVIRONMENT(type)                                                            \
    _Generic((type *)0, wchar_t *: (void *)iocp_wide_environment(), default: (void *)environ)
#endif

#ifdef __cplusplus
/* Microsoft's <thread> has it. */
#include <process.h>

#ifndef _STD
#define _STD ::std::
#define _STD_BEGIN namespace std {
#define _STD_END }
#endif

/* What became C++11 was in std::tr1 before, and stayed there for long. */
namespace std {
namespace tr1 {
using namespace ::std;
}
}

namespace iocp {
/* std::exception with a message. */
class exception : public std::exception {
public:
    exception() noexcept : message_("Unknown exception") {}
    exception(const char *message) : message_(message != nullptr ? message : "") {}
    exception(const char *message, int) : exception(message) {}
    const char *what() const noexcept override { return message_.c_str(); }

private:
    std::string message_;
};

/* Runs a __finally block when its __try block is left. */
template <class Block> class finally_block {
public:
    explicit finally_block(Block block) : block_(block) {}
    finally_block(finally_block &&other) : block_(other.block_) { other.runs_ = false; }
    finally_block &operator=(const finally_block &) = delete;
    ~finally_block() noexcept(false)
    {
        if (runs_)
            block_(abnormal_);
    }
    /* The block was left by its end, or by __leave. */
    void ends() { abnormal_ = false; }

private:
    Block block_;
    bool abnormal_ = true;
    bool runs_ = true;
};
template <class Block> finally_block<Block> finally(Block block)
{
    return finally_block<Block>(block);
}
}
#endif

#endif
