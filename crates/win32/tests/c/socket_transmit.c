/* S-375: TransmitFile and TransmitPackets. */
#include "sockets.h"

#define SIZE 300000

static char content[SIZE];
static char in[2 * SIZE];

static DWORD receive_all(SOCKET s, DWORD wanted)
{
    DWORD total = 0;
    while (total < wanted) {
        int n = recv(s, in + total, (int)(wanted - total), 0);
        if (n <= 0)
            break;
        total += (DWORD)n;
    }
    return total;
}

struct reader {
    SOCKET s;
    DWORD wanted, got;
};

static DWORD WINAPI reads(void *parameter)
{
    struct reader *reader = parameter;
    reader->got = receive_all(reader->s, reader->wanted);
    return 0;
}

static HANDLE begin(struct reader *reader, SOCKET s, DWORD wanted)
{
    HANDLE thread;
    reader->s = s;
    reader->wanted = wanted;
    thread = CreateThread(NULL, 0, reads, reader, 0, NULL);
    CHECK(thread != NULL);
    return thread;
}

static void end(HANDLE thread, struct reader *reader)
{
    CHECK(WaitForSingleObject(thread, INFINITE) == WAIT_OBJECT_0);
    CHECK(reader->got == reader->wanted);
    CloseHandle(thread);
}

int main(void)
{
    GUID packets_id = WSAID_TRANSMITPACKETS;
    LPFN_TRANSMITPACKETS transmit_packets;
    TRANSMIT_FILE_BUFFERS around;
    TRANSMIT_PACKETS_ELEMENT elements[2];
    SOCKET a, b, idle;
    HANDLE port, file, thread;
    OVERLAPPED ov, ov2;
    struct reader reader;
    struct packet p;
    DWORD bytes;
    int i;

    start();
    pair(&a, &b);
    port = new_port();
    associate(a, port, 1);
    idle = tcp();
    for (i = 0; i < SIZE; i++)
        content[i] = (char)(i * 31 >> 5);
    file = CreateFileA("transmitted", GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0,
                       NULL);
    CHECK(file != INVALID_HANDLE_VALUE);
    CHECK(WriteFile(file, content, SIZE, &bytes, NULL) && bytes == SIZE);

    memset(&ov, 0, sizeof ov);
    CHECK(!TransmitFile(idle, file, 0, 0, &ov, NULL, 0) && WSAGetLastError() == WSAENOTCONN);
    CHECK(!TransmitFile(INVALID_SOCKET, file, 0, 0, &ov, NULL, 0));
    CHECK(WSAGetLastError() == WSAENOTSOCK);
    CHECK(nothing(port));

    /* Head, file, tail; a later send does not come in between. */
    around.Head = (void *)"head", around.HeadLength = 4;
    around.Tail = (void *)"tail", around.TailLength = 4;
    ov.Offset = 1000;
    thread = begin(&reader, b, SIZE - 1000 + 8 + 3);
    CHECK(TransmitFile(a, file, 0, 0, &ov, &around, 0) || WSAGetLastError() == WSA_IO_PENDING);
    memset(&ov2, 0, sizeof ov2);
    CHECK(ACCEPTED(transmit(a, "end", 3, NULL, &ov2)));
    for (i = 0; i < 2; i++) {
        p = take(port, INFINITE);
        CHECK(p.ok && p.key == 1);
        CHECK(p.bytes == (p.ov == &ov ? SIZE - 1000 + 8u : 3u));
    }
    end(thread, &reader);
    CHECK(!memcmp(in, "head", 4) && !memcmp(in + 4, content + 1000, SIZE - 1000));
    CHECK(!memcmp(in + 4 + SIZE - 1000, "tailend", 7));

    /* Part of it, from the file pointer, in a call that waits. */
    CHECK(SetFilePointer(file, 10, NULL, FILE_BEGIN) == 10);
    CHECK(TransmitFile(a, file, 100, 0, NULL, NULL, 0));
    CHECK(receive_all(b, 100) == 100 && !memcmp(in, content + 10, 100));
    CHECK(SetFilePointer(file, 0, NULL, FILE_CURRENT) == 110);
    CHECK(nothing(port));

    /* No file: only what is around it. */
    CHECK(TransmitFile(a, NULL, 0, 0, NULL, &around, 0));
    CHECK(receive_all(b, 8) == 8 && !memcmp(in, "headtail", 8));

    transmit_packets = (LPFN_TRANSMITPACKETS)extension(a, packets_id);
    memset(elements, 0, sizeof elements);
    elements[0].dwElFlags = TP_ELEMENT_FILE;
    elements[0].cLength = 50;
    elements[0].nFileOffset.QuadPart = 7;
    elements[0].hFile = file;
    elements[1].dwElFlags = TP_ELEMENT_MEMORY;
    elements[1].cLength = 6;
    elements[1].pBuffer = (void *)"memory";
    memset(&ov, 0, sizeof ov);
    CHECK(transmit_packets(a, elements, 2, 0, &ov, 0) || WSAGetLastError() == WSA_IO_PENDING);
    p = take(port, INFINITE);
    CHECK(p.ok && p.ov == &ov && p.bytes == 56);
    CHECK(receive_all(b, 56) == 56);
    CHECK(!memcmp(in, content + 7, 50) && !memcmp(in + 50, "memory", 6));

    /* Closing while it goes on. */
    {
        static char large[8 << 20];
        around.Head = large, around.HeadLength = sizeof large;
        memset(&ov, 0, sizeof ov);
        CHECK(!TransmitFile(a, file, 0, 0, &ov, &around, 0));
        CHECK(WSAGetLastError() == WSA_IO_PENDING);
        CHECK(closesocket(a) == 0);
        p = take(port, INFINITE);
        CHECK(!p.ok && p.ov == &ov && p.error == ERROR_OPERATION_ABORTED);
        CHECK(nothing(port));
    }

    /* And the end of the connection with it; the socket is good for another one. */
    pair(&a, &b);
    around.Head = (void *)"bye", around.HeadLength = 3;
    around.TailLength = 0;
    CHECK(TransmitFile(a, NULL, 0, 0, NULL, &around, TF_DISCONNECT | TF_REUSE_SOCKET));
    CHECK(receive_all(b, 4) == 3 && !memcmp(in, "bye", 3));
    CHECK(FAILS(send(a, "x", 1, 0), WSAENOTCONN));
    CHECK(CloseHandle(file));
    return 0;
}
