//! Errors: the system's numbers, and the three languages in which programs ask for them.
//!
//! An NTSTATUS is the currency inside: it is what `Internal` holds. It becomes a Win32 or a
//! Winsock number at the door through which the program asks (S-197), never one through the
//! other.

use std::cell::Cell;
use std::io;

/// An NTSTATUS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub(crate) struct Status(pub(crate) u32);

/// Declares the statuses, and the table of what they are called elsewhere.
macro_rules! statuses {
    ($($name:ident = $status:literal, $win32:literal, $wsa:literal;)*) => {
        #[allow(dead_code, reason = "the table is whole, whoever uses which")]
        impl Status {
            $(pub(crate) const $name: Self = Self($status);)*
        }
        /// Status, Win32 code, Winsock code.
        const TABLE: &[(u32, u32, u32)] = &[$(($status, $win32, $wsa),)*];
    };
}

// The last column repeats the Win32 code where Winsock has no name of its own; what a socket
// cannot bring forth is "invalid argument" there, as in Microsoft's own default.
statuses! {
    SUCCESS = 0x0000_0000, 0, 0;
    ABANDONED_WAIT_0 = 0x0000_0080, 735, 10022;
    USER_APC = 0x0000_00c0, 192, 192;
    TIMEOUT = 0x0000_0102, 258, 10060;
    PENDING = 0x0000_0103, 997, 997;
    NOTIFY_ENUM_DIR = 0x0000_010c, 1022, 10022;
    BUFFER_OVERFLOW = 0x8000_0005, 234, 10040;
    NO_MORE_FILES = 0x8000_0006, 18, 10022;
    DEVICE_BUSY = 0x8000_0011, 170, 10022;
    UNSUCCESSFUL = 0xc000_0001, 31, 10022;
    NOT_IMPLEMENTED = 0xc000_0002, 1, 10045;
    INVALID_INFO_CLASS = 0xc000_0003, 87, 10022;
    INFO_LENGTH_MISMATCH = 0xc000_0004, 24, 10022;
    ACCESS_VIOLATION = 0xc000_0005, 998, 10014;
    INVALID_HANDLE = 0xc000_0008, 6, 10038;
    INVALID_PARAMETER = 0xc000_000d, 87, 10022;
    NO_SUCH_DEVICE = 0xc000_000e, 2, 10050;
    NO_SUCH_FILE = 0xc000_000f, 2, 10022;
    INVALID_DEVICE_REQUEST = 0xc000_0010, 1, 10022;
    END_OF_FILE = 0xc000_0011, 38, 10101;
    NO_MEMORY = 0xc000_0017, 8, 10055;
    ACCESS_DENIED = 0xc000_0022, 5, 10013;
    BUFFER_TOO_SMALL = 0xc000_0023, 122, 10014;
    OBJECT_TYPE_MISMATCH = 0xc000_0024, 6, 10038;
    OBJECT_NAME_INVALID = 0xc000_0033, 123, 10022;
    OBJECT_NAME_NOT_FOUND = 0xc000_0034, 2, 10022;
    OBJECT_NAME_COLLISION = 0xc000_0035, 183, 10022;
    OBJECT_PATH_NOT_FOUND = 0xc000_003a, 3, 10022;
    SHARING_VIOLATION = 0xc000_0043, 32, 10013;
    QUOTA_EXCEEDED = 0xc000_0044, 1816, 10055;
    MUTANT_NOT_OWNED = 0xc000_0046, 288, 10022;
    SEMAPHORE_LIMIT_EXCEEDED = 0xc000_0047, 298, 10022;
    SUSPEND_COUNT_EXCEEDED = 0xc000_004a, 156, 10022;
    FILE_LOCK_CONFLICT = 0xc000_0054, 33, 10022;
    LOCK_NOT_GRANTED = 0xc000_0055, 33, 10022;
    DELETE_PENDING = 0xc000_0056, 5, 10022;
    RANGE_NOT_LOCKED = 0xc000_007e, 158, 10022;
    DISK_FULL = 0xc000_007f, 112, 10022;
    INSUFFICIENT_RESOURCES = 0xc000_009a, 1450, 10055;
    MEDIA_WRITE_PROTECTED = 0xc000_00a2, 19, 10022;
    DEVICE_NOT_READY = 0xc000_00a3, 21, 10035;
    INSTANCE_NOT_AVAILABLE = 0xc000_00ab, 231, 10022;
    PIPE_NOT_AVAILABLE = 0xc000_00ac, 231, 10022;
    INVALID_PIPE_STATE = 0xc000_00ad, 230, 10022;
    PIPE_BUSY = 0xc000_00ae, 231, 10022;
    PIPE_DISCONNECTED = 0xc000_00b0, 233, 10058;
    PIPE_CLOSING = 0xc000_00b1, 232, 10022;
    PIPE_CONNECTED = 0xc000_00b2, 535, 10022;
    PIPE_LISTENING = 0xc000_00b3, 536, 10022;
    INVALID_READ_MODE = 0xc000_00b4, 230, 10022;
    IO_TIMEOUT = 0xc000_00b5, 121, 10060;
    FILE_IS_A_DIRECTORY = 0xc000_00ba, 5, 10022;
    NOT_SUPPORTED = 0xc000_00bb, 50, 10045;
    BAD_NETWORK_PATH = 0xc000_00be, 53, 10022;
    NETWORK_BUSY = 0xc000_00bf, 54, 10050;
    NETWORK_NAME_DELETED = 0xc000_00c9, 64, 10054;
    NOT_SAME_DEVICE = 0xc000_00d4, 17, 10022;
    PIPE_EMPTY = 0xc000_00d9, 232, 10022;
    INVALID_USER_BUFFER = 0xc000_00e8, 1784, 10014;
    INVALID_PARAMETER_1 = 0xc000_00ef, 87, 10022;
    DIRECTORY_NOT_EMPTY = 0xc000_0101, 145, 10022;
    NOT_A_DIRECTORY = 0xc000_0103, 267, 10022;
    NAME_TOO_LONG = 0xc000_0106, 206, 10063;
    TOO_MANY_OPENED_FILES = 0xc000_011f, 4, 10024;
    CANCELLED = 0xc000_0120, 995, 995;
    CANNOT_DELETE = 0xc000_0121, 5, 10022;
    LOCAL_DISCONNECT = 0xc000_013b, 64, 10053;
    REMOTE_DISCONNECT = 0xc000_013c, 64, 10054;
    INVALID_CONNECTION = 0xc000_0140, 59, 10057;
    PIPE_BROKEN = 0xc000_014b, 109, 10022;
    IO_DEVICE_ERROR = 0xc000_0185, 1117, 10022;
    POSSIBLE_DEADLOCK = 0xc000_0194, 1131, 10022;
    INVALID_BUFFER_SIZE = 0xc000_0206, 1784, 10040;
    INVALID_ADDRESS_COMPONENT = 0xc000_0207, 1214, 10049;
    ADDRESS_ALREADY_EXISTS = 0xc000_020a, 52, 10048;
    ADDRESS_CLOSED = 0xc000_020b, 64, 10022;
    CONNECTION_DISCONNECTED = 0xc000_020c, 64, 10054;
    CONNECTION_RESET = 0xc000_020d, 64, 10054;
    NOT_FOUND = 0xc000_0225, 1168, 10022;
    HANDLE_NOT_CLOSABLE = 0xc000_0235, 6, 10038;
    CONNECTION_REFUSED = 0xc000_0236, 1225, 10061;
    GRACEFUL_DISCONNECT = 0xc000_0237, 1226, 10101;
    CONNECTION_ACTIVE = 0xc000_023b, 1230, 10056;
    NETWORK_UNREACHABLE = 0xc000_023c, 1231, 10051;
    HOST_UNREACHABLE = 0xc000_023d, 1232, 10065;
    PORT_UNREACHABLE = 0xc000_023f, 1234, 10054;
    REQUEST_ABORTED = 0xc000_0240, 1235, 10004;
    CONNECTION_ABORTED = 0xc000_0241, 1236, 10053;
    TOO_MANY_LINKS = 0xc000_0265, 1142, 10022;
    REPARSE_POINT_NOT_RESOLVED = 0xc000_0280, 1921, 10062;
    HOST_DOWN = 0xc000_0350, 1256, 10064;
    FILE_TOO_LARGE = 0xc000_0904, 223, 10022;
}

impl Status {
    fn row(self) -> Option<&'static (u32, u32, u32)> {
        TABLE.iter().find(|row| row.0 == self.0)
    }

    /// Does the table have a line for it?
    pub(crate) fn is_known(self) -> bool {
        self.row().is_some()
    }

    /// The Win32 code: `RtlNtStatusToDosError` (S-118).
    pub(crate) fn win32(self) -> u32 {
        // ERROR_MR_MID_NOT_FOUND is what Microsoft's table answers for what it does not know.
        self.row().map_or(317, |row| row.1)
    }

    /// The Winsock code.
    pub(crate) fn wsa(self) -> u32 {
        self.row().map_or(10022, |row| row.2)
    }

    /// Success or information: the operation did what it should (S-006).
    pub(crate) fn is_success(self) -> bool {
        self.0 < 0x8000_0000
    }

    /// An error; a warning is neither this nor a success (S-006).
    pub(crate) fn is_error(self) -> bool {
        self.0 >= 0xc000_0000
    }

    /// What a system error means where a file or directory was concerned.
    pub(crate) fn of_file(errno: i32) -> Self {
        match errno {
            libc::EPERM | libc::EACCES | libc::EBADF => Self::ACCESS_DENIED,
            libc::ENOENT => Self::OBJECT_NAME_NOT_FOUND,
            libc::ENOTDIR => Self::OBJECT_PATH_NOT_FOUND,
            libc::EISDIR => Self::FILE_IS_A_DIRECTORY,
            libc::EEXIST => Self::OBJECT_NAME_COLLISION,
            libc::ENOTEMPTY => Self::DIRECTORY_NOT_EMPTY,
            libc::ENAMETOOLONG => Self::NAME_TOO_LONG,
            libc::ELOOP => Self::REPARSE_POINT_NOT_RESOLVED,
            libc::EXDEV => Self::NOT_SAME_DEVICE,
            libc::EMLINK => Self::TOO_MANY_LINKS,
            libc::EROFS => Self::MEDIA_WRITE_PROTECTED,
            libc::ETXTBSY => Self::SHARING_VIOLATION,
            libc::EBUSY => Self::DEVICE_BUSY,
            libc::ENOSPC | libc::EDQUOT => Self::DISK_FULL,
            libc::EFBIG => Self::FILE_TOO_LARGE,
            libc::ESPIPE | libc::ENOTTY => Self::INVALID_DEVICE_REQUEST,
            libc::EIO => Self::IO_DEVICE_ERROR,
            libc::ENODEV | libc::ENXIO => Self::NO_SUCH_DEVICE,
            libc::EDEADLK => Self::POSSIBLE_DEADLOCK,
            libc::ENOLCK => Self::INSUFFICIENT_RESOURCES,
            libc::EAGAIN => Self::DEVICE_NOT_READY,
            _ => Self::common(errno).unwrap_or(Self::UNSUCCESSFUL),
        }
    }

    /// What a system error means where a pipe was concerned.
    pub(crate) fn of_pipe(errno: i32) -> Self {
        match errno {
            libc::EPIPE => Self::PIPE_CLOSING,
            libc::ECONNRESET | libc::ENOTCONN => Self::PIPE_BROKEN,
            libc::ESHUTDOWN => Self::PIPE_DISCONNECTED,
            _ => Self::of_file(errno),
        }
    }

    /// What a system error means where a socket was concerned.
    pub(crate) fn of_socket(errno: i32) -> Self {
        match errno {
            libc::EPERM | libc::EACCES => Self::ACCESS_DENIED,
            libc::EBADF => Self::INVALID_HANDLE,
            libc::ENOTSOCK => Self::OBJECT_TYPE_MISMATCH,
            libc::EAGAIN => Self::DEVICE_NOT_READY,
            libc::EPIPE | libc::ECONNRESET => Self::CONNECTION_RESET,
            libc::ECONNABORTED => Self::CONNECTION_ABORTED,
            libc::ECONNREFUSED => Self::CONNECTION_REFUSED,
            libc::ENOTCONN => Self::INVALID_CONNECTION,
            libc::EISCONN => Self::CONNECTION_ACTIVE,
            libc::ESHUTDOWN => Self::PIPE_DISCONNECTED,
            libc::ETIMEDOUT => Self::IO_TIMEOUT,
            libc::EADDRINUSE => Self::ADDRESS_ALREADY_EXISTS,
            libc::EADDRNOTAVAIL => Self::INVALID_ADDRESS_COMPONENT,
            libc::ENETUNREACH => Self::NETWORK_UNREACHABLE,
            libc::EHOSTUNREACH => Self::HOST_UNREACHABLE,
            libc::EHOSTDOWN => Self::HOST_DOWN,
            libc::ENETDOWN | libc::ENODEV | libc::ENXIO => Self::NETWORK_BUSY,
            libc::EMSGSIZE => Self::INVALID_BUFFER_SIZE,
            _ => Self::common(errno).unwrap_or(Self::INVALID_PARAMETER),
        }
    }

    fn common(errno: i32) -> Option<Self> {
        Some(match errno {
            0 => Self::SUCCESS,
            libc::EMFILE | libc::ENFILE => Self::TOO_MANY_OPENED_FILES,
            libc::ENOMEM => Self::NO_MEMORY,
            libc::ENOBUFS => Self::INSUFFICIENT_RESOURCES,
            libc::EFAULT => Self::ACCESS_VIOLATION,
            libc::EINVAL => Self::INVALID_PARAMETER,
            libc::ENOSYS => Self::NOT_IMPLEMENTED,
            libc::EOPNOTSUPP
            | libc::EPROTOTYPE
            | libc::ENOPROTOOPT
            | libc::EPROTONOSUPPORT
            | libc::ESOCKTNOSUPPORT
            | libc::EAFNOSUPPORT => Self::NOT_SUPPORTED,
            libc::ECANCELED => Self::CANCELLED,
            _ => return None,
        })
    }

    /// The system's number in an error of the library; what has none is taken for a bad
    /// argument, of which the library complains in words.
    pub(crate) fn errno(error: &io::Error) -> i32 {
        error.raw_os_error().unwrap_or(libc::EINVAL)
    }
}

/// The Winsock code of a system error that no operation in flight can meet: what has no NTSTATUS
/// of its own is told apart here.
pub(crate) fn wsa_of_errno(errno: i32) -> u32 {
    match errno {
        libc::EALREADY => 10037,
        libc::EINPROGRESS | libc::EAGAIN => 10035,
        libc::EDESTADDRREQ => 10039,
        libc::EPROTOTYPE => 10041,
        libc::ENOPROTOOPT => 10042,
        libc::EPROTONOSUPPORT => 10043,
        libc::ESOCKTNOSUPPORT => 10044,
        libc::EOPNOTSUPP => 10045,
        libc::EPFNOSUPPORT => 10046,
        libc::EAFNOSUPPORT => 10047,
        libc::ENETRESET => 10052,
        libc::EINTR => 10004,
        libc::ENAMETOOLONG => 10063,
        libc::ELOOP => 10062,
        libc::ENETDOWN => 10050,
        _ => Status::of_socket(errno).wsa(),
    }
}

thread_local! {
    /// The calling thread's last error, for both `GetLastError` and `WSAGetLastError` (S-410).
    static LAST_ERROR: Cell<u32> = const { Cell::new(0) };
}

pub(crate) fn last_error() -> u32 {
    LAST_ERROR.get()
}

pub(crate) fn set_last_error(code: u32) {
    LAST_ERROR.set(code);
}

/// All Win32 and Winsock codes that statuses become.
#[cfg(test)]
pub(crate) fn codes() -> impl Iterator<Item = u32> {
    TABLE.iter().flat_map(|row| [row.1, row.2])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s_197_a_reset_has_three_numbers() {
        let status = Status::of_socket(libc::ECONNRESET);
        assert_eq!(
            (status.0, status.win32(), status.wsa()),
            (0xc000_020d, 64, 10054)
        );
    }

    #[test]
    fn no_status_is_listed_twice() {
        let mut seen = std::collections::HashSet::new();
        assert!(TABLE.iter().all(|row| seen.insert(row.0)));
    }

    #[test]
    fn every_code_has_a_name_in_the_header() {
        let header = include_str!("../include/winerror.h");
        let is_named = |code: u32| {
            let end = format!(" {code}");
            header
                .lines()
                .any(|line| line.starts_with("#define") && line.ends_with(&end))
        };
        for (status, win32, wsa) in TABLE {
            assert!(
                is_named(*win32) && is_named(*wsa),
                "{status:x}: {win32}, {wsa}"
            );
        }
    }

    #[test]
    fn s_006_severity_is_in_the_top_bits() {
        assert!(Status::PENDING.is_success() && !Status::PENDING.is_error());
        assert!(!Status::BUFFER_OVERFLOW.is_success() && !Status::BUFFER_OVERFLOW.is_error());
        assert!(!Status::CANCELLED.is_success() && Status::CANCELLED.is_error());
    }
}
