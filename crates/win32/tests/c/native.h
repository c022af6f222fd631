/* What mingw's headers and import libraries lack of what the tests here use. */
#ifndef NATIVE_H
#define NATIVE_H
#include <windows.h>
#include <winternl.h>
#include <stdio.h>
#include <stdlib.h>

#ifndef __COMPLETION_PORT__
typedef struct _FILE_IO_COMPLETION_INFORMATION {
    PVOID KeyContext;
    PVOID ApcContext;
    IO_STATUS_BLOCK IoStatusBlock;
} FILE_IO_COMPLETION_INFORMATION, *PFILE_IO_COMPLETION_INFORMATION;
typedef enum { IoCompletionBasicInformation } IO_COMPLETION_INFORMATION_CLASS;
typedef struct {
    LONG Depth;
} IO_COMPLETION_BASIC_INFORMATION;

#define NATIVE(type, name, parameters, arguments)                                          \
    __attribute__((unused)) static type native_##name parameters                           \
    {                                                                                      \
        type(NTAPI * call) parameters =                                                    \
            (type(NTAPI *) parameters)(void *)GetProcAddress(GetModuleHandleA("ntdll.dll"), #name); \
        if (call == NULL) {                                                                \
            puts(#name " is not there");                                                   \
            exit(77);                                                                      \
        }                                                                                  \
        return call arguments;                                                             \
    }
NATIVE(NTSTATUS, NtCreateIoCompletion,
       (PHANDLE port, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes, ULONG threads),
       (port, access, attributes, threads))
NATIVE(NTSTATUS, NtSetIoCompletion,
       (HANDLE port, PVOID key, PVOID context, NTSTATUS status, ULONG_PTR information),
       (port, key, context, status, information))
NATIVE(NTSTATUS, NtRemoveIoCompletion,
       (HANDLE port, PVOID *key, PVOID *context, PIO_STATUS_BLOCK status, PLARGE_INTEGER timeout),
       (port, key, context, status, timeout))
NATIVE(NTSTATUS, NtRemoveIoCompletionEx,
       (HANDLE port, PFILE_IO_COMPLETION_INFORMATION entries, ULONG count, PULONG removed,
        PLARGE_INTEGER timeout, BOOLEAN alertable),
       (port, entries, count, removed, timeout, alertable))
NATIVE(NTSTATUS, NtQueryIoCompletion,
       (HANDLE port, int what, PVOID information, ULONG length, PULONG returned),
       (port, what, information, length, returned))
NATIVE(NTSTATUS, NtCreateWaitCompletionPacket,
       (PHANDLE packet, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes),
       (packet, access, attributes))
NATIVE(NTSTATUS, NtAssociateWaitCompletionPacket,
       (HANDLE packet, HANDLE port, HANDLE object, PVOID key, PVOID context, NTSTATUS status,
        ULONG_PTR information, PBOOLEAN signaled),
       (packet, port, object, key, context, status, information, signaled))
NATIVE(NTSTATUS, NtCancelWaitCompletionPacket, (HANDLE packet, BOOLEAN remove_signaled),
       (packet, remove_signaled))
#define NtCreateIoCompletion native_NtCreateIoCompletion
#define NtSetIoCompletion native_NtSetIoCompletion
#define NtRemoveIoCompletion native_NtRemoveIoCompletion
#define NtRemoveIoCompletionEx native_NtRemoveIoCompletionEx
#define NtQueryIoCompletion native_NtQueryIoCompletion
#define NtCreateWaitCompletionPacket native_NtCreateWaitCompletionPacket
#define NtAssociateWaitCompletionPacket native_NtAssociateWaitCompletionPacket
#define NtCancelWaitCompletionPacket native_NtCancelWaitCompletionPacket

__attribute__((unused)) static BOOL native_same(HANDLE first, HANDLE second)
{
    BOOL(WINAPI * call)(HANDLE, HANDLE) = (BOOL(WINAPI *)(HANDLE, HANDLE))(void *)GetProcAddress(
        GetModuleHandleA("kernelbase.dll"), "CompareObjectHandles");
    return call(first, second);
}
#define CompareObjectHandles native_same
#endif
#endif
