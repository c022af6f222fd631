// variants: clang
/* S-030, S-046, S-112, S-117, S-400: the native calls of ports, and wait completion packets. */
#include <windows.h>
#include "native.h"
#include "check.h"

static HANDLE port;

static LONG depth(void)
{
    IO_COMPLETION_BASIC_INFORMATION information = {-1};
    ULONG length = 0;

    CHECK(NtQueryIoCompletion(port, IoCompletionBasicInformation, &information,
                              sizeof(information), &length) == 0);
    CHECK(length == sizeof(information));
    return information.Depth;
}

static void packets(void)
{
    PVOID key, context;
    IO_STATUS_BLOCK block;
    FILE_IO_COMPLETION_INFORMATION entries[4];
    LARGE_INTEGER timeout;
    OVERLAPPED *out;
    DWORD bytes;
    ULONG_PTR win_key;
    ULONG removed, i;

    timeout.QuadPart = 0;
    CHECK(NtRemoveIoCompletion(port, &key, &context, &block, &timeout) == STATUS_TIMEOUT);
    timeout.QuadPart = -20 * 10000;
    CHECK(NtRemoveIoCompletion(port, &key, &context, &block, &timeout) == STATUS_TIMEOUT);
    /* The information keeps all its bits. */
    CHECK(NtSetIoCompletion(port, (PVOID)123, (PVOID)456, (NTSTATUS)0xc0000010,
                            0x1234567800000003ull) == 0);
    CHECK(NtSetIoCompletion(port, (PVOID)1, NULL, (NTSTATUS)0xdeadbeef, 5) == 0);
    CHECK(depth() == 2);
    memset(&block, 0xcc, sizeof(block));
    CHECK(NtRemoveIoCompletion(port, &key, &context, &block, NULL) == 0);
    CHECK(key == (PVOID)123 && context == (PVOID)456 && block.Status == (NTSTATUS)0xc0000010);
    CHECK(block.Information == 0x1234567800000003ull && depth() == 1);
    CHECK(NtRemoveIoCompletion(port, &key, &context, &block, NULL) == 0);
    CHECK(block.Status == (NTSTATUS)0xdeadbeef && block.Information == 5);

    /* Seen from the other side: a warning is no success, the bytes are the low half. */
    CHECK(NtSetIoCompletion(port, (PVOID)7, (PVOID)8, (NTSTATUS)0x80000005, 0x100000009ull) == 0);
    CHECK(!GetQueuedCompletionStatus(port, &bytes, &win_key, &out, 0));
    CHECK(GetLastError() == ERROR_MORE_DATA && bytes == 9 && win_key == 7 && out == (OVERLAPPED *)8);
    CHECK(NtSetIoCompletion(port, (PVOID)7, (PVOID)8, (NTSTATUS)0xc000020d, 0) == 0);
    CHECK(!GetQueuedCompletionStatus(port, &bytes, &win_key, &out, 0));
    CHECK(GetLastError() == ERROR_NETNAME_DELETED && out == (OVERLAPPED *)8);

    for (i = 0; i < 6; i++)
        CHECK(PostQueuedCompletionStatus(port, i, i, NULL));
    CHECK(NtRemoveIoCompletionEx(port, entries, 4, &removed, NULL, FALSE) == 0 && removed == 4);
    for (i = 0; i < 4; i++)
        CHECK(entries[i].KeyContext == (PVOID)(ULONG_PTR)i && entries[i].IoStatusBlock.Information == i);
    CHECK(NtRemoveIoCompletionEx(port, entries, 4, &removed, NULL, FALSE) == 0 && removed == 2);
    timeout.QuadPart = 0;
    CHECK(NtRemoveIoCompletionEx(port, entries, 4, &removed, &timeout, FALSE) == STATUS_TIMEOUT);
    CHECK(NtQueryIoCompletion(port, 1, &removed, sizeof(removed), NULL) == (NTSTATUS)0xc0000003);
    CHECK(NtQueryIoCompletion(port, 0, &removed, 1, NULL) == (NTSTATUS)0xc0000004);
}

static BOOL take(ULONG_PTR *key, DWORD milliseconds)
{
    DWORD bytes;
    OVERLAPPED *out;

    return GetQueuedCompletionStatus(port, &bytes, key, &out, milliseconds);
}

static void waits(void)
{
    HANDLE packet = NULL, event = CreateEventA(NULL, FALSE, FALSE, NULL);
    PVOID key, context;
    IO_STATUS_BLOCK block;
    ULONG_PTR got = 0;
    BOOLEAN signaled = 7;

    CHECK(NtCreateWaitCompletionPacket(&packet, GENERIC_ALL, NULL) == 0 && packet != NULL);
    CHECK(NtCancelWaitCompletionPacket(packet, FALSE) == (NTSTATUS)0xc0000120);
    CHECK(NtAssociateWaitCompletionPacket(packet, port, event, (PVOID)1, (PVOID)2, 3, 0x400000005ull,
                                          &signaled) == 0);
    CHECK(signaled == FALSE && !take(&got, 20));
    /* It is in use. */
    CHECK(NtAssociateWaitCompletionPacket(packet, port, event, NULL, NULL, 0, 0, NULL) < 0);
    CHECK(SetEvent(event));
    CHECK(NtRemoveIoCompletion(port, &key, &context, &block, NULL) == 0);
    CHECK(key == (PVOID)1 && context == (PVOID)2 && block.Status == 3);
    CHECK(block.Information == 0x400000005ull);
    /* The event was taken, once, and the association is over. */
    CHECK(WaitForSingleObject(event, 0) == WAIT_TIMEOUT && SetEvent(event) && !take(&got, 20));

    CHECK(NtAssociateWaitCompletionPacket(packet, port, event, (PVOID)6, NULL, 0, 0, &signaled) == 0);
    CHECK(signaled == TRUE && depth() == 1);
    CHECK(NtCancelWaitCompletionPacket(packet, FALSE) == STATUS_PENDING);
    CHECK(take(&got, 0) && got == 6);

    /* Cancelled before, and after it was queued. */
    CHECK(NtAssociateWaitCompletionPacket(packet, port, event, (PVOID)7, NULL, 0, 0, NULL) == 0);
    CHECK(NtCancelWaitCompletionPacket(packet, FALSE) == 0);
    CHECK(SetEvent(event) && !take(&got, 20) && WaitForSingleObject(event, 0) == WAIT_OBJECT_0);
    CHECK(NtAssociateWaitCompletionPacket(packet, port, event, (PVOID)8, NULL, 0, 0, NULL) == 0);
    CHECK(SetEvent(event));
    CHECK(NtCancelWaitCompletionPacket(packet, TRUE) == 0);
    CHECK(PostQueuedCompletionStatus(port, 0, 9, NULL));
    CHECK(take(&got, 0) && got == 9);
    CHECK(!take(&got, 0));

    /* Closing it cancels. */
    CHECK(NtAssociateWaitCompletionPacket(packet, port, event, (PVOID)10, NULL, 0, 0, NULL) == 0);
    CHECK(NtClose(packet) == 0);
    CHECK(SetEvent(event) && !take(&got, 20) && WaitForSingleObject(event, 0) == WAIT_OBJECT_0);
    CHECK(NtClose(packet) == (NTSTATUS)0xc0000008);
    CHECK(NtAssociateWaitCompletionPacket(event, port, event, NULL, NULL, 0, 0, NULL) < 0);
}

int main(void)
{
    CHECK(NtCreateIoCompletion(&port, IO_COMPLETION_ALL_ACCESS, NULL, 0) == 0);
    packets();
    waits();
    CHECK(RtlNtStatusToDosError((NTSTATUS)0xc000020d) == ERROR_NETNAME_DELETED);
    CHECK(RtlNtStatusToDosError(0x103) == ERROR_IO_PENDING);
    CHECK(NtClose(port) == 0 && NtSetIoCompletion(port, NULL, NULL, 0, 0) == (NTSTATUS)0xc0000008);
    return 0;
}
