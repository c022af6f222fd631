// bridged: __interface
// prints: 3
#include <cstdio>

__interface counter
{
public:
    int count(int by) const;
    virtual void reset();
};

struct own : counter {
    int count(int by) const override { return by + 1; }
    void reset() override {}
};

int main()
{
    own one;
    counter *any = &one;
    std::printf("%d\n", any->count(2));
}
