// variants: clang
/* A pure virtual function that is called from a constructor reaches the program's handler. */
#include <windows.h>
#include <stdlib.h>
#include "check.h"

#ifdef __COMPLETION_PORT__
struct Base {
    Base() { indirect(); }
    void indirect() { pure(); }
    virtual void pure() = 0;
    virtual ~Base() {}
};

struct Derived : Base {
    void pure() override {}
};

static void handler()
{
    exit(0);
}

int main()
{
    CHECK(_set_purecall_handler(handler) == nullptr);
    CHECK(_get_purecall_handler() == handler);
    Derived derived;
    return 1;
}
#else
int main()
{
    puts("mingw's libraries lack it");
    return 77;
}
#endif
