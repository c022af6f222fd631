// variants: clang
/* What structured exception handling can do without the driver's help: excpt.h says what. */
#include <windows.h>
#include "check.h"

#include <stdexcept>
#include <vector>

#ifdef __COMPLETION_PORT__
static int leave_at(int limit)
{
    int steps = 0;
    __try {
        for (int i = 0; i < 3; i++) {
            if (i == limit)
                __leave;
            steps++;
        }
        steps += 10;
    } __finally {
        steps += 100;
    }
    return steps;
}

static int raise(DWORD code, DWORD wanted)
{
    int seen = 0;
    __try {
        __try {
            RaiseException(code, 0, 0, NULL);
            seen += 1000;
        } __finally {
            seen += AbnormalTermination() ? 1 : 2000;
        }
    } __except (GetExceptionCode() == wanted ? EXCEPTION_EXECUTE_HANDLER
                                             : EXCEPTION_CONTINUE_SEARCH) {
        seen += GetExceptionCode() == code ? 10 : 3000;
    }
    return seen;
}

static void outer_takes_what_the_inner_passes_on()
{
    bool outer = false;
    __try {
        raise(7, 8);
        CHECK(!"raise returned");
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        outer = GetExceptionCode() == 7;
    }
    CHECK(outer);
}

static void a_cpp_exception_runs_the_finally()
{
    bool finally = false, caught = false;
    try {
        __try {
            throw std::runtime_error("on its way");
        } __finally {
            finally = true;
        }
    } catch (const std::runtime_error &) {
        caught = true;
    }
    CHECK(finally && caught);
}

int main()
{
    CHECK(leave_at(0) == 100 && leave_at(2) == 102 && leave_at(9) == 113);
    CHECK(raise(0xE0000001, 0xE0000001) == 11);
    outer_takes_what_the_inner_passes_on();
    a_cpp_exception_runs_the_finally();
    std::vector<int> standard(1, leave_at(1));
    CHECK(standard[0] == 101);
    return 0;
}
#else
int main()
{
    return 77;
}
#endif
