// links: no
// <thread> brings it with Microsoft's compiler.
#include <thread>

static unsigned __stdcall work(void *)
{
    return 0;
}

std::uintptr_t start()
{
    return _beginthreadex(nullptr, 0, work, nullptr, 0, nullptr);
}
