// variants: clang
/* windows.h before the C++ library, and what `using namespace std` must not break. */
#include <windows.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <codecvt>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <future>
#include <iostream>
#include <locale>
#include <map>
#include <mutex>
#include <random>
#include <regex>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "check.h"

using namespace std;

struct context : OVERLAPPED {
    string text;
};

static DWORD WINAPI start(LPVOID)
{
    return 0;
}

int main()
{
    context operation{};
    LPOVERLAPPED base = &operation;
    CHECK(static_cast<context *>(base) == &operation && HasOverlappedIoCompleted(&operation));
#ifdef __COMPLETION_PORT__
    CHECK(min(1, 2) == 1 && max(string("a"), string("b")) == "b");
    CHECK(max(7, DWORD(3)) == 7 && min(sizeof(int), size_t(9)) == 4 && min(2.5, 2) == 2);
    unsigned long bytes = ~0UL;
    uintptr_t key = 0;
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    CHECK(PostQueuedCompletionStatus(port, 7, 0x100000001, &operation));
    CHECK(GetQueuedCompletionStatus(port, &bytes, &key, &base, 0));
    CHECK(bytes == 7 && key == 0x100000001 && base == &operation);
    unsigned long number = ~0UL, code = ~0UL;
    HANDLE thread = CreateThread(NULL, 0, start, NULL, 0, &number);
    CHECK(WaitForSingleObject(thread, INFINITE) == WAIT_OBJECT_0 && number <= MAXDWORD);
    CHECK(GetExitCodeThread(thread, &code) && code == 0);
    CHECK(CloseHandle(thread) && CloseHandle(port));
#else
    (void)start;
#endif
    auto bound = bind([](int a, int b) { return a + b; }, placeholders::_1, 2);
    CHECK(bound(1) == 3);
    return 0;
}
