/* Files and directories. */
#ifndef IOCP_FILEAPI_H
#define IOCP_FILEAPI_H
#pragma GCC system_header

#include "minwinbase.h"

#define CREATE_NEW 1
#define CREATE_ALWAYS 2
#define OPEN_EXISTING 3
#define OPEN_ALWAYS 4
#define TRUNCATE_EXISTING 5
#define INVALID_FILE_SIZE ((DWORD)0xFFFFFFFF)
#define INVALID_SET_FILE_POINTER ((DWORD)-1)
#define INVALID_FILE_ATTRIBUTES ((DWORD)-1)

typedef struct _BY_HANDLE_FILE_INFORMATION {
    DWORD dwFileAttributes;
    FILETIME ftCreationTime;
    FILETIME ftLastAccessTime;
    FILETIME ftLastWriteTime;
    DWORD dwVolumeSerialNumber;
    DWORD nFileSizeHigh;
    DWORD nFileSizeLow;
    DWORD nNumberOfLinks;
    DWORD nFileIndexHigh;
    DWORD nFileIndexLow;
} BY_HANDLE_FILE_INFORMATION, *PBY_HANDLE_FILE_INFORMATION, *LPBY_HANDLE_FILE_INFORMATION;

typedef struct _WIN32_FILE_ATTRIBUTE_DATA {
    DWORD dwFileAttributes;
    FILETIME ftCreationTime;
    FILETIME ftLastAccessTime;
    FILETIME ftLastWriteTime;
    DWORD nFileSizeHigh;
    DWORD nFileSizeLow;
} WIN32_FILE_ATTRIBUTE_DATA, *LPWIN32_FILE_ATTRIBUTE_DATA;

typedef struct _CREATEFILE2_EXTENDED_PARAMETERS {
    DWORD dwSize;
    DWORD dwFileAttributes;
    DWORD dwFileFlags;
    DWORD dwSecurityQosFlags;
    LPSECURITY_ATTRIBUTES lpSecurityAttributes;
    HANDLE hTemplateFile;
} CREATEFILE2_EXTENDED_PARAMETERS, *PCREATEFILE2_EXTENDED_PARAMETERS,
    *LPCREATEFILE2_EXTENDED_PARAMETERS;

IOCP_C_BEGIN

WINBASEAPI HANDLE WINAPI CreateFileA(LPCSTR name, DWORD access, DWORD share,
    LPSECURITY_ATTRIBUTES attributes, DWORD disposition, DWORD flags, HANDLE template_file);
WINBASEAPI HANDLE WINAPI CreateFileW(LPCWSTR name, DWORD access, DWORD share,
    LPSECURITY_ATTRIBUTES attributes, DWORD disposition, DWORD flags,
    HANDLE template_file) IOCP_WIDE(CreateFileW);
WINBASEAPI HANDLE WINAPI CreateFile2(LPCWSTR name, DWORD access, DWORD share, DWORD disposition,
    LPCREATEFILE2_EXTENDED_PARAMETERS parameters) IOCP_WIDE(CreateFile2);

WINBASEAPI BOOL WINAPI ReadFile(HANDLE file, LPVOID buffer, DWORD length, LPDWORD bytes,
    LPOVERLAPPED overlapped);
WINBASEAPI BOOL WINAPI WriteFile(HANDLE file, LPCVOID buffer, DWORD length, LPDWORD bytes,
    LPOVERLAPPED overlapped);
WINBASEAPI BOOL WINAPI ReadFileEx(HANDLE file, LPVOID buffer, DWORD length,
    LPOVERLAPPED overlapped, LPOVERLAPPED_COMPLETION_ROUTINE routine);
WINBASEAPI BOOL WINAPI WriteFileEx(HANDLE file, LPCVOID buffer, DWORD length,
    LPOVERLAPPED overlapped, LPOVERLAPPED_COMPLETION_ROUTINE routine);
WINBASEAPI BOOL WINAPI ReadFileScatter(HANDLE file, FILE_SEGMENT_ELEMENT segments[], DWORD length,
    LPDWORD reserved, LPOVERLAPPED overlapped);
WINBASEAPI BOOL WINAPI WriteFileGather(HANDLE file, FILE_SEGMENT_ELEMENT segments[], DWORD length,
    LPDWORD reserved, LPOVERLAPPED overlapped);
WINBASEAPI BOOL WINAPI FlushFileBuffers(HANDLE file);

WINBASEAPI DWORD WINAPI SetFilePointer(HANDLE file, LONG distance, PLONG distance_high,
    DWORD method);
WINBASEAPI BOOL WINAPI SetFilePointerEx(HANDLE file, LARGE_INTEGER distance,
    PLARGE_INTEGER position, DWORD method);
WINBASEAPI BOOL WINAPI SetEndOfFile(HANDLE file);
WINBASEAPI BOOL WINAPI SetFileValidData(HANDLE file, LONGLONG length);
WINBASEAPI DWORD WINAPI GetFileSize(HANDLE file, LPDWORD size_high);
WINBASEAPI BOOL WINAPI GetFileSizeEx(HANDLE file, PLARGE_INTEGER size);
WINBASEAPI DWORD WINAPI GetFileType(HANDLE file);

WINBASEAPI BOOL WINAPI LockFile(HANDLE file, DWORD offset_low, DWORD offset_high,
    DWORD length_low, DWORD length_high);
WINBASEAPI BOOL WINAPI LockFileEx(HANDLE file, DWORD flags, DWORD reserved, DWORD length_low,
    DWORD length_high, LPOVERLAPPED overlapped);
WINBASEAPI BOOL WINAPI UnlockFile(HANDLE file, DWORD offset_low, DWORD offset_high,
    DWORD length_low, DWORD length_high);
WINBASEAPI BOOL WINAPI UnlockFileEx(HANDLE file, DWORD reserved, DWORD length_low,
    DWORD length_high, LPOVERLAPPED overlapped);

WINBASEAPI BOOL WINAPI GetFileTime(HANDLE file, LPFILETIME creation, LPFILETIME access,
    LPFILETIME write);
WINBASEAPI BOOL WINAPI SetFileTime(HANDLE file, CONST FILETIME *creation, CONST FILETIME *access,
    CONST FILETIME *write);
WINBASEAPI LONG WINAPI CompareFileTime(CONST FILETIME *first, CONST FILETIME *second);
WINBASEAPI BOOL WINAPI FileTimeToLocalFileTime(CONST FILETIME *time, LPFILETIME local);
WINBASEAPI BOOL WINAPI LocalFileTimeToFileTime(CONST FILETIME *local, LPFILETIME time);

WINBASEAPI BOOL WINAPI GetFileInformationByHandle(HANDLE file,
    LPBY_HANDLE_FILE_INFORMATION information);
WINBASEAPI BOOL WINAPI SetFileInformationByHandle(HANDLE file, FILE_INFO_BY_HANDLE_CLASS what,
    LPVOID information, DWORD length) IOCP_WIDE(SetFileInformationByHandle);
WINBASEAPI DWORD WINAPI GetFinalPathNameByHandleA(HANDLE file, LPSTR path, DWORD length,
    DWORD flags);
WINBASEAPI DWORD WINAPI GetFinalPathNameByHandleW(HANDLE file, LPWSTR path, DWORD length,
    DWORD flags) IOCP_WIDE(GetFinalPathNameByHandleW);

WINBASEAPI DWORD WINAPI GetFileAttributesA(LPCSTR name);
WINBASEAPI DWORD WINAPI GetFileAttributesW(LPCWSTR name) IOCP_WIDE(GetFileAttributesW);
WINBASEAPI BOOL WINAPI GetFileAttributesExA(LPCSTR name, GET_FILEEX_INFO_LEVELS level,
    LPVOID information);
WINBASEAPI BOOL WINAPI GetFileAttributesExW(LPCWSTR name, GET_FILEEX_INFO_LEVELS level,
    LPVOID information) IOCP_WIDE(GetFileAttributesExW);
WINBASEAPI BOOL WINAPI SetFileAttributesA(LPCSTR name, DWORD attributes);
WINBASEAPI BOOL WINAPI SetFileAttributesW(LPCWSTR name,
    DWORD attributes) IOCP_WIDE(SetFileAttributesW);
WINBASEAPI BOOL WINAPI DeleteFileA(LPCSTR name);
WINBASEAPI BOOL WINAPI DeleteFileW(LPCWSTR name) IOCP_WIDE(DeleteFileW);
WINBASEAPI BOOL WINAPI CreateDirectoryA(LPCSTR path, LPSECURITY_ATTRIBUTES attributes);
WINBASEAPI BOOL WINAPI CreateDirectoryW(LPCWSTR path,
    LPSECURITY_ATTRIBUTES attributes) IOCP_WIDE(CreateDirectoryW);
WINBASEAPI BOOL WINAPI RemoveDirectoryA(LPCSTR path);
WINBASEAPI BOOL WINAPI RemoveDirectoryW(LPCWSTR path) IOCP_WIDE(RemoveDirectoryW);

WINBASEAPI HANDLE WINAPI FindFirstFileA(LPCSTR name, LPWIN32_FIND_DATAA data);
WINBASEAPI HANDLE WINAPI FindFirstFileW(LPCWSTR name,
    LPWIN32_FIND_DATAW data) IOCP_WIDE(FindFirstFileW);
WINBASEAPI HANDLE WINAPI FindFirstFileExA(LPCSTR name, FINDEX_INFO_LEVELS level, LPVOID data,
    FINDEX_SEARCH_OPS operation, LPVOID filter, DWORD flags);
WINBASEAPI HANDLE WINAPI FindFirstFileExW(LPCWSTR name, FINDEX_INFO_LEVELS level, LPVOID data,
    FINDEX_SEARCH_OPS operation, LPVOID filter, DWORD flags) IOCP_WIDE(FindFirstFileExW);
WINBASEAPI BOOL WINAPI FindNextFileA(HANDLE find, LPWIN32_FIND_DATAA data);
WINBASEAPI BOOL WINAPI FindNextFileW(HANDLE find, LPWIN32_FIND_DATAW data) IOCP_WIDE(FindNextFileW);
WINBASEAPI BOOL WINAPI FindClose(HANDLE find);
WINBASEAPI HANDLE WINAPI FindFirstChangeNotificationA(LPCSTR path, BOOL subtree, DWORD filter);
WINBASEAPI HANDLE WINAPI FindFirstChangeNotificationW(LPCWSTR path, BOOL subtree,
    DWORD filter) IOCP_WIDE(FindFirstChangeNotificationW);
WINBASEAPI BOOL WINAPI FindNextChangeNotification(HANDLE change);
WINBASEAPI BOOL WINAPI FindCloseChangeNotification(HANDLE change);

WINBASEAPI DWORD WINAPI GetFullPathNameA(LPCSTR name, DWORD length, LPSTR buffer, LPSTR *file_part);
WINBASEAPI DWORD WINAPI GetFullPathNameW(LPCWSTR name, DWORD length, LPWSTR buffer,
    LPWSTR *file_part) IOCP_WIDE(GetFullPathNameW);
WINBASEAPI DWORD WINAPI GetLongPathNameA(LPCSTR path, LPSTR buffer, DWORD length);
WINBASEAPI DWORD WINAPI GetLongPathNameW(LPCWSTR path, LPWSTR buffer,
    DWORD length) IOCP_WIDE(GetLongPathNameW);
WINBASEAPI DWORD WINAPI GetShortPathNameA(LPCSTR path, LPSTR buffer, DWORD length);
WINBASEAPI DWORD WINAPI GetShortPathNameW(LPCWSTR path, LPWSTR buffer,
    DWORD length) IOCP_WIDE(GetShortPathNameW);
WINBASEAPI DWORD WINAPI GetTempPathA(DWORD length, LPSTR buffer);
WINBASEAPI DWORD WINAPI GetTempPathW(DWORD length, LPWSTR buffer) IOCP_WIDE(GetTempPathW);
WINBASEAPI UINT WINAPI GetTempFileNameA(LPCSTR path, LPCSTR prefix, UINT unique, LPSTR name);
WINBASEAPI UINT WINAPI GetTempFileNameW(LPCWSTR path, LPCWSTR prefix, UINT unique,
    LPWSTR name) IOCP_WIDE(GetTempFileNameW);
WINBASEAPI UINT WINAPI GetDriveTypeA(LPCSTR root);
WINBASEAPI UINT WINAPI GetDriveTypeW(LPCWSTR root) IOCP_WIDE(GetDriveTypeW);
WINBASEAPI DWORD WINAPI GetLogicalDrives(VOID);
WINBASEAPI BOOL WINAPI GetDiskFreeSpaceA(LPCSTR root, LPDWORD sectors_per_cluster,
    LPDWORD bytes_per_sector, LPDWORD free_clusters, LPDWORD clusters);
WINBASEAPI BOOL WINAPI GetDiskFreeSpaceW(LPCWSTR root, LPDWORD sectors_per_cluster,
    LPDWORD bytes_per_sector, LPDWORD free_clusters,
    LPDWORD clusters) IOCP_WIDE(GetDiskFreeSpaceW);
WINBASEAPI BOOL WINAPI GetDiskFreeSpaceExA(LPCSTR directory, PULARGE_INTEGER available,
    PULARGE_INTEGER total, PULARGE_INTEGER free_bytes);
WINBASEAPI BOOL WINAPI GetDiskFreeSpaceExW(LPCWSTR directory, PULARGE_INTEGER available,
    PULARGE_INTEGER total, PULARGE_INTEGER free_bytes) IOCP_WIDE(GetDiskFreeSpaceExW);

IOCP_C_END

#ifdef __cplusplus
IOCP_CXX_BEGIN
template <class T>
inline BOOL ReadFile(HANDLE file, LPVOID buffer, DWORD length, T *bytes, LPOVERLAPPED overlapped,
    typename iocp_if_ulong<T>::type = 0)
{
    DWORD count = 0;
    BOOL done = ReadFile(file, buffer, length, &count, overlapped);
    *bytes = count;
    return done;
}
template <class T>
inline BOOL WriteFile(HANDLE file, LPCVOID buffer, DWORD length, T *bytes, LPOVERLAPPED overlapped,
    typename iocp_if_ulong<T>::type = 0)
{
    DWORD count = 0;
    BOOL done = WriteFile(file, buffer, length, &count, overlapped);
    *bytes = count;
    return done;
}
IOCP_CXX_END
#endif

#ifdef UNICODE
#define CreateFile CreateFileW
#define GetFinalPathNameByHandle GetFinalPathNameByHandleW
#define GetFileAttributes GetFileAttributesW
#define GetFileAttributesEx GetFileAttributesExW
#define SetFileAttributes SetFileAttributesW
#define DeleteFile DeleteFileW
#define CreateDirectory CreateDirectoryW
#define RemoveDirectory RemoveDirectoryW
#define FindFirstFile FindFirstFileW
#define FindFirstFileEx FindFirstFileExW
#define FindNextFile FindNextFileW
#define FindFirstChangeNotification FindFirstChangeNotificationW
#define GetFullPathName GetFullPathNameW
#define GetLongPathName GetLongPathNameW
#define GetShortPathName GetShortPathNameW
#define GetTempPath GetTempPathW
#define GetTempFileName GetTempFileNameW
#define GetDriveType GetDriveTypeW
#define GetDiskFreeSpace GetDiskFreeSpaceW
#define GetDiskFreeSpaceEx GetDiskFreeSpaceExW
#else
#define CreateFile CreateFileA
#define GetFinalPathNameByHandle GetFinalPathNameByHandleA
#define GetFileAttributes GetFileAttributesA
#define GetFileAttributesEx GetFileAttributesExA
#define SetFileAttributes SetFileAttributesA
#define DeleteFile DeleteFileA
#define CreateDirectory CreateDirectoryA
#define RemoveDirectory RemoveDirectoryA
#define FindFirstFile FindFirstFileA
#define FindFirstFileEx FindFirstFileExA
#define FindNextFile FindNextFileA
#define FindFirstChangeNotification FindFirstChangeNotificationA
#define GetFullPathName GetFullPathNameA
#define GetLongPathName GetLongPathNameA
#define GetShortPathName GetShortPathNameA
#define GetTempPath GetTempPathA
#define GetTempFileName GetTempFileNameA
#define GetDriveType GetDriveTypeA
#define GetDiskFreeSpace GetDiskFreeSpaceA
#define GetDiskFreeSpaceEx GetDiskFreeSpaceExA
#endif

#endif
