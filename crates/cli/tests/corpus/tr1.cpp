// prints: 2
#include <cstdio>
#include <functional>
#include <memory>

int main()
{
    std::tr1::shared_ptr<int> one(new int(1));
    std::tr1::function<int(int)> add = [&](int n) { return n + *one; };
    std::printf("%d\n", add(1));
}
