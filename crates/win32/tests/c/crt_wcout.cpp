// variants: clang
/* Wide and narrow streams of C++ and of C on one output, and characters outside ASCII. */
#include <windows.h>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <string>

#include "check.h"

int main()
{
    const char *name = "crt_wcout.txt";
    CHECK(freopen(name, "w", stdout) != nullptr);
    std::cout << "narrow" << std::endl;
    std::wcout << L"wide \ud55c " << 5 << std::endl;
    printf("printf\n");
    wprintf(L"%s\n", L"wprintf");
    std::wcout << L"end" << std::endl;
    CHECK(std::wcout.good() && std::cout.good());
    fclose(stdout);
#ifdef __COMPLETION_PORT__
    std::ifstream file(name);
    std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    CHECK(text == "narrow\nwide \xed\x95\x9c 5\nprintf\nwprintf\nend\n");
    CHECK(freopen(name, "r", stdin) != nullptr);
    std::wstring word, line;
    int number = 0;
    std::wcin >> word;
    CHECK(word == L"narrow");
    std::wcin >> word >> line >> number;
    CHECK(word == L"wide" && line == L"\ud55c" && number == 5 && std::wcin.get() == L'\n');
    std::getline(std::wcin, line);
    CHECK(line == L"printf" && std::wcin.peek() == L'w' && getchar() == 'w');
#endif
    std::remove(name);
    return 0;
}
