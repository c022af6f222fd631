// bridged: static_cast to a pointer to a function
// links: no
#include <winsock2.h>
#include <mswsock.h>

LPFN_ACCEPTEX of(void *pointer) { return static_cast<LPFN_ACCEPTEX>(pointer); }
