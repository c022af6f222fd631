/* S-375, S-370: when a TransmitFile that waits has returned, the socket is disconnected and may be
   used again. */
#include "sockets.h"

enum { ROUNDS = 200, BYTES = 200000 };

static DWORD WINAPI reads(void *parameter)
{
    static char in[65536];
    SOCKET s = (SOCKET)parameter;

    while (recv(s, in, sizeof in, 0) > 0)
        ;
    return 0;
}

int main(void)
{
    static char content[BYTES];
    SOCKET a, b;
    HANDLE file, thread;
    struct sockaddr_in name;
    DWORD bytes;
    int i, length;

    start();
    file = CreateFileA("sent", GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    CHECK(file != INVALID_HANDLE_VALUE);
    CHECK(WriteFile(file, content, BYTES, &bytes, NULL) && bytes == BYTES);
    for (i = 0; i < ROUNDS; i++) {
        int small = 4096;
        pair(&a, &b);
        CHECK(setsockopt(a, SOL_SOCKET, SO_SNDBUF, (char *)&small, sizeof small) == 0);
        thread = CreateThread(NULL, 0, reads, (void *)b, 0, NULL);
        CHECK(thread != NULL);
        CHECK(SetFilePointer(file, 0, NULL, FILE_BEGIN) == 0);
        CHECK(TransmitFile(a, file, 0, 0, NULL, NULL, TF_DISCONNECT | TF_REUSE_SOCKET));
        length = sizeof name;
        CHECK(FAILS(getpeername(a, (struct sockaddr *)&name, &length), WSAENOTCONN));
        CHECK(WaitForSingleObject(thread, INFINITE) == WAIT_OBJECT_0);
        CHECK(CloseHandle(thread) && closesocket(a) == 0 && closesocket(b) == 0);
    }
    return 0;
}
