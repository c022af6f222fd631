/* The native layer, as far as it is about completion: programs usually fetch these functions by
   GetProcAddress or declare them by hand; both work. */
#ifndef IOCP_WINTERNL_H
#define IOCP_WINTERNL_H
#pragma GCC system_header

#include "windef.h"

#ifndef _NTDEF_
typedef LONG NTSTATUS, *PNTSTATUS;

typedef struct _UNICODE_STRING {
    USHORT Length;
    USHORT MaximumLength;
    PWSTR Buffer;
} UNICODE_STRING, *PUNICODE_STRING;
typedef const UNICODE_STRING *PCUNICODE_STRING;

typedef struct _OBJECT_ATTRIBUTES {
    ULONG Length;
    HANDLE RootDirectory;
    PUNICODE_STRING ObjectName;
    ULONG Attributes;
    PVOID SecurityDescriptor;
    PVOID SecurityQualityOfService;
} OBJECT_ATTRIBUTES, *POBJECT_ATTRIBUTES;
#endif

typedef struct _IO_STATUS_BLOCK {
    __extension__ union {
        NTSTATUS Status;
        PVOID Pointer;
    };
    ULONG_PTR Information;
} IO_STATUS_BLOCK, *PIO_STATUS_BLOCK;

typedef VOID (NTAPI *PIO_APC_ROUTINE)(PVOID context, PIO_STATUS_BLOCK status, ULONG reserved);

typedef struct _FILE_IO_COMPLETION_INFORMATION {
    PVOID KeyContext;
    PVOID ApcContext;
    IO_STATUS_BLOCK IoStatusBlock;
} FILE_IO_COMPLETION_INFORMATION, *PFILE_IO_COMPLETION_INFORMATION;

typedef enum _IO_COMPLETION_INFORMATION_CLASS {
    IoCompletionBasicInformation
} IO_COMPLETION_INFORMATION_CLASS;

typedef struct _IO_COMPLETION_BASIC_INFORMATION {
    LONG Depth;
} IO_COMPLETION_BASIC_INFORMATION, *PIO_COMPLETION_BASIC_INFORMATION;

/* Of the many classes those that concern completion. */
typedef enum _FILE_INFORMATION_CLASS {
    FileCompletionInformation = 30,
    FileIoCompletionNotificationInformation = 41,
    FileReplaceCompletionInformation = 61
} FILE_INFORMATION_CLASS, *PFILE_INFORMATION_CLASS;

typedef struct _FILE_COMPLETION_INFORMATION {
    HANDLE Port;
    PVOID Key;
} FILE_COMPLETION_INFORMATION, *PFILE_COMPLETION_INFORMATION;

typedef struct _FILE_IO_COMPLETION_NOTIFICATION_INFORMATION {
    ULONG Flags;
} FILE_IO_COMPLETION_NOTIFICATION_INFORMATION, *PFILE_IO_COMPLETION_NOTIFICATION_INFORMATION;

#define NT_SUCCESS(status) ((NTSTATUS)(status) >= 0)
#define NT_INFORMATION(status) ((ULONG)(status) >> 30 == 1)
#define NT_WARNING(status) ((ULONG)(status) >> 30 == 2)
#define NT_ERROR(status) ((ULONG)(status) >> 30 == 3)
#define OBJ_INHERIT 0x00000002
#define OBJ_CASE_INSENSITIVE 0x00000040
#define OBJ_OPENIF 0x00000080
#define InitializeObjectAttributes(attributes, name, flags, root, security) \
    do {                                                                    \
        (attributes)->Length = sizeof(OBJECT_ATTRIBUTES);                   \
        (attributes)->RootDirectory = (root);                               \
        (attributes)->Attributes = (flags);                                 \
        (attributes)->ObjectName = (name);                                  \
        (attributes)->SecurityDescriptor = (security);                      \
        (attributes)->SecurityQualityOfService = NULL;                      \
    } while (0)
#define IO_COMPLETION_QUERY_STATE 0x0001

IOCP_C_BEGIN

NTSYSAPI NTSTATUS NTAPI RtlGetVersion(PRTL_OSVERSIONINFOW information) IOCP_WIDE(RtlGetVersion);
NTSTATUS NTAPI NtClose(HANDLE handle);
NTSYSAPI ULONG NTAPI RtlNtStatusToDosError(NTSTATUS status);
NTSYSAPI NTSTATUS NTAPI NtCreateIoCompletion(PHANDLE port, ACCESS_MASK access,
    POBJECT_ATTRIBUTES attributes, ULONG threads);
NTSYSAPI NTSTATUS NTAPI NtSetIoCompletion(HANDLE port, PVOID key, PVOID context, NTSTATUS status,
    ULONG_PTR information);
NTSYSAPI NTSTATUS NTAPI NtRemoveIoCompletion(HANDLE port, PVOID *key, PVOID *context,
    PIO_STATUS_BLOCK status, PLARGE_INTEGER timeout);
NTSYSAPI NTSTATUS NTAPI NtRemoveIoCompletionEx(HANDLE port,
    PFILE_IO_COMPLETION_INFORMATION entries, ULONG count, PULONG removed, PLARGE_INTEGER timeout,
    BOOLEAN alertable);
NTSYSAPI NTSTATUS NTAPI NtQueryIoCompletion(HANDLE port, IO_COMPLETION_INFORMATION_CLASS what,
    PVOID information, ULONG length, PULONG returned);
NTSYSAPI NTSTATUS NTAPI NtCreateWaitCompletionPacket(PHANDLE packet, ACCESS_MASK access,
    POBJECT_ATTRIBUTES attributes);
NTSYSAPI NTSTATUS NTAPI NtAssociateWaitCompletionPacket(HANDLE packet, HANDLE port, HANDLE object,
    PVOID key, PVOID context, NTSTATUS status, ULONG_PTR information, PBOOLEAN signaled);
NTSYSAPI NTSTATUS NTAPI NtCancelWaitCompletionPacket(HANDLE packet, BOOLEAN remove_signaled);
NTSYSAPI NTSTATUS NTAPI NtSetInformationFile(HANDLE file, PIO_STATUS_BLOCK status,
    PVOID information, ULONG length, FILE_INFORMATION_CLASS what);

IOCP_C_END

#endif
