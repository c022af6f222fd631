/* Pipes and mailslots between two processes of one user. */
#include <windows.h>
#include "check.h"

#ifdef __linux__
#include <sys/wait.h>
#include <unistd.h>

static char pipe_name[64], slot_name[64];

static int client(void)
{
    HANDLE pipe = INVALID_HANDLE_VALUE, slot = INVALID_HANDLE_VALUE;
    DWORD bytes, mode = PIPE_READMODE_MESSAGE, server, i;
    char buffer[64];

    for (i = 0; i < 500 && slot == INVALID_HANDLE_VALUE; i++) {
        slot = CreateFileA(slot_name, GENERIC_WRITE, 7, NULL, OPEN_EXISTING, 0, NULL);
        if (slot == INVALID_HANDLE_VALUE)
            Sleep(10);
    }
    CHECK(slot != INVALID_HANDLE_VALUE);
    /* The only instance is taken by the server's own client; it is waited for. */
    CHECK(CreateFileA(pipe_name, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL) ==
          INVALID_HANDLE_VALUE);
    CHECK(GetLastError() == ERROR_PIPE_BUSY);
    CHECK(!WaitNamedPipeA(pipe_name, 20) && GetLastError() == ERROR_SEM_TIMEOUT);
    CHECK(WriteFile(slot, "ready", 5, &bytes, NULL));
    CHECK(WaitNamedPipeA(pipe_name, 10000));
    pipe = CreateFileA(pipe_name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    CHECK(pipe != INVALID_HANDLE_VALUE);
    CHECK(GetNamedPipeServerProcessId(pipe, &server) && server == (DWORD)getppid());
    CHECK(SetNamedPipeHandleState(pipe, &mode, NULL, NULL));
    CHECK(TransactNamedPipe(pipe, "question", 8, buffer, 4, &bytes, NULL) == FALSE);
    CHECK(GetLastError() == ERROR_MORE_DATA && bytes == 4 && !memcmp(buffer, "answ", 4));
    CHECK(ReadFile(pipe, buffer, 64, &bytes, NULL) && bytes == 2 && !memcmp(buffer, "er", 2));
    CHECK(!ReadFile(pipe, buffer, 64, &bytes, NULL));
    return 0;
}

int main(void)
{
    HANDLE server, slot, own, port;
    OVERLAPPED ov = {0}, *out;
    ULONG_PTR key;
    char buffer[64];
    DWORD bytes, id;
    int status;
    pid_t child;

    sprintf(pipe_name, "\\\\.\\pipe\\iocp-processes-%ld", (long)getpid());
    sprintf(slot_name, "\\\\.\\mailslot\\iocp-processes-%ld", (long)getpid());
    child = fork();
    CHECK(child >= 0);
    if (child == 0)
        return client();

    server = CreateNamedPipeA(pipe_name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED,
                              PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 1, 4096, 4096, 0, NULL);
    CHECK(server != INVALID_HANDLE_VALUE);
    own = CreateFileA(pipe_name, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    CHECK(own != INVALID_HANDLE_VALUE);
    port = CreateIoCompletionPort(server, NULL, 4, 0);
    slot = CreateMailslotA(slot_name, 0, MAILSLOT_WAIT_FOREVER, NULL);
    CHECK(port && slot != INVALID_HANDLE_VALUE);
    CHECK(ReadFile(slot, buffer, 64, &bytes, NULL) && bytes == 5 && !memcmp(buffer, "ready", 5));
    Sleep(50);
    CHECK(DisconnectNamedPipe(server));
    CHECK(!ConnectNamedPipe(server, &ov) && GetLastError() == ERROR_IO_PENDING);
    CHECK(GetQueuedCompletionStatus(port, &bytes, &key, &out, 10000) && out == &ov);
    CHECK(GetNamedPipeClientProcessId(server, &id) && id == (DWORD)child);
    if (!ReadFile(server, buffer, 64, NULL, &ov))
        CHECK(GetLastError() == ERROR_IO_PENDING);
    CHECK(GetQueuedCompletionStatus(port, &bytes, &key, &out, 10000) && bytes == 8);
    CHECK(WriteFile(server, "answer", 6, &bytes, &ov) && bytes == 6);
    CHECK(FlushFileBuffers(server));
    CHECK(DisconnectNamedPipe(server) && CloseHandle(server));
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status));
    return WEXITSTATUS(status);
}
#else
int main(void)
{
    puts("needs fork");
    return 77;
}
#endif
