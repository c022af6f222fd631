/* TransmitFile to a peer that has closed: it fails at the latest in the middle, and no signal of
 * the system ends the program. */
#include "sockets.h"

int main(void)
{
    static char data[1 << 20];
    SOCKET a, b;
    HANDLE file;
    DWORD written;
    char byte;
    int i;

    start();
    file = CreateFileA("file", GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    CHECK(file != INVALID_HANDLE_VALUE);
    CHECK(WriteFile(file, data, sizeof data, &written, NULL) && written == sizeof data);
    for (i = 0; i < 20; i++) {
        OVERLAPPED ov = {0};
        pair(&a, &b);
        CHECK(closesocket(b) == 0);
        CHECK(recv(a, &byte, 1, 0) == 0);
        /* The first part brings the reset, the second one meets it. */
        if (TransmitFile(a, file, 0, 0, &ov, NULL, 0) || WSAGetLastError() == WSA_IO_PENDING)
            GetOverlappedResult((HANDLE)a, &ov, &written, TRUE);
        CHECK(closesocket(a) == 0);
    }
    return 0;
}
