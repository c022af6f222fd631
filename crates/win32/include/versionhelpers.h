/* Which Windows it is, asked by name. */
#ifndef IOCP_VERSIONHELPERS_H
#define IOCP_VERSIONHELPERS_H
#pragma GCC system_header

#include "winbase.h"

IOCP_LOCAL BOOL IsWindowsVersionOrGreater(WORD major, WORD minor, WORD service_pack)
{
    OSVERSIONINFOEXW wanted = {0};
    DWORDLONG conditions = 0;
    wanted.dwOSVersionInfoSize = sizeof wanted;
    wanted.dwMajorVersion = major;
    wanted.dwMinorVersion = minor;
    wanted.wServicePackMajor = service_pack;
    VER_SET_CONDITION(conditions, VER_MAJORVERSION, VER_GREATER_EQUAL);
    VER_SET_CONDITION(conditions, VER_MINORVERSION, VER_GREATER_EQUAL);
    VER_SET_CONDITION(conditions, VER_SERVICEPACKMAJOR, VER_GREATER_EQUAL);
    return VerifyVersionInfoW(&wanted, VER_MAJORVERSION | VER_MINORVERSION | VER_SERVICEPACKMAJOR,
                              conditions);
}
IOCP_LOCAL BOOL IsWindowsXPOrGreater(void)
{
    return IsWindowsVersionOrGreater(5, 1, 0);
}
IOCP_LOCAL BOOL IsWindowsVistaOrGreater(void)
{
    return IsWindowsVersionOrGreater(6, 0, 0);
}
IOCP_LOCAL BOOL IsWindows7OrGreater(void)
{
    return IsWindowsVersionOrGreater(6, 1, 0);
}
IOCP_LOCAL BOOL IsWindows7SP1OrGreater(void)
{
    return IsWindowsVersionOrGreater(6, 1, 1);
}
IOCP_LOCAL BOOL IsWindows8OrGreater(void)
{
    return IsWindowsVersionOrGreater(6, 2, 0);
}
IOCP_LOCAL BOOL IsWindows8Point1OrGreater(void)
{
    return IsWindowsVersionOrGreater(6, 3, 0);
}
IOCP_LOCAL BOOL IsWindows10OrGreater(void)
{
    return IsWindowsVersionOrGreater(10, 0, 0);
}
IOCP_LOCAL BOOL IsWindowsServer(void)
{
    OSVERSIONINFOEXW wanted = {0};
    DWORDLONG conditions = 0;
    wanted.dwOSVersionInfoSize = sizeof wanted;
    wanted.wProductType = VER_NT_WORKSTATION;
    VER_SET_CONDITION(conditions, VER_PRODUCT_TYPE, VER_EQUAL);
    return !VerifyVersionInfoW(&wanted, VER_PRODUCT_TYPE, conditions);
}

#endif
