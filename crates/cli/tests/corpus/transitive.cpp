// exit: 0
// Headers that Microsoft's library includes by the way.
#include <iostream>

std::mutex lock;

int main()
{
    std::lock_guard<std::mutex> guard(lock);
    std::function<int(int)> twice = [](int value) { return 2 * value; };
    char text[8];
    memset(text, 0, sizeof text);
    std::unordered_map<int, int> map;
    std::stringstream stream;
    std::this_thread::yield();
    return twice(strlen(text)) + (int)sqrt(0.0) + (int)map.size() + (int)stream.str().size();
}
