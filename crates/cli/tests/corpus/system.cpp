// prints: a/b
#include <filesystem>
#include <cstdio>
#if !defined(_WIN32) || !defined(_WIN64) || !defined(WIN32)
#error it is a program for Windows
#endif
#if defined(__linux__) || defined(unix)
#error and for nothing else
#endif

int main()
{
    // The library's own headers must not take it for Windows: its paths would not link.
    std::filesystem::path path = std::filesystem::path("a") / "b";
    printf("%s\n", path.string().c_str());
}
