// variants: short clang
/* Macros and inline functions that need no library. */
#include <windows.h>
#include <intrin.h>
#include "check.h"

struct request {
    int number;
    OVERLAPPED overlapped;
    LIST_ENTRY link;
};

static void words(void)
{
    LARGE_INTEGER n;

    CHECK(MAKEWORD(2, 1) == 0x102 && LOBYTE(0x102) == 2 && HIBYTE(0x102) == 1);
    CHECK(MAKELONG(2, 1) == 0x10002 && LOWORD(0x10002) == 2 && HIWORD(0x10002) == 1);
    n.QuadPart = -2;
    CHECK(n.LowPart == 0xfffffffe && n.HighPart == -1 && n.u.LowPart == n.LowPart);
    CHECK(MAXDWORD == (DWORD)-1 && MAXLONG > 0 && sizeof(MAXDWORD) == 4);
    CHECK(MAKELANGID(LANG_NEUTRAL, SUBLANG_DEFAULT) == 0x400);
    CHECK(max(1, 2) == 2 && min(1, 2) == 1);
}

static void results(void)
{
    CHECK(HRESULT_FROM_WIN32(ERROR_ACCESS_DENIED) == E_ACCESSDENIED);
    CHECK(HRESULT_FROM_WIN32(ERROR_SUCCESS) == S_OK);
    CHECK(FAILED(E_FAIL) && SUCCEEDED(S_FALSE) && !FAILED(S_OK));
    CHECK(HRESULT_CODE(E_ACCESSDENIED) == 5 && HRESULT_FACILITY(E_ACCESSDENIED) == 7);
    CHECK(MAKE_HRESULT(1, FACILITY_WIN32, 5) == E_ACCESSDENIED);
}

static void records(void)
{
    struct request request;

    CHECK(CONTAINING_RECORD(&request.overlapped, struct request, overlapped) == &request);
    CHECK(CONTAINING_RECORD(&request.link, struct request, link) == &request);
    CHECK(FIELD_OFFSET(struct request, overlapped) == 8);
    request.overlapped.Internal = STATUS_PENDING;
    CHECK(!HasOverlappedIoCompleted(&request.overlapped));
    request.overlapped.Internal = 0;
    CHECK(HasOverlappedIoCompleted(&request.overlapped));
    SecureZeroMemory(&request, sizeof(request));
    CHECK(request.overlapped.hEvent == NULL && request.number == 0);
}

static void bits(void)
{
    unsigned long bit = 77;

    CHECK(_BitScanForward(&bit, 0x50) && bit == 4);
    CHECK(_BitScanReverse(&bit, 0x50) && bit == 6);
    CHECK(_BitScanReverse64(&bit, 0x5000000000) && bit == 38);
    CHECK(!_BitScanForward(&bit, 0));
    CHECK(_byteswap_ushort(0x1234) == 0x3412 && _byteswap_ulong(0x12345678) == 0x78563412);
    CHECK(_byteswap_uint64(0x0102030405060708) == 0x0807060504030201);
    CHECK(_rotl(0x80000001, 1) == 3 && _rotr(3, 1) == 0x80000001 && _rotl64(1, 64) == 1);
}

static VOID CALLBACK cancelled(PVOID object, PVOID context)
{
    UNREFERENCED_PARAMETER(object);
    UNREFERENCED_PARAMETER(context);
}

static void environments(void)
{
    TP_CALLBACK_ENVIRON environment;

    memset(&environment, 0xff, sizeof(environment));
    InitializeThreadpoolEnvironment(&environment);
    CHECK(environment.Version == 3 && environment.Size == sizeof(environment));
    CHECK(environment.Pool == NULL && environment.CleanupGroup == NULL && environment.u.Flags == 0);
    CHECK(environment.CallbackPriority == TP_CALLBACK_PRIORITY_NORMAL);
    SetThreadpoolCallbackPool(&environment, (PTP_POOL)&environment);
    SetThreadpoolCallbackCleanupGroup(&environment, (PTP_CLEANUP_GROUP)&environment, cancelled);
    SetThreadpoolCallbackRunsLong(&environment);
    CHECK(environment.Pool == (PTP_POOL)&environment && environment.u.s.LongFunction);
    CHECK(environment.CleanupGroupCancelCallback == cancelled);
    DestroyThreadpoolEnvironment(&environment);
}

static void function_names(void)
{
#ifdef __FUNCTIONW__
    const wchar_t *name = __FUNCTIONW__;

    CHECK(name[0] == L'f' && name[13] == L's' && name[14] == 0);
#endif
}

int main(void)
{
    words();
    results();
    records();
    bits();
    environments();
    function_names();
    return 0;
}
