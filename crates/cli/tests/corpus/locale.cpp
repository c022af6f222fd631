// bridged: locale korean as C.UTF-8; locale kor as C.UTF-8
// links: no
#include <clocale>
#include <cstdio>
#include <iostream>
#include <locale>

int main()
{
    const char *set = setlocale(LC_ALL, "korean");
    std::locale other = std::locale("kor");
    wchar_t wide[8];
    int count = (int)mbstowcs(wide, "한글", 8);
    printf("%s %d\n", set != NULL ? "한글" : "none", count);
}
