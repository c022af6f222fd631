/* The old name of a C++ header. */
#ifndef IOCP_NEW_H
#define IOCP_NEW_H
#pragma GCC system_header

#ifndef __cplusplus
#error new.h is for C++
#endif
#include <new>

using std::new_handler;
using std::set_new_handler;

#endif
