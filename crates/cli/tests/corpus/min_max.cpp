// exit: 5
#include <windows.h>
#include <algorithm>
using namespace std;

int main()
{
    DWORD number = 5;
    int other = 7;
    return (int)min(number, max(other, 1)) - (min(2, 3) - max(1, 2));
}
