/*
 * What the echo servers here have in common: a check that drives a server from within its own
 * process, so that it can be run anywhere.
 */
#ifndef ECHO_H
#define ECHO_H

#include <winsock2.h>
#include <process.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CLIENTS 20
#define MESSAGES 50

static u_short check_port;
static volatile LONG check_echoes;

static void die(const char *what)
{
    fprintf(stderr, "%s: error %d\n", what, WSAGetLastError());
    exit(1);
}

static unsigned __stdcall check_client(void *argument)
{
    SOCKET s = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    struct sockaddr_in server;
    char out[200], in[200];
    int i, got, n;

    memset(&server, 0, sizeof(server));
    server.sin_family = AF_INET;
    server.sin_port = htons(check_port);
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(s, (struct sockaddr *)&server, sizeof(server)) == SOCKET_ERROR)
        die("connect");
    for (i = 0; i < MESSAGES; i++) {
        memset(out, 'A' + (int)((INT_PTR)argument + i) % 26, sizeof(out));
        if (send(s, out, sizeof(out), 0) != sizeof(out))
            die("send");
        for (got = 0; got < (int)sizeof(in); got += n)
            if ((n = recv(s, in + got, (int)sizeof(in) - got, 0)) <= 0)
                die("recv");
        if (memcmp(out, in, sizeof(in)) == 0)
            InterlockedIncrement(&check_echoes);
    }
    shutdown(s, SD_SEND);
    /* The server closes its side when it sees the end of ours. */
    while (recv(s, in, sizeof(in), 0) > 0)
        ;
    closesocket(s);
    return 0;
}

/* Runs the clients against a server on that port; prints what came back. */
static int check_echo(u_short port)
{
    HANDLE clients[CLIENTS];
    int i;

    check_port = port;
    for (i = 0; i < CLIENTS; i++)
        clients[i] = (HANDLE)_beginthreadex(NULL, 0, check_client, (void *)(INT_PTR)i, 0, NULL);
    WaitForMultipleObjects(CLIENTS, clients, TRUE, INFINITE);
    for (i = 0; i < CLIENTS; i++)
        CloseHandle(clients[i]);
    printf("%ld of %d echoes are right\n", (long)check_echoes, CLIENTS * MESSAGES);
    return check_echoes == CLIENTS * MESSAGES ? 0 : 1;
}

/* A listening socket on a port of the loopback interface, or of all with a number from outside. */
static SOCKET listener_on(const char *number, u_short *port)
{
    SOCKET s = WSASocketA(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, WSA_FLAG_OVERLAPPED);
    struct sockaddr_in local;
    int length = sizeof(local);

    memset(&local, 0, sizeof(local));
    local.sin_family = AF_INET;
    local.sin_port = htons((u_short)(number ? atoi(number) : 0));
    local.sin_addr.s_addr = htonl(number ? INADDR_ANY : INADDR_LOOPBACK);
    if (s == INVALID_SOCKET || bind(s, (struct sockaddr *)&local, sizeof(local)) == SOCKET_ERROR
        || listen(s, SOMAXCONN) == SOCKET_ERROR
        || getsockname(s, (struct sockaddr *)&local, &length) == SOCKET_ERROR)
        die("listen");
    *port = ntohs(local.sin_port);
    return s;
}

/* With a port number: until Enter is pressed. With none: checks itself. */
static int serve_or_check(const char *number, u_short port)
{
    if (number == NULL)
        return check_echo(port);
    printf("listening on port %d; Enter ends\n", port);
    getchar();
    return 0;
}

#endif
