// An echo server with standalone Asio: one io_context, several threads, epoll.
//
//     echo_asio WORKERS
#include <asio.hpp>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <thread>
#include <vector>

using asio::ip::tcp;

struct Connection : std::enable_shared_from_this<Connection> {
    tcp::socket socket;
    std::array<char, 4096> buf;

    explicit Connection(tcp::socket s) : socket(std::move(s)) {}

    void receive()
    {
        auto self = shared_from_this();
        socket.async_read_some(asio::buffer(buf), [self](std::error_code error, std::size_t bytes) {
            if (!error)
                self->send(bytes);
        });
    }

    void send(std::size_t bytes)
    {
        auto self = shared_from_this();
        asio::async_write(socket, asio::buffer(buf.data(), bytes),
                          [self](std::error_code error, std::size_t) {
                              if (!error)
                                  self->receive();
                          });
    }
};

static void accept_next(tcp::acceptor &acceptor)
{
    acceptor.async_accept([&acceptor](std::error_code error, tcp::socket socket) {
        if (error) {
            std::fprintf(stderr, "accept: %s\n", error.message().c_str());
            std::exit(1);
        }
        socket.set_option(tcp::no_delay(true));
        std::make_shared<Connection>(std::move(socket))->receive();
        accept_next(acceptor);
    });
}

int main(int argc, char **argv)
{
    int workers = argc > 1 ? std::atoi(argv[1]) : 2;
    asio::io_context context(workers);
    tcp::acceptor acceptor(context);
    tcp::endpoint loopback(asio::ip::address_v4::loopback(), 0);
    std::vector<std::thread> threads;

    acceptor.open(loopback.protocol());
    acceptor.bind(loopback);
    acceptor.listen(4096);
    accept_next(acceptor);
    std::printf("port %d\n", acceptor.local_endpoint().port());
    std::fflush(stdout);
    for (int i = 1; i < workers; i++)
        threads.emplace_back([&context] { context.run(); });
    context.run();
}
