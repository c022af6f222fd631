// bridged: high_resolution_clock as steady_clock
// prints: 1
#include <chrono>
#include <cstdio>

int main()
{
    std::chrono::steady_clock::time_point start = std::chrono::high_resolution_clock::now();
    auto passed = std::chrono::high_resolution_clock::now() - start;
    std::printf("%d\n", passed.count() >= 0);
}
