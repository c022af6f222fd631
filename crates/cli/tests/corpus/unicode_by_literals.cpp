// bridged: Unicode, as its wide literals show
// exit: 0
#include <windows.h>

HANDLE open(void)
{
    return CreateFile(L"missing", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
}
// links: no
