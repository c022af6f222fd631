// variants: clang
/* A C++ program: operations derived from OVERLAPPED, std::thread workers, methods and sockets of
   the same names, the 64-bit long of ioctlsocket. */
#include <thread>
#include <vector>
#include <functional>
#include "sockets.h"

#ifdef _GLIBCXX_HAS_GTHREADS
struct operation : OVERLAPPED {
    std::function<void(DWORD)> done;
    char buf[16];
    explicit operation(std::function<void(DWORD)> f) : OVERLAPPED(), done(std::move(f)) {}
    virtual ~operation() = default;
};

class session {
public:
    explicit session(SOCKET s) : s_(s) {}
    ~session() { closesocket(s_); }
    int send(const char *data, int bytes) { return ::send(s_, data, bytes, 0); }
    bool recv(operation *op)
    {
        return ACCEPTED(receive(s_, op->buf, sizeof op->buf, nullptr, op));
    }
    SOCKET socket() const { return s_; }

private:
    SOCKET s_;
};

int main()
{
    start();
    SOCKET a, b;
    pair(&a, &b);
    session mine(a), theirs(b);
    HANDLE port = new_port();
    associate(mine.socket(), port, 1);

    std::vector<std::thread> workers;
    for (int i = 0; i < 3; i++)
        workers.emplace_back([port] {
            for (;;) {
                DWORD bytes = 0;
                ULONG_PTR key = 0;
                LPOVERLAPPED ov = nullptr;
                BOOL ok = GetQueuedCompletionStatus(port, &bytes, &key, &ov, INFINITE);
                if (ov == nullptr)
                    return;
                auto *op = static_cast<operation *>(ov);
                op->done(ok ? bytes : 0);
                delete op;
            }
        });

    HANDLE all = CreateEvent(nullptr, TRUE, FALSE, nullptr);
    volatile LONG left = 100;
    for (int i = 0; i < 100; i++) {
        auto *op = new operation([&left, all](DWORD bytes) {
            CHECK(bytes == 1);
            if (InterlockedDecrement(&left) == 0)
                SetEvent(all);
        });
        CHECK(mine.recv(op));
        CHECK(theirs.send("x", 1) == 1);
        /* So that every receive gets one byte. */
        while (left != 99 - i)
            std::this_thread::yield();
    }
    CHECK(WaitForSingleObject(all, INFINITE) == WAIT_OBJECT_0);

    u_long one = 1;
    unsigned long wide = 0;
    CHECK(ioctlsocket(b, FIONBIO, &one) == 0);
    CHECK(ioctlsocket(b, FIONREAD, &wide) == 0 && wide == 0);
    fd_set set;
    FD_ZERO(&set);
    FD_SET(b, &set);
    timeval now = {0, 0};
    CHECK(select(0, nullptr, &set, nullptr, &now) == 1);
    auto bound = std::bind(&session::send, &theirs, std::placeholders::_1, 1);
    CHECK(bound("y") == 1);

    for (int i = 0; i < 3; i++)
        CHECK(PostQueuedCompletionStatus(port, 0, 0, nullptr));
    for (auto &worker : workers)
        worker.join();
    return 0;
}
#else
int main()
{
    puts("this C++ library has no threads");
    return 77;
}
#endif
