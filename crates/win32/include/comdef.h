/* The text that belongs to an HRESULT, for which programs include this header. Nothing else of the
   component model's C++ side is offered. */
#ifndef IOCP_COMDEF_H
#define IOCP_COMDEF_H
#pragma GCC system_header

#ifndef __cplusplus
#error comdef.h is for C++
#endif
#include "windows.h"
#include "objbase.h"

class _com_error {
public:
    explicit _com_error(HRESULT result) : result_(result), text_(NULL) {}
    _com_error(const _com_error &other) : result_(other.result_), text_(NULL) {}
    _com_error &operator=(const _com_error &other)
    {
        result_ = other.result_;
        forget();
        return *this;
    }
    virtual ~_com_error() { forget(); }

    HRESULT Error() const { return result_; }
    WORD WCode() const
    {
        return HRESULT_FACILITY(result_) == FACILITY_ITF && HRESULT_CODE(result_) >= 0x200
                   ? (WORD)(HRESULT_CODE(result_) - 0x200)
                   : 0;
    }
    /* Without the end of line; valid as long as this object. */
    const TCHAR *ErrorMessage() const
    {
        if (text_ == NULL)
            read();
        return text_ != NULL ? text_ : TEXT("Unknown error");
    }

private:
    void read() const
    {
        DWORD length = FormatMessage(FORMAT_MESSAGE_ALLOCATE_BUFFER | FORMAT_MESSAGE_FROM_SYSTEM |
                FORMAT_MESSAGE_IGNORE_INSERTS,
            NULL, (DWORD)result_, MAKELANGID(LANG_NEUTRAL, SUBLANG_DEFAULT),
            reinterpret_cast<LPTSTR>(&text_), 0, NULL);
        while (length > 0 && (text_[length - 1] == '\n' || text_[length - 1] == '\r'))
            text_[--length] = 0;
    }
    void forget()
    {
        LocalFree(text_);
        text_ = NULL;
    }

    HRESULT result_;
    mutable LPTSTR text_;
};

#endif
