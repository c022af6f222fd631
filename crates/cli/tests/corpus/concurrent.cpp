// exit: 0
#include <concurrent_queue.h>
#include <concurrent_vector.h>
#include <thread>
#include <vector>

int main()
{
    Concurrency::concurrent_queue<int> queue;
    concurrency::concurrent_vector<int> list;
    std::vector<std::thread> threads;
    for (int number = 0; number < 4; number++) {
        threads.emplace_back([&queue, &list] {
            for (int at = 0; at < 1000; at++) {
                queue.push(at);
                list.push_back(at);
            }
        });
    }
    for (auto &thread : threads)
        thread.join();
    long sum = 0;
    int item;
    while (queue.try_pop(item))
        sum += item;
    for (int &item : list)
        sum -= item;
    return !(sum == 0 && queue.empty() && list.size() == 4000);
}
