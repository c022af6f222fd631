// prints: 1 2
// The headers of list and map come with others of Microsoft's.
#include <iostream>
#include <unordered_map>
using namespace std;

template <class T> struct stack {
    T top;
};

int main()
{
    list<int> one(1, 1);
    map<int, int> two;
    stack<int> three = {0};
    two[three.top] = 2;
    cout << one.front() << " " << two[0] << endl;
}
