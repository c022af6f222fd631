// exit: 0
// Conversions and omissions that Microsoft's compiler passes over.
#include <vector>

char *text = "literal";

struct Method {
    void Method::named() {}
};

struct Small {
    unsigned char a;
    short b;
};

static void take(std::vector<int> *list) { list->clear(); }

int main()
{
    take(&std::vector<int>());
    int wide = 300;
    Small small = {wide, wide};
    register int status = small.b - 300;
    return status;
}
