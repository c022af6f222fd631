// bridged: __super
// prints: base derived base other
#include <cstdio>

class Base {
public:
    virtual ~Base() {}
    virtual void f() { printf("base"); }
};

enum class Kind : int { One };

class Derived : public Base {
public:
    void f() override
    {
        __super::f();
        printf(" derived ");
    }
    void g();
};

void Derived::g()
{
    __super::f();
    printf(" other\n");
}

int main()
{
    Derived derived;
    derived.f();
    derived.g();
}
