/* What our headers say about each type in structs.h and
   structs_socket.h, as a table that print.c prints.

   With -DWIDE and -fshort-wchar the structures that hold WCHARs come too. */
#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>
#include <mstcpip.h>
#include <windows.h>
#include <dbghelp.h>
#include <tlhelp32.h>
#include <winioctl.h>
#include <winternl.h>

#include "row.h"

#define SCALAR(type) {#type, 0, sizeof(type), _Alignof(type)},
#define STRUCT(type) {#type, 0, sizeof(type), _Alignof(type)},
#define FIELD(type, field) {#type, #field, sizeof(((type *)0)->field), offsetof(type, field)},

const struct row rows[] = {
#include "structs.h"
#include "structs_socket.h"
    {0, 0, 0, 0},
};
