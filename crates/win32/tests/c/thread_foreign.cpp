// variants: clang
/* Threads that the library did not create have objects too, when they call in. */
#include <atomic>
#include <thread>
#include <windows.h>
#include "check.h"

#ifdef _GLIBCXX_HAS_GTHREADS
static HANDLE self_of(HANDLE pseudo)
{
    HANDLE real = nullptr;

    CHECK(DuplicateHandle(GetCurrentProcess(), pseudo, GetCurrentProcess(), &real, 0, FALSE,
                          DUPLICATE_SAME_ACCESS));
    return real;
}

static VOID CALLBACK add(ULONG_PTR argument)
{
    ++*reinterpret_cast<std::atomic<int> *>(argument);
}

int main()
{
    HANDLE ready = CreateEventA(nullptr, FALSE, FALSE, nullptr), thread = nullptr, opened;
    HANDLE mutex = CreateMutexA(nullptr, FALSE, nullptr);
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, nullptr, 0, 1);
    std::atomic<int> called{0};
    std::atomic<bool> stop{false}, runs{false};
    std::atomic<DWORD> id{0};
    DWORD code, bytes, fls = FlsAlloc(nullptr);
    ULONG_PTR key = 0;
    OVERLAPPED *out;

    {
        std::thread worker([&] {
            thread = self_of(GetCurrentThread());
            CHECK(FlsSetValue(fls, &called) && FlsGetValue(fls) == &called);
            CHECK(WaitForSingleObject(mutex, 1000) == WAIT_OBJECT_0);
            SetEvent(ready);
            CHECK(SleepEx(20000, TRUE) == WAIT_IO_COMPLETION);
        });
        CHECK(WaitForSingleObject(ready, 20000) == WAIT_OBJECT_0);
        CHECK(GetExitCodeThread(thread, &code) && code == STILL_ACTIVE);
        CHECK(WaitForSingleObject(thread, 20) == WAIT_TIMEOUT);
        opened = OpenThread(THREAD_ALL_ACCESS, FALSE, GetThreadId(thread));
        CHECK(opened && CompareObjectHandles(opened, thread));
        CHECK(QueueUserAPC(add, opened, reinterpret_cast<ULONG_PTR>(&called)));
        CHECK(WaitForSingleObject(thread, 20000) == WAIT_OBJECT_0);
        CHECK(called == 1 && GetExitCodeThread(thread, &code) && code == 0);
        CHECK(WaitForSingleObject(mutex, 0) == WAIT_ABANDONED && ReleaseMutex(mutex));
        worker.join();
    }
    {
        /* One that holds the only slot of a port and ends. */
        std::thread worker([&] {
            CHECK(GetQueuedCompletionStatus(port, &bytes, &key, &out, 20000) && key == 1);
        });
        CHECK(PostQueuedCompletionStatus(port, 0, 1, nullptr));
        CHECK(PostQueuedCompletionStatus(port, 0, 2, nullptr));
        worker.join();
        CHECK(GetQueuedCompletionStatus(port, &bytes, &key, &out, 20000) && key == 2);
    }
    {
        /* One that never calls: it is known by its number alone. */
        std::thread worker([&] {
            id = GetCurrentThreadId();
            runs = true;
            while (!stop)
                std::this_thread::yield();
        });
        while (!runs)
            std::this_thread::yield();
        opened = OpenThread(THREAD_ALL_ACCESS, FALSE, id);
        if (opened) {
            CHECK(WaitForSingleObject(opened, 20) == WAIT_TIMEOUT);
            CHECK(SetThreadPriority(opened, THREAD_PRIORITY_LOWEST));
            stop = true;
            CHECK(WaitForSingleObject(opened, 20000) == WAIT_OBJECT_0);
            CHECK(CloseHandle(opened));
        }
        stop = true;
        worker.join();
    }
    CHECK(OpenThread(THREAD_ALL_ACCESS, FALSE, 0) == nullptr);
    CHECK(GetLastError() == ERROR_INVALID_PARAMETER);
    return 0;
}
#else
int main()
{
    puts("this C++ library has no threads");
    return 77;
}
#endif
