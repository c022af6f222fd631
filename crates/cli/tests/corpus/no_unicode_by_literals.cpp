// links: no
#include <windows.h>

HANDLE open(void)
{
    return CreateFile("missing", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
}
