/* Structured exception handling, for programs that use it to tidy up.

   A fault of the processor is a signal here and goes to SetUnhandledExceptionFilter; no __except
   block sees it. What works: the blocks run in order, __leave ends one, and __except takes what
   RaiseException raised. In C++ a __finally block also runs when a C++ exception passes; a `return`
   out of a __try block skips it, in both languages. */
#ifndef IOCP_EXCPT_H
#define IOCP_EXCPT_H
#pragma GCC system_header

#include "winnt.h"
#include "errhandlingapi.h"

#define EXCEPTION_EXECUTE_HANDLER 1
#define EXCEPTION_CONTINUE_SEARCH 0
#define EXCEPTION_CONTINUE_EXECUTION (-1)

#ifdef __cplusplus
IOCP_CXX_BEGIN
/* libstdc++ has a macro __try itself, which stands for `try`. So that is what __try means in C++,
   and it does not matter whether a standard header comes before this one or after it. */
#include <exception>
IOCP_CXX_END
#ifndef __try
#define __try try
#endif
#endif

#if defined(__cplusplus) && defined(__cpp_exceptions)
IOCP_CXX_BEGIN
struct iocp_seh_leave {};
struct iocp_seh_raised {
    EXCEPTION_RECORD record;
};
struct iocp_seh_thread {
    bool caught;
    EXCEPTION_RECORD record;
    EXCEPTION_POINTERS pointers;
    std::exception_ptr passing;
};
inline iocp_seh_thread &iocp_seh()
{
    static thread_local iocp_seh_thread state;
    return state;
}
inline void iocp_seh_catch(const iocp_seh_raised &raised)
{
    iocp_seh_thread &state = iocp_seh();
    state.caught = true;
    state.record = raised.record;
    state.pointers.ExceptionRecord = &state.record;
    state.pointers.ContextRecord = NULL;
}
inline bool iocp_seh_caught()
{
    bool caught = iocp_seh().caught;
    iocp_seh().caught = false;
    return caught;
}
/* A filter that does not want the exception passes it on. */
inline bool iocp_seh_filter(int answer)
{
    if (answer == EXCEPTION_EXECUTE_HANDLER)
        return true;
    throw iocp_seh_raised{iocp_seh().record};
}
/* Runs the block of a __finally once, and after it lets the exception go on that was passing. */
struct iocp_seh_finally {
    iocp_seh_finally() : first(true), passing(iocp_seh().passing) { iocp_seh().passing = nullptr; }
    bool run()
    {
        if (first) {
            first = false;
            return true;
        }
        if (passing)
            std::rethrow_exception(passing);
        return false;
    }
    int abnormal() const { return passing ? 1 : 0; }
    bool first;
    std::exception_ptr passing;
};
inline void iocp_raise_exception(DWORD code, DWORD flags, DWORD count, const ULONG_PTR *arguments)
{
    /* By this code a thread tells a debugger its name, expecting to go on. */
    if (code == 0x406D1388) {
        RaiseException(code, flags, count, arguments);
        return;
    }
    iocp_seh_raised raised = {};
    raised.record.ExceptionCode = code;
    raised.record.ExceptionFlags = flags;
    raised.record.ExceptionAddress = __builtin_return_address(0);
    for (DWORD i = 0; arguments && i < count && i < EXCEPTION_MAXIMUM_PARAMETERS; i++) {
        raised.record.ExceptionInformation[i] = arguments[i];
        raised.record.NumberParameters = i + 1;
    }
    throw raised;
}
IOCP_CXX_END
#define RaiseException iocp_raise_exception
#define __leave throw ::iocp_seh_leave()
#define __except(filter)                       \
    catch (const ::iocp_seh_leave &)           \
    {                                          \
    }                                          \
    catch (const ::iocp_seh_raised &iocp_raised) \
    {                                          \
        ::iocp_seh_catch(iocp_raised);         \
    }                                          \
    if (::iocp_seh_caught() && ::iocp_seh_filter(filter))
#define __finally                                       \
    catch (const ::iocp_seh_leave &)                    \
    {                                                   \
    }                                                   \
    catch (...)                                         \
    {                                                   \
        ::iocp_seh().passing = std::current_exception(); \
    }                                                   \
    for (::iocp_seh_finally iocp_seh_block; iocp_seh_block.run();)
#define GetExceptionCode() (::iocp_seh().record.ExceptionCode)
#define GetExceptionInformation() (&::iocp_seh().pointers)
#define AbnormalTermination() (iocp_seh_block.abnormal())
#else
/* Plain blocks. __leave jumps to a label of the function, so a function that has two __try blocks
   does not compile rather than jump to the wrong one. Nothing is ever caught. */
#ifndef __try
#define __try
#endif
#define __leave goto iocp_seh_leave
#define __except(filter)                             \
    iocp_seh_leave:                                  \
    __attribute__((unused)) if (0 && (filter))
#define __finally       \
    iocp_seh_leave:     \
    __attribute__((unused));
#define GetExceptionCode() ((DWORD)0)
#define GetExceptionInformation() ((PEXCEPTION_POINTERS)NULL)
#define AbnormalTermination() 0
#endif
#define _exception_code GetExceptionCode
#define _exception_info GetExceptionInformation
#define _abnormal_termination AbnormalTermination

#endif
