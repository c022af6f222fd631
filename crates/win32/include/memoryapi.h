/* Pages of memory and mapped files. */
#ifndef IOCP_MEMORYAPI_H
#define IOCP_MEMORYAPI_H
#pragma GCC system_header

#include "minwinbase.h"

#define FILE_MAP_WRITE SECTION_MAP_WRITE
#define FILE_MAP_READ SECTION_MAP_READ
#define FILE_MAP_ALL_ACCESS SECTION_ALL_ACCESS
#define FILE_MAP_EXECUTE SECTION_MAP_EXECUTE_EXPLICIT
#define FILE_MAP_COPY 0x00000001
#define FILE_MAP_RESERVE 0x80000000
#define FILE_MAP_LARGE_PAGES 0x20000000

IOCP_C_BEGIN

WINBASEAPI LPVOID WINAPI VirtualAlloc(LPVOID address, SIZE_T size, DWORD type, DWORD protect);
WINBASEAPI BOOL WINAPI VirtualFree(LPVOID address, SIZE_T size, DWORD type);
WINBASEAPI BOOL WINAPI VirtualProtect(LPVOID address, SIZE_T size, DWORD protect, PDWORD previous);
WINBASEAPI SIZE_T WINAPI VirtualQuery(LPCVOID address, PMEMORY_BASIC_INFORMATION information,
    SIZE_T length);
WINBASEAPI BOOL WINAPI VirtualLock(LPVOID address, SIZE_T size);
WINBASEAPI BOOL WINAPI VirtualUnlock(LPVOID address, SIZE_T size);
WINBASEAPI SIZE_T WINAPI GetLargePageMinimum(VOID);
WINBASEAPI HANDLE WINAPI CreateFileMappingW(HANDLE file, LPSECURITY_ATTRIBUTES attributes,
    DWORD protect, DWORD size_high, DWORD size_low, LPCWSTR name) IOCP_WIDE(CreateFileMappingW);
WINBASEAPI HANDLE WINAPI OpenFileMappingW(DWORD access, BOOL inherit,
    LPCWSTR name) IOCP_WIDE(OpenFileMappingW);
WINBASEAPI LPVOID WINAPI MapViewOfFile(HANDLE mapping, DWORD access, DWORD offset_high,
    DWORD offset_low, SIZE_T bytes);
WINBASEAPI LPVOID WINAPI MapViewOfFileEx(HANDLE mapping, DWORD access, DWORD offset_high,
    DWORD offset_low, SIZE_T bytes, LPVOID address);
WINBASEAPI BOOL WINAPI FlushViewOfFile(LPCVOID address, SIZE_T bytes);
WINBASEAPI BOOL WINAPI UnmapViewOfFile(LPCVOID address);

IOCP_C_END

#endif
