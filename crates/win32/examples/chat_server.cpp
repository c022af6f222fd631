/*
 * A chat server in C++: what one client sends, all receive. An operation is an object derived
 * from OVERLAPPED, workers are std::threads, sending and receiving on one connection overlap.
 *
 *     chat_server          checks itself with clients of its own
 *     chat_server 7000     serves port 7000 until Enter is pressed
 */
#include <winsock2.h>
#include <windows.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace {

struct Operation : OVERLAPPED {
    Operation() { Clear(); }
    void Clear() { std::memset(static_cast<OVERLAPPED *>(this), 0, sizeof(OVERLAPPED)); }
};

class Session : public std::enable_shared_from_this<Session> {
public:
    explicit Session(SOCKET s) : socket_(s) {}
    ~Session() { closesocket(socket_); }

    SOCKET Socket() const { return socket_; }

    /* One receive is in flight as long as the session lives, and keeps it alive. */
    bool Receive()
    {
        DWORD flags = 0;
        WSABUF buffer = {sizeof(in_), in_};
        receiving_.Clear();
        receiver_ = shared_from_this();
        if (WSARecv(socket_, &buffer, 1, nullptr, &flags, &receiving_, nullptr) == 0
            || WSAGetLastError() == WSA_IO_PENDING)
            return true;
        receiver_.reset();
        return false;
    }

    /* Queues a message; one send at a time is in flight. */
    void Send(const std::string &message)
    {
        std::lock_guard<std::mutex> lock(mutex_);
        out_.push_back(message);
        if (out_.size() == 1)
            SendFront();
    }

    bool IsReceive(const OVERLAPPED *ov) const { return ov == &receiving_; }

    std::shared_ptr<Session> TakeReceiver() { return std::move(receiver_); }

    std::string Received(DWORD bytes) const { return std::string(in_, bytes); }

    /* A send has ended; the next one, if there is one, begins. */
    void Sent()
    {
        std::shared_ptr<Session> keep;
        std::lock_guard<std::mutex> lock(mutex_);
        keep = std::move(sender_);
        out_.pop_front();
        if (!out_.empty())
            SendFront();
    }

private:
    void SendFront()
    {
        WSABUF buffer = {static_cast<ULONG>(out_.front().size()), &out_.front()[0]};
        sending_.Clear();
        sender_ = shared_from_this();
        if (WSASend(socket_, &buffer, 1, nullptr, 0, &sending_, nullptr) == SOCKET_ERROR
            && WSAGetLastError() != WSA_IO_PENDING) {
            /* The receive will tell what is wrong with the connection. */
            sender_.reset();
            out_.clear();
        }
    }

    SOCKET socket_;
    Operation receiving_, sending_;
    char in_[512];
    std::mutex mutex_;
    std::deque<std::string> out_;
    std::shared_ptr<Session> receiver_, sender_;
};

class Room {
public:
    void Enter(const std::shared_ptr<Session> &session)
    {
        std::lock_guard<std::mutex> lock(mutex_);
        sessions_.insert(session);
    }
    void Leave(const std::shared_ptr<Session> &session)
    {
        std::lock_guard<std::mutex> lock(mutex_);
        sessions_.erase(session);
    }
    size_t Count()
    {
        std::lock_guard<std::mutex> lock(mutex_);
        return sessions_.size();
    }
    void Tell(const std::string &message)
    {
        std::lock_guard<std::mutex> lock(mutex_);
        for (const auto &session : sessions_)
            session->Send(message);
    }

private:
    std::mutex mutex_;
    std::set<std::shared_ptr<Session>> sessions_;
};

Room room;
HANDLE port;
SOCKET listener;

void Work()
{
    for (;;) {
        DWORD bytes = 0;
        ULONG_PTR key = 0;
        OVERLAPPED *ov = nullptr;
        BOOL ok = GetQueuedCompletionStatus(port, &bytes, &key, &ov, INFINITE);
        if (ov == nullptr)
            return;
        /* The key is the session, which its operation in flight keeps alive. */
        Session *session = reinterpret_cast<Session *>(key);
        if (!session->IsReceive(ov)) {
            session->Sent();
            continue;
        }
        std::shared_ptr<Session> keep = session->TakeReceiver();
        if (!ok || bytes == 0) {
            room.Leave(keep);
            continue;
        }
        room.Tell(keep->Received(bytes));
        if (!keep->Receive())
            room.Leave(keep);
    }
}

void Accept()
{
    for (;;) {
        SOCKET s = accept(listener, nullptr, nullptr);
        if (s == INVALID_SOCKET)
            return;
        auto session = std::make_shared<Session>(s);
        CreateIoCompletionPort(reinterpret_cast<HANDLE>(s), port,
                               reinterpret_cast<ULONG_PTR>(session.get()), 0);
        room.Enter(session);
        if (!session->Receive())
            room.Leave(session);
    }
}

u_short Listen(const char *number)
{
    sockaddr_in local = {};
    int length = sizeof(local);
    listener = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    local.sin_family = AF_INET;
    local.sin_port = htons(static_cast<u_short>(number ? std::atoi(number) : 0));
    local.sin_addr.s_addr = htonl(number ? INADDR_ANY : INADDR_LOOPBACK);
    sockaddr *address = reinterpret_cast<sockaddr *>(&local);
    if (bind(listener, address, sizeof(local)) != 0 || listen(listener, SOMAXCONN) != 0
        || getsockname(listener, address, &length) != 0) {
        std::printf("listen: error %d\n", WSAGetLastError());
        std::exit(1);
    }
    return ntohs(local.sin_port);
}

constexpr int clients = 8;
constexpr int messages = 25;
constexpr int message_bytes = 16;

SOCKET Join(u_short number)
{
    sockaddr_in server = {};
    server.sin_family = AF_INET;
    server.sin_port = htons(number);
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    SOCKET s = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    if (connect(s, reinterpret_cast<sockaddr *>(&server), sizeof(server)) != 0)
        std::exit(1);
    return s;
}

/* Every client says so many things, and must hear what all say. */
int Check(u_short number)
{
    std::vector<SOCKET> sockets;
    for (int i = 0; i < clients; i++)
        sockets.push_back(Join(number));
    while (room.Count() < clients)
        Sleep(1);
    std::vector<std::thread> threads;
    std::atomic<int> right(0);
    for (int i = 0; i < clients; i++) {
        threads.emplace_back([&, i] {
            char text[message_bytes + 1];
            for (int n = 0; n < messages; n++) {
                std::snprintf(text, sizeof(text), "client %d: %04d\n", i, n);
                send(sockets[i], text, message_bytes, 0);
            }
            std::vector<char> heard(clients * messages * message_bytes);
            size_t got = 0;
            while (got < heard.size()) {
                int n = recv(sockets[i], &heard[got], static_cast<int>(heard.size() - got), 0);
                if (n <= 0)
                    return;
                got += static_cast<size_t>(n);
            }
            int lines = 0;
            for (char c : heard)
                lines += c == '\n';
            right += lines == clients * messages;
        });
    }
    for (auto &thread : threads)
        thread.join();
    for (SOCKET s : sockets)
        closesocket(s);
    std::printf("%d of %d clients heard all %d messages\n", right.load(), clients, clients * messages);
    return right == clients ? 0 : 1;
}

} // namespace

int main(int argc, char **argv)
{
    WSADATA data;
    int result = 0;

    if (WSAStartup(MAKEWORD(2, 2), &data) != 0)
        return 1;
    port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, nullptr, 0, 0);
    u_short number = Listen(argc > 1 ? argv[1] : nullptr);
    std::vector<std::thread> workers;
    for (int i = 0; i < 4; i++)
        workers.emplace_back(Work);
    std::thread acceptor(Accept);

    if (argc > 1) {
        std::printf("listening on port %d; Enter ends\n", number);
        std::getchar();
    } else {
        result = Check(number);
    }

    closesocket(listener);
    acceptor.join();
    while (argc <= 1 && room.Count() > 0)
        Sleep(1);
    for (size_t i = 0; i < workers.size(); i++)
        PostQueuedCompletionStatus(port, 0, 0, nullptr);
    for (auto &worker : workers)
        worker.join();
    CloseHandle(port);
    WSACleanup();
    std::printf("shut down\n");
    return result;
}
