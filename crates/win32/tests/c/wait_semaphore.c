// variants: clang
/* Semaphores: counts, limits, errors. */
#include <windows.h>
#include "check.h"
#include "waits.h"

static HANDLE semaphore;

static DWORD WINAPI waiter(LPVOID parameter)
{
    (void)parameter;
    return WaitForSingleObject(semaphore, 20000);
}

int main(void)
{
    HANDLE threads[3];
    LONG before = -1;
    int i;

    CHECK(CreateSemaphoreA(NULL, 2, 1, NULL) == NULL && GetLastError() == ERROR_INVALID_PARAMETER);
    CHECK(CreateSemaphoreA(NULL, -1, 1, NULL) == NULL && GetLastError() == ERROR_INVALID_PARAMETER);
    CHECK(CreateSemaphoreA(NULL, 0, 0, NULL) == NULL && GetLastError() == ERROR_INVALID_PARAMETER);
    semaphore = CreateSemaphoreW(NULL, 2, 3, NULL);
    CHECK(semaphore != NULL);
    CHECK(WaitForSingleObject(semaphore, 0) == WAIT_OBJECT_0);
    CHECK(WaitForSingleObject(semaphore, 0) == WAIT_OBJECT_0);
    CHECK(WaitForSingleObject(semaphore, 0) == WAIT_TIMEOUT);
    CHECK(ReleaseSemaphore(semaphore, 1, &before) && before == 0);
    CHECK(ReleaseSemaphore(semaphore, 2, &before) && before == 1);
    CHECK(!ReleaseSemaphore(semaphore, 1, &before) && GetLastError() == ERROR_TOO_MANY_POSTS);
    CHECK(!ReleaseSemaphore(semaphore, 0, &before) && GetLastError() == ERROR_INVALID_PARAMETER);
    CHECK(before == 1);
    for (i = 0; i < 3; i++)
        CHECK(WaitForSingleObject(semaphore, INFINITE) == WAIT_OBJECT_0);

    for (i = 0; i < 3; i++) {
        threads[i] = CreateThread(NULL, 0, waiter, NULL, 0, NULL);
        until_waits(threads[i]);
    }
    CHECK(ReleaseSemaphore(semaphore, 2, &before) && before == 0);
    CHECK(WaitForSingleObject(semaphore, 0) == WAIT_TIMEOUT);
    CHECK(WaitForMultipleObjects(3, threads, TRUE, 100) == WAIT_TIMEOUT);
    CHECK(ReleaseSemaphore(semaphore, 3, NULL));
    CHECK(WaitForMultipleObjects(3, threads, TRUE, 20000) == WAIT_OBJECT_0);
    CHECK(ReleaseSemaphore(semaphore, 1, &before) && before == 2);
    CHECK(!SetEvent(semaphore) && GetLastError() == ERROR_INVALID_HANDLE);
    CHECK(CloseHandle(semaphore));
    return 0;
}
