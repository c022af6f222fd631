// bridged: for each
// exit: 6
#include <vector>

int main()
{
    std::vector<int> list = {1, 2, 3};
    int sum = 0;
    for each (int item in list)
        sum += item;
    return sum;
}
