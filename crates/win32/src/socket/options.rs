//! Socket options: one table from Windows' numbers to what is done about them.

use std::mem::size_of;
use std::os::fd::{AsRawFd, RawFd};
use std::sync::atomic::Ordering;

use super::addresses::WINDOWS_INET6;
use super::object::{CONNECTED, CONNECTING, LISTENING, Socket};
use super::protocols::{DATAGRAM_BYTES_MAX, ProtocolInfo};
use super::{Wsa, accept, check, connect, lookup, of_errno, put, unit_door};
use crate::status::wsa_of_errno;

/// What an option is.
#[derive(Clone, Copy, Debug)]
enum What {
    /// On or off, in the kernel.
    Flag(i32, i32),
    /// A number, in the kernel.
    Number(i32, i32),
    /// A number of seconds or milliseconds; the factor makes the kernel's of it.
    Time(i32, i32, i32),
    /// A size that the kernel doubles.
    Size(i32, i32),
    /// A structure that is the same in both systems.
    Same(i32, i32, usize),
    /// A group and a source: the kernel wants the last two of three addresses exchanged.
    Source(i32, i32),
    /// A structure with socket addresses from byte 8 on, each of 128 bytes.
    Group(i32, i32, usize),
    /// Whether datagrams may be cut into fragments.
    Fragments(i32, i32),
    /// A number that is remembered and has no effect.
    Noted,
    /// Handled by its own code.
    Own(Own),
}

/// Options with code of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Own {
    AcceptContext,
    ConnectContext,
    ConnectTime,
    Error,
    Linger,
    DontLinger,
    Listening,
    MessageSize,
    ProtocolInfo,
    ReceiveTimeout,
    Reuse,
    SendTimeout,
    Type,
}

/// `SOL_SOCKET`, as programs have it.
const SOCKET_LEVEL: i32 = 0xffff;
const IP: i32 = libc::IPPROTO_IP;
const IPV6: i32 = libc::IPPROTO_IPV6;
const TCP: i32 = libc::IPPROTO_TCP;
const UDP: i32 = libc::IPPROTO_UDP;
const KERNEL: i32 = libc::SOL_SOCKET;

/// `SO_EXCLUSIVEADDRUSE` and `SO_DONTLINGER` are complements.
const EXCLUSIVE: i32 = !4;
const DONT_LINGER: i32 = !0x80;

/// Level and number, as programs have them, and what the option is.
#[rustfmt::skip]
const TABLE: &[(i32, i32, What)] = &[
    (SOCKET_LEVEL, 0x0001, What::Flag(KERNEL, libc::SO_DEBUG)),
    (SOCKET_LEVEL, 0x0002, What::Own(Own::Listening)),
    (SOCKET_LEVEL, 0x0004, What::Own(Own::Reuse)),
    (SOCKET_LEVEL, 0x0008, What::Flag(KERNEL, libc::SO_KEEPALIVE)),
    (SOCKET_LEVEL, 0x0010, What::Flag(KERNEL, libc::SO_DONTROUTE)),
    (SOCKET_LEVEL, 0x0020, What::Flag(KERNEL, libc::SO_BROADCAST)),
    (SOCKET_LEVEL, 0x0040, What::Noted),
    (SOCKET_LEVEL, 0x0080, What::Own(Own::Linger)),
    (SOCKET_LEVEL, 0x0100, What::Flag(KERNEL, libc::SO_OOBINLINE)),
    (SOCKET_LEVEL, DONT_LINGER, What::Own(Own::DontLinger)),
    (SOCKET_LEVEL, EXCLUSIVE, What::Noted),
    (SOCKET_LEVEL, 0x1001, What::Size(KERNEL, libc::SO_SNDBUF)),
    (SOCKET_LEVEL, 0x1002, What::Size(KERNEL, libc::SO_RCVBUF)),
    (SOCKET_LEVEL, 0x1005, What::Own(Own::SendTimeout)),
    (SOCKET_LEVEL, 0x1006, What::Own(Own::ReceiveTimeout)),
    (SOCKET_LEVEL, 0x1007, What::Own(Own::Error)),
    (SOCKET_LEVEL, 0x1008, What::Own(Own::Type)),
    (SOCKET_LEVEL, 0x2003, What::Own(Own::MessageSize)),
    (SOCKET_LEVEL, 0x2004, What::Own(Own::ProtocolInfo)),
    (SOCKET_LEVEL, 0x2005, What::Own(Own::ProtocolInfo)),
    (SOCKET_LEVEL, 0x3002, What::Noted),
    (SOCKET_LEVEL, 0x3005, What::Noted),
    (SOCKET_LEVEL, 0x3006, What::Noted),
    (SOCKET_LEVEL, 0x3007, What::Noted),
    (SOCKET_LEVEL, 0x3008, What::Noted),
    (SOCKET_LEVEL, 0x7008, What::Noted),
    (SOCKET_LEVEL, 0x700b, What::Own(Own::AcceptContext)),
    (SOCKET_LEVEL, 0x700c, What::Own(Own::ConnectTime)),
    (SOCKET_LEVEL, 0x7010, What::Own(Own::ConnectContext)),

    (TCP, 1, What::Flag(TCP, libc::TCP_NODELAY)),
    (TCP, 3, What::Number(TCP, libc::TCP_KEEPIDLE)),
    (TCP, 4, What::Number(TCP, libc::TCP_MAXSEG)),
    (TCP, 5, What::Time(TCP, libc::TCP_USER_TIMEOUT, 1000)),
    (TCP, 14, What::Time(TCP, libc::TCP_USER_TIMEOUT, 1)),
    (TCP, 15, What::Number(TCP, libc::TCP_FASTOPEN)),
    (TCP, 16, What::Number(TCP, libc::TCP_KEEPCNT)),
    (TCP, 17, What::Number(TCP, libc::TCP_KEEPINTVL)),

    (UDP, 1, What::Flag(KERNEL, libc::SO_NO_CHECK)),
    (UDP, 2, What::Number(UDP, libc::UDP_SEGMENT)),

    // Options of the header, which no firewall lets pass; programs mean TCP_NODELAY by it.
    (IP, 1, What::Noted),
    (IP, 2, What::Flag(IP, libc::IP_HDRINCL)),
    (IP, 3, What::Number(IP, libc::IP_TOS)),
    (IP, 4, What::Number(IP, libc::IP_TTL)),
    (IP, 9, What::Same(IP, libc::IP_MULTICAST_IF, 4)),
    (IP, 10, What::Number(IP, libc::IP_MULTICAST_TTL)),
    (IP, 11, What::Flag(IP, libc::IP_MULTICAST_LOOP)),
    (IP, 12, What::Same(IP, libc::IP_ADD_MEMBERSHIP, 8)),
    (IP, 13, What::Same(IP, libc::IP_DROP_MEMBERSHIP, 8)),
    (IP, 14, What::Fragments(IP, libc::IP_MTU_DISCOVER)),
    (IP, 15, What::Source(IP, libc::IP_ADD_SOURCE_MEMBERSHIP)),
    (IP, 16, What::Source(IP, libc::IP_DROP_SOURCE_MEMBERSHIP)),
    (IP, 17, What::Source(IP, 38)),
    (IP, 18, What::Source(IP, 37)),
    (IP, 19, What::Flag(IP, libc::IP_PKTINFO)),
    (IP, 21, What::Flag(IP, libc::IP_RECVTTL)),
    (IP, 23, What::Noted),
    (IP, 31, What::Number(IP, 50)),
    (IP, 40, What::Flag(IP, libc::IP_RECVTOS)),
    (IP, 41, What::Group(IP, 42, 1)),
    (IP, 42, What::Group(IP, 45, 1)),
    (IP, 43, What::Group(IP, 43, 2)),
    (IP, 44, What::Group(IP, 44, 2)),
    (IP, 45, What::Group(IP, 46, 2)),
    (IP, 46, What::Group(IP, 47, 2)),
    (IP, 73, What::Number(IP, libc::IP_MTU)),

    (IPV6, 4, What::Number(IPV6, libc::IPV6_UNICAST_HOPS)),
    (IPV6, 9, What::Number(IPV6, libc::IPV6_MULTICAST_IF)),
    (IPV6, 10, What::Number(IPV6, libc::IPV6_MULTICAST_HOPS)),
    (IPV6, 11, What::Flag(IPV6, libc::IPV6_MULTICAST_LOOP)),
    (IPV6, 12, What::Same(IPV6, libc::IPV6_ADD_MEMBERSHIP, 20)),
    (IPV6, 13, What::Same(IPV6, libc::IPV6_DROP_MEMBERSHIP, 20)),
    (IPV6, 14, What::Flag(IPV6, libc::IPV6_DONTFRAG)),
    (IPV6, 19, What::Flag(IPV6, libc::IPV6_RECVPKTINFO)),
    (IPV6, 21, What::Flag(IPV6, libc::IPV6_RECVHOPLIMIT)),
    (IPV6, 23, What::Noted),
    (IPV6, 27, What::Flag(IPV6, libc::IPV6_V6ONLY)),
    (IPV6, 31, What::Number(IPV6, 76)),
    (IPV6, 39, What::Number(IPV6, libc::IPV6_TCLASS)),
    (IPV6, 40, What::Flag(IPV6, libc::IPV6_RECVTCLASS)),
    (IPV6, 41, What::Group(IPV6, 42, 1)),
    (IPV6, 42, What::Group(IPV6, 45, 1)),
    (IPV6, 43, What::Group(IPV6, 43, 2)),
    (IPV6, 44, What::Group(IPV6, 44, 2)),
    (IPV6, 45, What::Group(IPV6, 46, 2)),
    (IPV6, 46, What::Group(IPV6, 47, 2)),
    (IPV6, 72, What::Number(IPV6, libc::IPV6_MTU)),
];

fn find(level: i32, name: i32) -> Result<What, Wsa> {
    let row = TABLE.iter().find(|row| (row.0, row.1) == (level, name));
    match row {
        Some(row) => Ok(row.2),
        None if TABLE.iter().any(|row| row.0 == level) => Err(Wsa::NO_OPTION),
        None => Err(Wsa::INVALID),
    }
}

/// An option that another descriptor in the same socket's place is to have, too.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    option: (i32, i32),
    value: Vec<u8>,
}

impl Kept {
    pub(super) fn apply(&self, fd: RawFd) {
        // What was right for one descriptor is for another of its kind.
        let _ = set_bytes(fd, self.option, &self.value);
    }
}

fn set_bytes(fd: RawFd, (level, name): (i32, i32), value: &[u8]) -> Result<(), i32> {
    let length = value.len() as libc::socklen_t;
    // SAFETY: so many bytes are there.
    check(unsafe { libc::setsockopt(fd, level, name, value.as_ptr().cast(), length) }).map(drop)
}

/// Sets a number in the kernel; what cannot be set stays as it is.
pub(super) fn set_fd_int(fd: RawFd, option: (i32, i32), value: i32) {
    let _ = set_bytes(fd, option, &value.to_ne_bytes());
}

/// As [`set_fd_int`].
pub(super) fn set_int(fd: &impl AsRawFd, option: (i32, i32), value: i32) {
    set_fd_int(fd.as_raw_fd(), option, value);
}

fn get_bytes(fd: RawFd, (level, name): (i32, i32), value: &mut [u8]) -> Result<usize, i32> {
    let mut length = value.len() as libc::socklen_t;
    let start = value.as_mut_ptr().cast();
    // SAFETY: there is room for so many bytes.
    check(unsafe { libc::getsockopt(fd, level, name, start, &raw mut length) })?;
    Ok(length as usize)
}

fn get_int(fd: RawFd, option: (i32, i32)) -> Result<i32, i32> {
    let mut value = [0; 4];
    get_bytes(fd, option, &mut value)?;
    Ok(i32::from_ne_bytes(value))
}

/// What the kernel has noted about a socket; it forgets it by telling.
pub(super) fn kernel_error(fd: RawFd) -> i32 {
    get_int(fd, (KERNEL, libc::SO_ERROR)).unwrap_or(0)
}

/// The error of a socket since it was last asked for.
pub(super) fn system_error(socket: &Socket) -> i32 {
    if socket.has(CONNECTING) {
        let ready = socket.with_fd(|fd| super::waiting::ready_now(fd, libc::POLLOUT));
        if ready != 0 {
            // The reason is told below.
            let _ = connect::settle(socket);
        }
    }
    let kept = std::mem::take(&mut socket.rare().connect_error);
    if kept != 0 || socket.has(CONNECTING) {
        return kept;
    }
    socket.with_fd(kernel_error)
}

/// Breaks the connection off at close, or not.
pub(super) fn set_kernel_linger(fd: RawFd, on: bool, seconds: i32) {
    let value = [i32::from(on).to_ne_bytes(), seconds.to_ne_bytes()].concat();
    // The kernel refuses this for no socket.
    let _ = set_bytes(fd, (KERNEL, libc::SO_LINGER), &value);
}

/// A value that a program passes: 32 bits as a rule, but also one byte, a C++ `bool`.
fn number(value: &[u8]) -> Result<i32, Wsa> {
    match value {
        [a, b, c, d, ..] => Ok(i32::from_ne_bytes([*a, *b, *c, *d])),
        [a, b, ..] => Ok(u16::from_ne_bytes([*a, *b]).into()),
        [a] => Ok((*a).into()),
        [] => Err(Wsa::FAULT),
    }
}

/// Sets an option in the kernel, also for a later descriptor of the socket.
fn set_kernel(socket: &Socket, option: (i32, i32), value: &[u8]) -> Result<(), Wsa> {
    socket
        .with_fd(|fd| set_bytes(fd, option, value))
        .map_err(|errno| match errno {
            libc::ENOPROTOOPT | libc::EOPNOTSUPP => Wsa::NO_OPTION,
            errno => of_errno(errno),
        })?;
    if socket.is_stream() {
        let mut rare = socket.rare();
        let value = value.to_vec();
        rare.kept.retain(|kept| kept.option != option);
        rare.kept.push(Kept { option, value });
    }
    Ok(())
}

pub(super) fn set_number(socket: &Socket, option: (i32, i32), value: i32) -> Result<(), Wsa> {
    set_kernel(socket, option, &value.to_ne_bytes())
}

fn note(socket: &Socket, option: (i32, i32), value: i32) {
    let mut rare = socket.rare();
    rare.noted.retain(|noted| noted.0 != option);
    rare.noted.push((option, value.cast_unsigned()));
}

fn noted(socket: &Socket, option: (i32, i32)) -> Option<u32> {
    let rare = socket.rare();
    rare.noted
        .iter()
        .find(|noted| noted.0 == option)
        .map(|noted| noted.1)
}

/// Exactly so many bytes of what a program passes.
fn exactly(value: &[u8], bytes: usize) -> Result<&[u8], Wsa> {
    value.get(..bytes).ok_or(Wsa::FAULT)
}

/// Gives the addresses in a group request the kernel's family.
fn group_request(value: &[u8], addresses: usize) -> Result<Vec<u8>, Wsa> {
    let mut request = exactly(value, 8 + addresses * 128)?.to_vec();
    for address in request[8..].chunks_exact_mut(128) {
        if i32::from(address[0]) == WINDOWS_INET6 {
            address[0] = libc::AF_INET6 as u8;
        }
    }
    Ok(request)
}

fn set(socket: &Socket, (level, name): (i32, i32), value: &[u8]) -> Result<(), Wsa> {
    match find(level, name)? {
        What::Flag(level, name) => {
            set_number(socket, (level, name), i32::from(number(value)? != 0))
        }
        What::Number(level, name) => set_number(socket, (level, name), number(value)?),
        What::Time(level, name, factor) => {
            let time = number(value)?.saturating_mul(factor);
            set_number(socket, (level, name), time)
        }
        What::Size(kernel_level, kernel_name) => {
            let size = number(value)?;
            note(socket, (level, name), size);
            // Without buffers the kernel could not send at all: 0 asks for what it does anyway
            // (S-339).
            if size <= 0 {
                return Ok(());
            }
            set_number(socket, (kernel_level, kernel_name), size)
        }
        What::Same(level, name, bytes) => set_kernel(socket, (level, name), exactly(value, bytes)?),
        What::Source(level, name) => {
            let given = exactly(value, 12)?;
            let exchanged = [&given[..4], &given[8..], &given[4..8]].concat();
            set_kernel(socket, (level, name), &exchanged)
        }
        What::Group(level, name, addresses) => {
            set_kernel(socket, (level, name), &group_request(value, addresses)?)
        }
        What::Fragments(level, name) => {
            let forbidden = number(value)? != 0;
            let discover = if forbidden {
                libc::IP_PMTUDISC_DO
            } else {
                libc::IP_PMTUDISC_DONT
            };
            set_number(socket, (level, name), discover)
        }
        What::Noted => {
            note(socket, (level, name), number(value)?);
            Ok(())
        }
        What::Own(own) => set_own(socket, own, value),
    }
}

fn set_own(socket: &Socket, own: Own, value: &[u8]) -> Result<(), Wsa> {
    match own {
        Own::AcceptContext => {
            // A SOCKET; programs that think it has 32 bits pass a whole one all the same.
            let listener = match <[u8; 8]>::try_from(value) {
                Ok(whole) => usize::from_ne_bytes(whole),
                Err(_) => number(value)?.cast_unsigned() as usize,
            };
            accept::update_context(socket, listener)
        }
        Own::ConnectContext if socket.has(CONNECTED) => Ok(()),
        Own::ConnectContext => Err(Wsa::NOT_CONNECTED),
        Own::Linger => {
            let given = exactly(value, 4)?;
            let on = u16::from_ne_bytes([given[0], given[1]]) != 0;
            set_linger(socket, on, u16::from_ne_bytes([given[2], given[3]]))
        }
        Own::DontLinger if number(value)? != 0 => set_linger(socket, false, 0),
        Own::DontLinger => Ok(()),
        Own::ReceiveTimeout => {
            let ms = number(value)?.cast_unsigned();
            socket.receive_timeout_ms.store(ms, Ordering::Relaxed);
            Ok(())
        }
        Own::SendTimeout => {
            let ms = number(value)?.cast_unsigned();
            socket.send_timeout_ms.store(ms, Ordering::Relaxed);
            Ok(())
        }
        Own::Reuse => {
            let on = number(value)? != 0;
            if on && noted(socket, (SOCKET_LEVEL, EXCLUSIVE)).is_some_and(|set| set != 0) {
                return Err(Wsa::INVALID);
            }
            note(socket, (SOCKET_LEVEL, 4), i32::from(on));
            // Streams have it anyway, from bind on (S-340).
            if !socket.is_stream() {
                set_number(socket, (KERNEL, libc::SO_REUSEADDR), i32::from(on))?;
            }
            Ok(())
        }
        Own::ConnectTime
        | Own::Error
        | Own::Listening
        | Own::MessageSize
        | Own::ProtocolInfo
        | Own::Type => Err(Wsa::NO_OPTION),
    }
}

/// Linger without a time breaks the connection off, which the kernel does; with a time it is
/// this layer that waits, so that no other thread has to.
fn set_linger(socket: &Socket, on: bool, seconds: u16) -> Result<(), Wsa> {
    if !socket.is_stream() {
        return Err(Wsa::NO_OPTION);
    }
    socket.rare().linger_seconds = (on && seconds > 0).then_some(seconds);
    let abort = [i32::from(on && seconds == 0), 0];
    let value: Vec<u8> = abort.iter().flat_map(|int| int.to_ne_bytes()).collect();
    set_kernel(socket, (KERNEL, libc::SO_LINGER), &value)
}

fn int(value: i32) -> Vec<u8> {
    value.to_ne_bytes().to_vec()
}

/// The value of an option; `room` is how much the program can take.
fn get(socket: &Socket, (level, name): (i32, i32), room: usize) -> Result<Vec<u8>, Wsa> {
    let kernel = |option| {
        socket
            .with_fd(|fd| get_int(fd, option))
            .map_err(|errno| match errno {
                libc::ENOPROTOOPT | libc::EOPNOTSUPP => Wsa::NO_OPTION,
                errno => of_errno(errno),
            })
    };
    Ok(match find(level, name)? {
        What::Flag(level, name) => int(i32::from(kernel((level, name))? != 0)),
        What::Number(level, name) => int(kernel((level, name))?),
        What::Time(level, name, factor) => int(kernel((level, name))? / factor),
        What::Size(kernel_level, kernel_name) => match noted(socket, (level, name)) {
            Some(size) => int(size.cast_signed()),
            None => int(kernel((kernel_level, kernel_name))?),
        },
        What::Same(level, name, 4) => int(kernel((level, name))?),
        What::Same(..) | What::Source(..) | What::Group(..) => return Err(Wsa::NO_OPTION),
        What::Fragments(level, name) => {
            int(i32::from(kernel((level, name))? == libc::IP_PMTUDISC_DO))
        }
        What::Noted => int(noted(socket, (level, name)).unwrap_or(0).cast_signed()),
        What::Own(own) => return get_own(socket, own, (level, name), room),
    })
}

fn get_own(socket: &Socket, own: Own, option: (i32, i32), room: usize) -> Result<Vec<u8>, Wsa> {
    let ms = |timeout: &std::sync::atomic::AtomicU32| {
        timeout.load(Ordering::Relaxed).to_ne_bytes().to_vec()
    };
    Ok(match own {
        Own::AcceptContext | Own::ConnectContext => return Err(Wsa::NO_OPTION),
        Own::ConnectTime => socket.connected_for_seconds().to_ne_bytes().to_vec(),
        Own::Error => match system_error(socket) {
            0 => int(0),
            errno => wsa_of_errno(errno).to_ne_bytes().to_vec(),
        },
        Own::Linger => {
            let lingers = socket.rare().linger_seconds;
            let (on, seconds) = match lingers {
                Some(seconds) => (1, seconds),
                None => (aborts(socket), 0),
            };
            [on.to_ne_bytes(), seconds.to_ne_bytes()].concat()
        }
        Own::DontLinger => {
            let lingers = socket.rare().linger_seconds.is_some() || aborts(socket) != 0;
            int(i32::from(!lingers))
        }
        Own::Listening => int(i32::from(socket.has(LISTENING))),
        Own::MessageSize if socket.is_stream() => int(-1),
        Own::MessageSize => DATAGRAM_BYTES_MAX.to_ne_bytes().to_vec(),
        Own::ProtocolInfo => protocol_info(socket, option.1, room),
        Own::ReceiveTimeout => ms(&socket.receive_timeout_ms),
        Own::SendTimeout => ms(&socket.send_timeout_ms),
        Own::Reuse => int(noted(socket, option).unwrap_or(0).cast_signed()),
        Own::Type => int(socket.kind),
    })
}

/// Whether closing breaks the connection off.
fn aborts(socket: &Socket) -> u16 {
    let linger = socket.with_fd(|fd| get_int(fd, (KERNEL, libc::SO_LINGER)));
    u16::from(linger.is_ok_and(|on| on != 0))
}

/// The description of a socket, whose units are told by the room that there is for it.
fn protocol_info(socket: &Socket, name: i32, room: usize) -> Vec<u8> {
    fn bytes<U: crate::text::Unit>(socket: &Socket) -> Vec<u8> {
        let info = ProtocolInfo::<U>::of_socket(socket);
        let start: *const u8 = (&raw const info).cast();
        // SAFETY: the structure has no gaps, as its size asserts, and lives on here.
        unsafe { std::slice::from_raw_parts(start, size_of::<ProtocolInfo<U>>()) }.to_vec()
    }
    if name == 0x2004 {
        bytes::<u8>(socket)
    } else if room < size_of::<ProtocolInfo<u32>>() {
        bytes::<u16>(socket)
    } else {
        bytes::<u32>(socket)
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn iocp_setsockopt(
    s: usize,
    level: i32,
    name: i32,
    value: *const u8,
    length: i32,
) -> i32 {
    unit_door(|| {
        let socket = lookup(s)?;
        let length = usize::try_from(length).map_err(|_| Wsa::FAULT)?;
        if value.is_null() {
            return Err(Wsa::FAULT);
        }
        // SAFETY: so many bytes are there, by contract.
        let value = unsafe { std::slice::from_raw_parts(value, length) };
        set(&socket, (level, name), value)
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn iocp_getsockopt(
    s: usize,
    level: i32,
    name: i32,
    value: *mut u8,
    length: *mut i32,
) -> i32 {
    unit_door(|| {
        let socket = lookup(s)?;
        if value.is_null() || length.is_null() {
            return Err(Wsa::FAULT);
        }
        // SAFETY: not null, hence valid, by contract.
        let room = usize::try_from(unsafe { length.read() }).map_err(|_| Wsa::FAULT)?;
        let mut result = get(&socket, (level, name), room)?;
        // A flag fits into a byte, which is what some programs offer.
        if room < result.len() && result.len() == 4 && room > 0 {
            result.truncate(room);
        }
        if room < result.len() {
            return Err(Wsa::FAULT);
        }
        // SAFETY: there is room, says the length.
        unsafe { value.copy_from_nonoverlapping(result.as_ptr(), result.len()) };
        // SAFETY: as above.
        unsafe { put(length, result.len() as i32) };
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_option_is_listed_twice() {
        let mut seen = std::collections::HashSet::new();
        assert!(TABLE.iter().all(|row| seen.insert((row.0, row.1))));
    }

    #[test]
    fn an_unknown_level_and_an_unknown_option_differ() {
        assert_eq!(find(SOCKET_LEVEL, 0x7777).err(), Some(Wsa::NO_OPTION));
        assert_eq!(find(0x7777, 1).err(), Some(Wsa::INVALID));
    }

    #[test]
    fn a_value_may_be_one_byte() {
        assert_eq!(number(&[1]), Ok(1));
        assert_eq!(number(&7i32.to_ne_bytes()), Ok(7));
        assert_eq!(number(&[]), Err(Wsa::FAULT));
    }
}
