// variants: short clang
/* std::wstring with either width of wchar_t. */
#include <windows.h>
#include <algorithm>
#include <map>
#include <string>

#include "check.h"

int main()
{
    std::wstring a = L"hello ";
    a += L"world, long enough for the heap";
    a.append(3, L'!');
    std::wstring b = a.substr(6, 5);
    CHECK(b == L"world" && a.find(L"heap") != std::wstring::npos);
    a.insert(0, L"\ud55c");
    a.replace(0, 1, L"x");
    CHECK(a.size() == std::char_traits<wchar_t>::length(a.c_str()) && a[1] == L'h');
    std::map<std::wstring, int> numbers;
    numbers[a] = 1;
    numbers[b] = 2;
    CHECK(numbers.size() == 2 && numbers[L"world"] == 2);
    CHECK(std::stoi(L"42") == 42 && std::to_wstring(7) == L"7");
    CHECK(std::to_wstring(-1.5) == L"-1.500000");
    std::wstring c(a);
    c.erase(3);
    c.resize(5, L'y');
    std::reverse(c.begin(), c.end());
    CHECK(c == L"yyehx" && c.compare(L"yyehy") < 0 && c.rfind(L'y') == 1);
    return 0;
}
