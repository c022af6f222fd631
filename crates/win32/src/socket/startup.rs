//! Starting Winsock; making, naming and passing on sockets.

use std::mem::{offset_of, size_of};
use std::os::fd::{FromRawFd, OwnedFd};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, Ordering};

use completion_port::{Deadline, RawHandle, RawNature};

use super::addresses::{RawAddress, family_to_linux};
use super::object::{ACCEPTING, BOUND, CONNECTED, LISTENING, Socket};
use super::protocols::{self, ProtocolInfo};
use super::{INVALID_SOCKET, Wsa, check, lookup, of_errno, put};
use super::{socket_door, unit_door, wsa_bool_door};
use crate::abi::{Bool, FALSE, Overlapped};
use crate::handle;
use crate::overlapped::result_of;
use crate::status::{self, Status};
use crate::text::{Unit, exports};

/// How often Winsock has been started and not ended.
static STARTED: AtomicU32 = AtomicU32::new(0);

pub(super) fn is_started() -> bool {
    STARTED.load(Ordering::Relaxed) > 0
}

/// `WSADATA`.
#[repr(C)]
struct WsaData {
    version: u16,
    high_version: u16,
    sockets_max: u16,
    datagram_bytes_max: u16,
    vendor: *const u8,
    description: [u8; 257],
    status: [u8; 129],
}

const _: () = {
    assert!(size_of::<WsaData>() == 408);
    assert!(offset_of!(WsaData, description) == 16);
};

/// The version that this is: 2.2.
const VERSION: u16 = 0x0202;

fn padded<const N: usize>(text: &str) -> [u8; N] {
    let mut bytes = [0; N];
    bytes[..text.len()].copy_from_slice(text.as_bytes());
    bytes
}

#[unsafe(no_mangle)]
unsafe extern "C" fn WSAStartup(version: u16, data: *mut WsaData) -> i32 {
    // Not by the last error: there is none yet.
    if version & 0xff == 0 {
        return Wsa::VERSION.0 as i32;
    }
    if data.is_null() {
        return Wsa::FAULT.0 as i32;
    }
    // Minor above major: the bytes are compared the other way round than they stand.
    let given = if version.swap_bytes() > VERSION.swap_bytes() {
        VERSION
    } else {
        version
    };
    // Programs of version 1 may ask how much there is; later ones are told nothing.
    let (sockets_max, datagram_bytes_max) = if version & 0xff == 1 {
        (32767, 65467)
    } else {
        (0, 0)
    };
    let filled = WsaData {
        version: given,
        high_version: VERSION,
        sockets_max,
        datagram_bytes_max,
        vendor: std::ptr::null(),
        description: padded("WinSock 2.0"),
        status: padded("Running"),
    };
    // SAFETY: not null, hence valid, by contract.
    unsafe { put(data, filled) };
    STARTED.fetch_add(1, Ordering::Relaxed);
    raise_descriptor_limit();
    0
}

/// Lets the process have as many descriptors as it may: a program that was written for Windows
/// expects no limit in the hundreds.
fn raise_descriptor_limit() {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: room for the limits is passed.
    let told = unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) };
    if told == 0 && limit.rlim_cur < limit.rlim_max {
        limit.rlim_cur = limit.rlim_max;
        // Within the limits that an administrator has set this is allowed.
        // SAFETY: valid limits are passed.
        unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) };
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn WSACleanup() -> i32 {
    unit_door(|| {
        let less = |count: u32| count.checked_sub(1);
        let (success, failure) = (Ordering::Relaxed, Ordering::Relaxed);
        match STARTED.fetch_update(success, failure, less) {
            Ok(_) => Ok(()),
            Err(_) => Err(Wsa::NOT_STARTED),
        }
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn WSAGetLastError() -> i32 {
    status::last_error().cast_signed()
}

#[unsafe(no_mangle)]
unsafe extern "C" fn WSASetLastError(error: i32) {
    status::set_last_error(error.cast_unsigned());
}

/// A descriptor of such a kind: the kernel's family, type, protocol.
pub(super) fn open((family, kind, protocol): (i32, i32, i32)) -> Result<RawHandle, Wsa> {
    let flags = libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
    // SAFETY: no pointers are passed.
    let fd = check(unsafe { libc::socket(family, kind | flags, protocol) });
    let fd = fd.map_err(|errno| match errno {
        libc::EPROTONOSUPPORT => Wsa::NO_PROTOCOL,
        libc::ESOCKTNOSUPPORT | libc::EINVAL => Wsa::NO_SOCKET_TYPE,
        errno => of_errno(errno),
    })?;
    // SAFETY: the call has just created this descriptor.
    let fd = unsafe { OwnedFd::from_raw_fd(fd) };
    if family == libc::AF_INET6 {
        // IPv4 is not included there unless a program asks for it.
        super::options::set_int(&fd, (libc::IPPROTO_IPV6, libc::IPV6_V6ONLY), 1);
    }
    let nature = match kind {
        libc::SOCK_STREAM if family == libc::AF_UNIX => RawNature::Stream,
        libc::SOCK_STREAM => RawNature::Tcp,
        _ => RawNature::Datagram,
    };
    Ok(RawHandle::new(fd, nature)?)
}

/// What kind of socket the three numbers ask for: 0 leaves a choice.
fn kind_of(family: i32, kind: i32, protocol: i32) -> Result<(i32, i32, i32), Wsa> {
    let family = match family_to_linux(family) {
        0 if kind != 0 || protocol != 0 => libc::AF_INET,
        family => family,
    };
    if !matches!(family, libc::AF_INET | libc::AF_INET6 | libc::AF_UNIX) {
        return Err(Wsa::NO_FAMILY);
    }
    let kind = match (kind, protocol) {
        (0, libc::IPPROTO_UDP) => libc::SOCK_DGRAM,
        (0, 0 | libc::IPPROTO_TCP) => libc::SOCK_STREAM,
        (1..=5, _) => kind,
        _ => return Err(Wsa::NO_SOCKET_TYPE),
    };
    if family == libc::AF_UNIX && kind != libc::SOCK_STREAM {
        return Err(Wsa::NO_FAMILY);
    }
    Ok((family, kind, protocol))
}

fn make((family, kind, protocol): (i32, i32, i32), is_overlapped: bool) -> Result<usize, Wsa> {
    if !is_started() {
        return Err(Wsa::NOT_STARTED);
    }
    let (family, kind, protocol) = kind_of(family, kind, protocol)?;
    let raw = open((family, kind, protocol))?;
    let protocol = match (kind, protocol) {
        (libc::SOCK_STREAM, 0) if family != libc::AF_UNIX => libc::IPPROTO_TCP,
        (libc::SOCK_DGRAM, 0) => libc::IPPROTO_UDP,
        _ => protocol,
    };
    Socket::new(raw, (family, kind, protocol), is_overlapped).insert()
}

#[unsafe(no_mangle)]
unsafe extern "C" fn iocp_socket(family: i32, kind: i32, protocol: i32) -> usize {
    socket_door(|| make((family, kind, protocol), true))
}

/// `FROM_PROTOCOL_INFO`: the number is in the structure.
const FROM_PROTOCOL_INFO: i32 = -1;
/// `WSA_FLAG_OVERLAPPED`.
const FLAG_OVERLAPPED: u32 = 1;

unsafe fn wsa_socket<U: Unit>(
    kinds: (i32, i32, i32),
    info: *const ProtocolInfo<U>,
    flags: u32,
) -> usize {
    socket_door(|| {
        let is_overlapped = flags & FLAG_OVERLAPPED != 0;
        let Some(info) = NonNull::new(info.cast_mut()) else {
            if [kinds.0, kinds.1, kinds.2].contains(&FROM_PROTOCOL_INFO) {
                return Err(Wsa::FAULT);
            }
            return make(kinds, is_overlapped);
        };
        // SAFETY: not null, hence valid, by contract.
        let info = unsafe { info.as_ref() };
        if let Some(passed_on) = protocols::take_passed_on(info)? {
            return Ok(passed_on);
        }
        let given = info.kinds();
        let chosen = |number, its| {
            if number == FROM_PROTOCOL_INFO {
                its
            } else {
                number
            }
        };
        let kinds = (
            chosen(kinds.0, given.0),
            chosen(kinds.1, given.1),
            chosen(kinds.2, given.2),
        );
        make(kinds, is_overlapped)
    })
}

exports! {
    WSASocketA, WSASocketW, WSASocketW_16:
    fn make<U>(
        family: i32,
        kind: i32,
        protocol: i32,
        info: *const ProtocolInfo<U>,
        _group: u32,
        flags: u32
    ) -> usize = INVALID_SOCKET;
    {
        // SAFETY: the program's pointers, passed on.
        unsafe { wsa_socket((family, kind, protocol), info, flags) }
    }
}

/// Whether a socket has an address of its own.
pub(super) fn has_address(socket: &Socket) -> bool {
    socket.has(BOUND | CONNECTED | LISTENING)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn iocp_bind(s: usize, name: *const u8, length: i32) -> i32 {
    unit_door(|| {
        let socket = lookup(s)?;
        // SAFETY: the program's address, by contract.
        let address = unsafe { RawAddress::read(name, length) }?;
        if socket.has(BOUND | ACCEPTING) {
            return Err(Wsa::INVALID);
        }
        if address.family() != socket.family {
            return Err(Wsa::FAULT);
        }
        socket.with_fd(|fd| {
            if socket.is_stream() && socket.family != libc::AF_UNIX {
                // A name that a gone connection still holds may be used again, as there (S-340).
                super::options::set_fd_int(fd, (libc::SOL_SOCKET, libc::SO_REUSEADDR), 1);
            }
            // SAFETY: a valid address with its length is passed.
            let bound = check(unsafe { libc::bind(fd, address.as_ptr(), address.length) });
            bound.map_err(of_errno)
        })?;
        socket.set(BOUND);
        Ok(())
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn WSAGetOverlappedResult(
    s: usize,
    overlapped: *mut Overlapped,
    transferred: *mut u32,
    wait: Bool,
    flags: *mut u32,
) -> Bool {
    wsa_bool_door(|| {
        lookup(s)?;
        let overlapped = NonNull::new(overlapped).ok_or(Wsa::INVALID_PARAMETER)?;
        if transferred.is_null() || flags.is_null() {
            return Err(Wsa::FAULT);
        }
        let deadline = if wait == FALSE {
            Deadline::Now
        } else {
            Deadline::Never
        };
        // SAFETY: the program's OVERLAPPED, by contract.
        let (status, bytes) =
            unsafe { result_of(overlapped, deadline, false) }.map_err(|_| Wsa::IO_INCOMPLETE)?;
        let partial = status == Status::BUFFER_OVERFLOW;
        // SAFETY: not null, hence valid, by contract.
        unsafe {
            put(
                flags,
                if partial {
                    crate::overlapped::MSG_PARTIAL
                } else {
                    0
                },
            )
        };
        if !status.is_success() {
            return Err(status.into());
        }
        // SAFETY: as above.
        unsafe { put(transferred, bytes as u32) };
        Ok(())
    })
}

/// Another handle of a socket.
pub(super) fn duplicate(s: usize) -> Result<usize, Wsa> {
    Ok(handle::duplicate(std::ptr::without_provenance_mut(s))?.addr())
}
