// only: gcc
// exit: 0
#include <vector>
#include <cstdlib>

template <class T> struct Outer {
    typedef std::vector<T> List;
    List::iterator begin() { return list.begin(); }
    List list;
};

int main()
{
    int *numbers = malloc(sizeof(int));
    Outer<int> outer;
    outer.begin();
    *numbers = 0;
    return *numbers;
}
