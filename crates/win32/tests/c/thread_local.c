// variants: clang
/* TlsAlloc and FlsAlloc: values of their own for every thread, and callbacks at the end. */
#include <windows.h>
#include "check.h"

enum { MANY = 1000 };

static DWORD tls, far_tls, fls;
static volatile LONG called, sum;

static VOID NTAPI callback(PVOID value)
{
    InterlockedIncrement(&called);
    InterlockedExchangeAdd(&sum, (LONG)(LONG_PTR)value);
}

static DWORD WINAPI run(LPVOID parameter)
{
    LONG i;

    CHECK(TlsGetValue(tls) == NULL && GetLastError() == 0);
    CHECK(TlsGetValue(far_tls) == NULL && FlsGetValue(fls) == NULL);
    CHECK(TlsSetValue(tls, parameter) && TlsSetValue(far_tls, &tls) && FlsSetValue(fls, parameter));
    for (i = 0; i < 100; i++) {
        CHECK(TlsGetValue(tls) == parameter && TlsGetValue(far_tls) == &tls);
        CHECK(FlsGetValue(fls) == parameter);
    }
    return 0;
}

int main(void)
{
    DWORD indexes[MANY], again, other;
    HANDLE threads[8];
    int i;

    tls = TlsAlloc();
    fls = FlsAlloc(callback);
    CHECK(tls != TLS_OUT_OF_INDEXES && fls != FLS_OUT_OF_INDEXES && fls != 0);
    for (i = 0; i < MANY; i++)
        CHECK((indexes[i] = TlsAlloc()) != TLS_OUT_OF_INDEXES);
    far_tls = indexes[MANY - 1];
    CHECK(far_tls >= TLS_MINIMUM_AVAILABLE);
    SetLastError(5);
    CHECK(TlsGetValue(tls) == NULL && GetLastError() == 0);
    CHECK(TlsSetValue(tls, (LPVOID)9) && TlsSetValue(far_tls, (LPVOID)8));
    CHECK(FlsSetValue(fls, (PVOID)100));
    for (i = 0; i < 8; i++)
        threads[i] = CreateThread(NULL, 0, run, (LPVOID)(ULONG_PTR)(i + 1), 0, NULL);
    CHECK(WaitForMultipleObjects(8, threads, TRUE, 20000) == WAIT_OBJECT_0);
    /* Before a thread is signaled its callbacks have run. */
    CHECK(called == 8 && sum == 36);
    CHECK(TlsGetValue(tls) == (LPVOID)9 && TlsGetValue(far_tls) == (LPVOID)8);
    CHECK(FlsGetValue(fls) == (PVOID)100);

    /* An index that is freed and given out again begins empty, in all threads. */
    CHECK(TlsFree(tls));
    CHECK(!TlsFree(tls) && GetLastError() == ERROR_INVALID_PARAMETER);
    CHECK(!TlsSetValue(tls, NULL) && GetLastError() == ERROR_INVALID_PARAMETER);
    again = TlsAlloc();
    CHECK(again == tls && TlsGetValue(again) == NULL);
    for (i = 0; i < MANY; i++)
        CHECK(TlsFree(indexes[i]));
    CHECK(TlsGetValue(0xffff) == NULL && GetLastError() == ERROR_INVALID_PARAMETER);
    CHECK(!TlsSetValue(0xffff, NULL));

    /* Freeing calls back for what is still there. */
    CHECK(FlsFree(fls) && called == 9 && sum == 136);
    CHECK(!FlsFree(fls) && GetLastError() == ERROR_INVALID_PARAMETER);
    other = FlsAlloc(NULL);
    CHECK(other == fls && FlsGetValue(other) == NULL && FlsSetValue(other, (PVOID)1));
    CHECK(FlsFree(other) && called == 9);
    CHECK(!FlsSetValue(other, NULL));
    return 0;
}
