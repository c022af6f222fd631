// encoding: 949
// bridged: code page 949
// prints: 서버 시작 2
#include <cstdio>
#include <cwchar>

// 콘솔에 서버의 상태를 출력한다
int main()
{
    printf("%s %d\n", "서버 시작", (int)wcslen(L"서버"));
}
