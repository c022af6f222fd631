/* Completion ports and overlapped operations. */
#ifndef IOCP_IOAPISET_H
#define IOCP_IOAPISET_H
#pragma GCC system_header

#include "minwinbase.h"

IOCP_C_BEGIN

WINBASEAPI HANDLE WINAPI CreateIoCompletionPort(HANDLE file, HANDLE port, ULONG_PTR key,
    DWORD threads);
WINBASEAPI BOOL WINAPI GetQueuedCompletionStatus(HANDLE port, LPDWORD bytes, PULONG_PTR key,
    LPOVERLAPPED *overlapped, DWORD milliseconds);
WINBASEAPI BOOL WINAPI GetQueuedCompletionStatusEx(HANDLE port, LPOVERLAPPED_ENTRY entries,
    ULONG count, PULONG removed, DWORD milliseconds, BOOL alertable);
WINBASEAPI BOOL WINAPI PostQueuedCompletionStatus(HANDLE port, DWORD bytes, ULONG_PTR key,
    LPOVERLAPPED overlapped);
WINBASEAPI BOOL WINAPI GetOverlappedResult(HANDLE file, LPOVERLAPPED overlapped, LPDWORD bytes,
    BOOL wait);
WINBASEAPI BOOL WINAPI GetOverlappedResultEx(HANDLE file, LPOVERLAPPED overlapped, LPDWORD bytes,
    DWORD milliseconds, BOOL alertable);
WINBASEAPI BOOL WINAPI CancelIo(HANDLE file);
WINBASEAPI BOOL WINAPI CancelIoEx(HANDLE file, LPOVERLAPPED overlapped);
WINBASEAPI BOOL WINAPI CancelSynchronousIo(HANDLE thread);
WINBASEAPI BOOL WINAPI DeviceIoControl(HANDLE device, DWORD code, LPVOID in, DWORD in_size,
    LPVOID out, DWORD out_size, LPDWORD bytes, LPOVERLAPPED overlapped);

IOCP_C_END

#ifdef __cplusplus
IOCP_CXX_BEGIN
/* uintptr_t and size_t are `unsigned long` here, and the key is often one of them. */
template <class T>
inline BOOL GetQueuedCompletionStatus(HANDLE port, LPDWORD bytes, T *key, LPOVERLAPPED *overlapped,
    DWORD milliseconds, typename iocp_if_ulong<T>::type = 0)
{
    return GetQueuedCompletionStatus(port, bytes, reinterpret_cast<PULONG_PTR>(key), overlapped,
        milliseconds);
}
template <class T, class K>
inline BOOL GetQueuedCompletionStatus(HANDLE port, T *bytes, K *key, LPOVERLAPPED *overlapped,
    DWORD milliseconds, typename iocp_if_ulong<T>::type = 0)
{
    DWORD count = static_cast<DWORD>(*bytes);
    BOOL done = GetQueuedCompletionStatus(port, &count, key, overlapped, milliseconds);
    *bytes = count;
    return done;
}
template <class T>
inline BOOL GetOverlappedResult(HANDLE file, LPOVERLAPPED overlapped, T *bytes, BOOL wait,
    typename iocp_if_ulong<T>::type = 0)
{
    DWORD count = static_cast<DWORD>(*bytes);
    BOOL done = GetOverlappedResult(file, overlapped, &count, wait);
    *bytes = count;
    return done;
}
IOCP_CXX_END
#endif

#endif
