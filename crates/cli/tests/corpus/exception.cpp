// bridged: std::exception(const char *)
// prints: plain own named
#include <cstdio>
#include <exception>

using namespace std;

class Failure : public std::exception {
public:
    Failure(const char *text) : std::exception(text) {}
};

int main()
{
    try {
        throw std::exception("plain");
    } catch (const std::exception &e) {
        printf("%s ", e.what());
    }
    try {
        throw Failure("own");
    } catch (exception &e) {
        printf("%s ", e.what());
    }
    std::exception named("named");
    printf("%s\n", named.what());
}
