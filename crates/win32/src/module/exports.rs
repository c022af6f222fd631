//! All functions that the library exports, for `GetProcAddress`. Made by the test `exports`, which
//! also tells when it is out of date; not edited by hand.

macro_rules! table {
    ($($name:ident)*) => {
        unsafe extern "C" {
            $(fn $name();)*
        }
        /// Names in order, and functions.
        pub(super) static EXPORTS: &[(&str, unsafe extern "C" fn())] =
            &[$((stringify!($name), $name)),*];
    };
}

#[rustfmt::skip]
table! {
    AcceptEx AcquireSRWLockExclusive AcquireSRWLockShared BindIoCompletionCallback CallNamedPipeA
    CallNamedPipeW CallNamedPipeW_16 CallbackMayRunLong CancelIo CancelIoEx CancelSynchronousIo
    CancelThreadpoolIo CancelWaitableTimer ChangeTimerQueueTimer CharLowerA CharLowerBuffA
    CharLowerBuffW CharLowerBuffW_16 CharLowerW CharLowerW_16 CharNextA CharNextW CharNextW_16
    CharPrevA CharPrevW CharPrevW_16 CharUpperA CharUpperBuffA CharUpperBuffW CharUpperBuffW_16
    CharUpperW CharUpperW_16 CloseHandle CloseThreadpool CloseThreadpoolCleanupGroup
    CloseThreadpoolCleanupGroupMembers CloseThreadpoolIo CloseThreadpoolTimer CloseThreadpoolWait
    CloseThreadpoolWork CoCreateGuid CommandLineToArgvW CommandLineToArgvW_16 CompareFileTime
    CompareObjectHandles CompareStringA CompareStringOrdinal CompareStringOrdinal_16 CompareStringW
    CompareStringW_16 ConnectNamedPipe CopyFileA CopyFileExA CopyFileExW CopyFileExW_16 CopyFileW
    CopyFileW_16 CreateDirectoryA CreateDirectoryW CreateDirectoryW_16 CreateEventA CreateEventExA
    CreateEventExW CreateEventExW_16 CreateEventW CreateEventW_16 CreateFile2 CreateFile2_16
    CreateFileA CreateFileMappingA CreateFileMappingW CreateFileMappingW_16 CreateFileW
    CreateFileW_16 CreateHardLinkA CreateHardLinkW CreateHardLinkW_16 CreateIoCompletionPort
    CreateMailslotA CreateMailslotW CreateMailslotW_16 CreateMutexA CreateMutexExA CreateMutexExW
    CreateMutexExW_16 CreateMutexW CreateMutexW_16 CreateNamedPipeA CreateNamedPipeW
    CreateNamedPipeW_16 CreatePipe CreateProcessA CreateProcessW CreateProcessW_16 CreateSemaphoreA
    CreateSemaphoreExA CreateSemaphoreExW CreateSemaphoreExW_16 CreateSemaphoreW
    CreateSemaphoreW_16 CreateSymbolicLinkA CreateSymbolicLinkW CreateSymbolicLinkW_16 CreateThread
    CreateThreadpool CreateThreadpoolCleanupGroup CreateThreadpoolIo CreateThreadpoolTimer
    CreateThreadpoolWait CreateThreadpoolWork CreateTimerQueue CreateTimerQueueTimer
    CreateToolhelp32Snapshot CreateWaitableTimerA CreateWaitableTimerExA CreateWaitableTimerExW
    CreateWaitableTimerExW_16 CreateWaitableTimerW CreateWaitableTimerW_16 DebugBreak
    DeleteCriticalSection DeleteFileA DeleteFileW DeleteFileW_16 DeleteTimerQueue
    DeleteTimerQueueEx DeleteTimerQueueTimer DeviceIoControl DisableThreadLibraryCalls
    DisassociateCurrentThreadFromCallback DisconnectNamedPipe DuplicateHandle EnterCriticalSection
    ExitProcess ExitThread ExpandEnvironmentStringsA ExpandEnvironmentStringsW
    ExpandEnvironmentStringsW_16 FileTimeToLocalFileTime FileTimeToSystemTime FindClose
    FindCloseChangeNotification FindFirstChangeNotificationA FindFirstChangeNotificationW
    FindFirstChangeNotificationW_16 FindFirstFileA FindFirstFileExA FindFirstFileExW
    FindFirstFileExW_16 FindFirstFileW FindFirstFileW_16 FindNextChangeNotification FindNextFileA
    FindNextFileW FindNextFileW_16 FlsAlloc FlsFree FlsGetValue FlsSetValue FlushConsoleInputBuffer
    FlushFileBuffers FlushProcessWriteBuffers FlushViewOfFile FormatMessageA FormatMessageA_16
    FormatMessageW FormatMessageW_16 FreeAddrInfoEx FreeAddrInfoExW FreeAddrInfoExW_16
    FreeAddrInfoW FreeAddrInfoW_16 FreeEnvironmentStringsA FreeEnvironmentStringsW
    FreeEnvironmentStringsW_16 FreeLibrary FreeLibraryAndExitThread FreeLibraryWhenCallbackReturns
    GenerateConsoleCtrlEvent GetACP GetAcceptExSockaddrs GetActiveProcessorCount
    GetActiveProcessorGroupCount GetAddrInfoExA GetAddrInfoExCancel GetAddrInfoExOverlappedResult
    GetAddrInfoExW GetAddrInfoExW_16 GetAddrInfoW GetAddrInfoW_16 GetAsyncKeyState GetCPInfo
    GetCommandLineA GetCommandLineW GetCommandLineW_16 GetComputerNameA GetComputerNameExA
    GetComputerNameExW GetComputerNameExW_16 GetComputerNameW GetComputerNameW_16 GetConsoleCP
    GetConsoleMode GetConsoleOutputCP GetConsoleScreenBufferInfo GetCurrentDirectoryA
    GetCurrentDirectoryW GetCurrentDirectoryW_16 GetCurrentProcess GetCurrentProcessId
    GetCurrentProcessorNumber GetCurrentProcessorNumberEx GetCurrentThread GetCurrentThreadId
    GetDiskFreeSpaceA GetDiskFreeSpaceExA GetDiskFreeSpaceExW GetDiskFreeSpaceExW_16
    GetDiskFreeSpaceW GetDiskFreeSpaceW_16 GetDriveTypeA GetDriveTypeW GetDriveTypeW_16
    GetEnvironmentStrings GetEnvironmentStringsW GetEnvironmentStringsW_16 GetEnvironmentVariableA
    GetEnvironmentVariableW GetEnvironmentVariableW_16 GetErrorMode GetExitCodeProcess
    GetExitCodeThread GetFileAttributesA GetFileAttributesExA GetFileAttributesExW
    GetFileAttributesExW_16 GetFileAttributesW GetFileAttributesW_16 GetFileInformationByHandle
    GetFileInformationByHandleEx GetFileInformationByHandleEx_16 GetFileSize GetFileSizeEx
    GetFileTime GetFileType GetFinalPathNameByHandleA GetFinalPathNameByHandleW
    GetFinalPathNameByHandleW_16 GetFullPathNameA GetFullPathNameW GetFullPathNameW_16
    GetHandleInformation GetHostNameW GetHostNameW_16 GetLargePageMinimum GetLastError GetLocalTime
    GetLogicalDrives GetLogicalProcessorInformation GetLongPathNameA GetLongPathNameW
    GetLongPathNameW_16 GetMailslotInfo GetMaximumProcessorCount GetMaximumProcessorGroupCount
    GetModuleFileNameA GetModuleFileNameW GetModuleFileNameW_16 GetModuleHandleA GetModuleHandleExA
    GetModuleHandleExW GetModuleHandleExW_16 GetModuleHandleW GetModuleHandleW_16 GetNameInfoW
    GetNameInfoW_16 GetNamedPipeClientProcessId GetNamedPipeHandleStateA GetNamedPipeHandleStateW
    GetNamedPipeHandleStateW_16 GetNamedPipeInfo GetNamedPipeServerProcessId GetNativeSystemInfo
    GetOEMCP GetOverlappedResult GetOverlappedResultEx GetPriorityClass GetPrivateProfileIntA
    GetPrivateProfileIntW GetPrivateProfileIntW_16 GetPrivateProfileStringA
    GetPrivateProfileStringW GetPrivateProfileStringW_16 GetProcAddress GetProcAddress_16
    GetProcessAffinityMask GetProcessHandleCount GetProcessHeap GetProcessId GetProcessMemoryInfo
    GetProcessTimes GetQueuedCompletionStatus GetQueuedCompletionStatusEx GetShortPathNameA
    GetShortPathNameW GetShortPathNameW_16 GetStdHandle GetSystemDefaultLangID GetSystemInfo
    GetSystemTime GetSystemTimeAdjustment GetSystemTimeAsFileTime GetSystemTimePreciseAsFileTime
    GetSystemTimes GetTempFileNameA GetTempFileNameW GetTempFileNameW_16 GetTempPathA GetTempPathW
    GetTempPathW_16 GetThreadDescription GetThreadDescription_16 GetThreadGroupAffinity GetThreadId
    GetThreadPriority GetThreadPriorityBoost GetThreadTimes GetTickCount GetTickCount64
    GetTimeZoneInformation GetTimeZoneInformation_16 GetUserDefaultLangID GetUserNameA GetUserNameW
    GetUserNameW_16 GetVersion GetVersionExA GetVersionExW GetVersionExW_16 GlobalAlloc GlobalFree
    GlobalLock GlobalMemoryStatusEx GlobalReAlloc GlobalSize GlobalUnlock HeapAlloc HeapCompact
    HeapCreate HeapDestroy HeapFree HeapLock HeapReAlloc HeapSetInformation HeapSize HeapUnlock
    HeapValidate InetNtopW InetNtopW_16 InetPtonW InetPtonW_16 InitOnceBeginInitialize
    InitOnceComplete InitOnceExecuteOnce InitOnceInitialize InitializeConditionVariable
    InitializeCriticalSection InitializeCriticalSectionAndSpinCount InitializeCriticalSectionEx
    InitializeSListHead InitializeSRWLock InitializeSecurityDescriptor InterlockedFlushSList
    InterlockedPopEntrySList InterlockedPushEntrySList InterlockedPushListSListEx IsCharAlphaA
    IsCharAlphaNumericA IsCharAlphaNumericW IsCharAlphaNumericW_16 IsCharAlphaW IsCharAlphaW_16
    IsCharLowerA IsCharLowerW IsCharLowerW_16 IsCharUpperA IsCharUpperW IsCharUpperW_16
    IsDBCSLeadByte IsDBCSLeadByteEx IsDebuggerPresent IsProcessorFeaturePresent
    IsThreadpoolTimerSet IsValidCodePage IsValidSecurityDescriptor LeaveCriticalSection
    LeaveCriticalSectionWhenCallbackReturns LoadLibraryA LoadLibraryExA LoadLibraryExW
    LoadLibraryExW_16 LoadLibraryW LoadLibraryW_16 LocalAlloc LocalFileTimeToFileTime LocalFree
    LocalLock LocalReAlloc LocalSize LocalUnlock LockFile LockFileEx MapViewOfFile MapViewOfFileEx
    MessageBoxA MessageBoxW MessageBoxW_16 MiniDumpWriteDump MoveFileA MoveFileExA MoveFileExW
    MoveFileExW_16 MoveFileW MoveFileW_16 MulDiv MultiByteToWideChar MultiByteToWideChar_16
    NtAssociateWaitCompletionPacket NtCancelWaitCompletionPacket NtClose NtCreateIoCompletion
    NtCreateWaitCompletionPacket NtQueryIoCompletion NtRemoveIoCompletion NtRemoveIoCompletionEx
    NtSetInformationFile NtSetIoCompletion OpenEventA OpenEventW OpenEventW_16 OpenFileMappingA
    OpenFileMappingW OpenFileMappingW_16 OpenMutexA OpenMutexW OpenMutexW_16 OpenProcess
    OpenSemaphoreA OpenSemaphoreW OpenSemaphoreW_16 OpenThread OpenWaitableTimerA
    OpenWaitableTimerW OpenWaitableTimerW_16 OutputDebugStringA OutputDebugStringW
    OutputDebugStringW_16 PathAddBackslashA PathAddBackslashW PathAddBackslashW_16
    PathAddExtensionA PathAddExtensionW PathAddExtensionW_16 PathAppendA PathAppendW PathAppendW_16
    PathCanonicalizeA PathCanonicalizeW PathCanonicalizeW_16 PathCombineA PathCombineW
    PathCombineW_16 PathFileExistsA PathFileExistsW PathFileExistsW_16 PathFindExtensionA
    PathFindExtensionW PathFindExtensionW_16 PathFindFileNameA PathFindFileNameW
    PathFindFileNameW_16 PathIsDirectoryA PathIsDirectoryW PathIsDirectoryW_16 PathIsRelativeA
    PathIsRelativeW PathIsRelativeW_16 PathRemoveBackslashA PathRemoveBackslashW
    PathRemoveBackslashW_16 PathRemoveExtensionA PathRemoveExtensionW PathRemoveExtensionW_16
    PathRemoveFileSpecA PathRemoveFileSpecW PathRemoveFileSpecW_16 PathRenameExtensionA
    PathRenameExtensionW PathRenameExtensionW_16 PathStripPathA PathStripPathW PathStripPathW_16
    PeekNamedPipe PostQueuedCompletionStatus PulseEvent QueryDepthSList QueryPerformanceCounter
    QueryPerformanceFrequency QueryThreadpoolStackInformation QueryUnbiasedInterruptTime
    QueueUserAPC QueueUserWorkItem RaiseException ReOpenFile ReadConsoleA ReadConsoleW
    ReadConsoleW_16 ReadDirectoryChangesW ReadDirectoryChangesW_16 ReadFile ReadFileEx
    ReadFileScatter RegisterWaitForSingleObject ReleaseMutex ReleaseMutexWhenCallbackReturns
    ReleaseSRWLockExclusive ReleaseSRWLockShared ReleaseSemaphore
    ReleaseSemaphoreWhenCallbackReturns RemoveDirectoryA RemoveDirectoryW RemoveDirectoryW_16
    ResetEvent ResumeThread RpcStringFreeA RpcStringFreeW RpcStringFreeW_16 RtlGetVersion
    RtlGetVersion_16 RtlNtStatusToDosError SetConsoleCP SetConsoleCtrlHandler SetConsoleCursorInfo
    SetConsoleCursorPosition SetConsoleMode SetConsoleOutputCP SetConsoleTextAttribute
    SetConsoleTitleA SetConsoleTitleW SetConsoleTitleW_16 SetCriticalSectionSpinCount
    SetCurrentDirectoryA SetCurrentDirectoryW SetCurrentDirectoryW_16 SetEndOfFile
    SetEnvironmentVariableA SetEnvironmentVariableW SetEnvironmentVariableW_16 SetErrorMode
    SetEvent SetEventWhenCallbackReturns SetFileAttributesA SetFileAttributesW
    SetFileAttributesW_16 SetFileCompletionNotificationModes SetFileInformationByHandle
    SetFileInformationByHandle_16 SetFilePointer SetFilePointerEx SetFileTime SetFileValidData
    SetHandleInformation SetLastError SetMailslotInfo SetNamedPipeHandleState SetPriorityClass
    SetProcessAffinityMask SetSecurityDescriptorDacl SetStdHandle SetThreadAffinityMask
    SetThreadDescription SetThreadDescription_16 SetThreadGroupAffinity SetThreadIdealProcessor
    SetThreadPriority SetThreadPriorityBoost SetThreadpoolStackInformation
    SetThreadpoolThreadMaximum SetThreadpoolThreadMinimum SetThreadpoolTimer SetThreadpoolTimerEx
    SetThreadpoolWait SetThreadpoolWaitEx SetUnhandledExceptionFilter SetWaitableTimer
    SignalObjectAndWait Sleep SleepConditionVariableCS SleepConditionVariableSRW SleepEx
    StartThreadpoolIo StrChrA StrChrIA StrChrIW StrChrIW_16 StrChrW StrChrW_16 StrCmpNA StrCmpNIA
    StrCmpNIW StrCmpNIW_16 StrCmpNW StrCmpNW_16 StrDupA StrDupW StrDupW_16 StrRChrA StrRChrW
    StrRChrW_16 StrStrA StrStrIA StrStrIW StrStrIW_16 StrStrW StrStrW_16 StrToIntA StrToIntExA
    StrToIntExW StrToIntExW_16 StrToIntW StrToIntW_16 StrTrimA StrTrimW StrTrimW_16 StringFromGUID2
    StringFromGUID2_16 SubmitThreadpoolWork SuspendThread SwitchToThread SystemTimeToFileTime
    SystemTimeToTzSpecificLocalTime SystemTimeToTzSpecificLocalTime_16 TerminateProcess
    TerminateThread Thread32First Thread32Next TlsAlloc TlsFree TlsGetValue TlsSetValue
    TransactNamedPipe TransmitFile TryAcquireSRWLockExclusive TryAcquireSRWLockShared
    TryEnterCriticalSection TrySubmitThreadpoolCallback TzSpecificLocalTimeToSystemTime
    TzSpecificLocalTimeToSystemTime_16 UnhandledExceptionFilter UnlockFile UnlockFileEx
    UnmapViewOfFile UnregisterWait UnregisterWaitEx UuidCreate UuidCreateNil UuidEqual
    UuidFromStringA UuidFromStringW UuidFromStringW_16 UuidIsNil UuidToStringA UuidToStringW
    UuidToStringW_16 VerSetConditionMask VerifyVersionInfoA VerifyVersionInfoW
    VerifyVersionInfoW_16 VirtualAlloc VirtualFree VirtualLock VirtualProtect VirtualQuery
    VirtualUnlock WSAAccept WSAAddressToStringA WSAAddressToStringW WSAAddressToStringW_16
    WSACleanup WSACloseEvent WSAConnect WSAConnectByList WSAConnectByNameA WSAConnectByNameW
    WSAConnectByNameW_16 WSACreateEvent WSADuplicateSocketA WSADuplicateSocketW
    WSADuplicateSocketW_16 WSAEnumNetworkEvents WSAEnumProtocolsA WSAEnumProtocolsW
    WSAEnumProtocolsW_16 WSAEventSelect WSAGetLastError WSAGetOverlappedResult WSAHtonl WSAHtons
    WSAIoctl WSANtohl WSANtohs WSAPoll WSARecv WSARecvDisconnect WSARecvEx WSARecvFrom
    WSAResetEvent WSASend WSASendDisconnect WSASendMsg WSASendTo WSASetEvent WSASetLastError
    WSASocketA WSASocketW WSASocketW_16 WSAStartup WSAStringToAddressA WSAStringToAddressW
    WSAStringToAddressW_16 WSAWaitForMultipleEvents WaitForMultipleObjects WaitForMultipleObjectsEx
    WaitForSingleObject WaitForSingleObjectEx WaitForThreadpoolIoCallbacks
    WaitForThreadpoolTimerCallbacks WaitForThreadpoolWaitCallbacks WaitForThreadpoolWorkCallbacks
    WaitNamedPipeA WaitNamedPipeW WaitNamedPipeW_16 WaitOnAddress WakeAllConditionVariable
    WakeByAddressAll WakeByAddressSingle WakeConditionVariable WideCharToMultiByte
    WideCharToMultiByte_16 WriteConsoleA WriteConsoleW WriteConsoleW_16 WriteFile WriteFileEx
    WriteFileGather WritePrivateProfileStringA WritePrivateProfileStringW
    WritePrivateProfileStringW_16 _beginthread _beginthreadex _cputs _cputws _cputws_16 _endthread
    _endthreadex _get_invalid_parameter_handler _get_purecall_handler
    _get_thread_local_invalid_parameter_handler _getch _getche _getwch _getwch_16 _getwche
    _getwche_16 _invalid_parameter_noinfo _kbhit _putch _putwch _putwch_16
    _set_invalid_parameter_handler _set_purecall_handler
    _set_thread_local_invalid_parameter_handler _ungetch _ungetwch _ungetwch_16 closesocket
    gai_strerrorA gai_strerrorW gai_strerrorW_16 iocp_accept iocp_bind iocp_clock iocp_connect
    iocp_freeaddrinfo iocp_getaddrinfo iocp_gethostbyaddr iocp_gethostbyname iocp_gethostname
    iocp_getnameinfo iocp_getpeername iocp_getprotobyname iocp_getprotobynumber iocp_getservbyname
    iocp_getservbyport iocp_getsockname iocp_getsockopt iocp_inet_addr iocp_inet_ntoa
    iocp_inet_ntop iocp_inet_pton iocp_listen iocp_mbstowcs iocp_mbstowcs_16 iocp_mbtowc
    iocp_mbtowc_16 iocp_recv iocp_recvfrom iocp_select iocp_send iocp_sendto iocp_setsockopt
    iocp_shutdown iocp_socket iocp_system iocp_wcstombs iocp_wcstombs_16 iocp_wctomb iocp_wctomb_16
    ioctlsocket lstrcatA lstrcatW lstrcatW_16 lstrcmpA lstrcmpW lstrcmpW_16 lstrcmpiA lstrcmpiW
    lstrcmpiW_16 lstrcpyA lstrcpyW lstrcpyW_16 lstrcpynA lstrcpynW lstrcpynW_16 lstrlenA lstrlenW
    lstrlenW_16 timeBeginPeriod timeEndPeriod timeGetDevCaps timeGetTime wvsprintfA wvsprintfA_16
    wvsprintfW wvsprintfW_16
}
