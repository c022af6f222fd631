// options: -std=gnu++17
// A header of a later standard, named where it would be used.
#if defined __cpp_impl_coroutine
#include <coroutine>
#endif

int main()
{
}
