//! Controls: `WSAIoctl` and `ioctlsocket`.

use std::ffi::CStr;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::fd::RawFd;
use std::ptr::NonNull;

use super::addresses::{self, RawAddress, V4_BYTES};
use super::connect::{SocketAddress, connect_ex};
use super::disconnect::disconnect_ex;
use super::messages::{ended_now, receive_with_control};
use super::object::{IGNORES_UNREACHABLE, NONBLOCKING, SELECTED, Socket};
use super::protocols::Guid;
use super::transfer::request;
use super::transmit::{TransmitFile, transmit_packets};
use super::{Routine, Used, Wsa, accept, check, lookup, of_errno, options, put, unit_door};
use crate::abi::Overlapped;

const FIONREAD: u32 = 0x4004_667f;
const FIONBIO: u32 = 0x8004_667e;
const FIOASYNC: u32 = 0x8004_667d;
const SIOCATMARK: u32 = 0x4004_7307;
const SIO_FLUSH: u32 = 0x2800_0004;
const SIO_GET_BROADCAST_ADDRESS: u32 = 0x4800_0005;
const SIO_GET_EXTENSION_FUNCTION_POINTER: u32 = 0xc800_0006;
const SIO_MULTIPOINT_LOOPBACK: u32 = 0x8800_0009;
const SIO_MULTICAST_SCOPE: u32 = 0x8800_000a;
const SIO_ROUTING_INTERFACE_QUERY: u32 = 0xc800_0014;
const SIO_ADDRESS_LIST_QUERY: u32 = 0x4800_0016;
const SIO_BASE_HANDLE: u32 = 0x4800_0022;
const SIO_KEEPALIVE_VALS: u32 = 0x9800_0004;
const SIO_UDP_CONNRESET: u32 = 0x9800_000c;
const SIO_UDP_NETRESET: u32 = 0x9800_000f;
const SIO_LOOPBACK_FAST_PATH: u32 = 0x9800_0010;
const SIO_GET_INTERFACE_LIST: u32 = 0x4004_747f;

/// A number that the kernel tells about a descriptor.
fn kernel_number(fd: RawFd, code: libc::Ioctl) -> Result<u32, Wsa> {
    let mut value: libc::c_int = 0;
    // SAFETY: room for an int is passed, which is what these codes fill in.
    check(unsafe { libc::ioctl(fd, code, &raw mut value) }).map_err(of_errno)?;
    Ok(value.cast_unsigned())
}

/// `FIONBIO`. It is a state of this layer: the descriptor never blocks.
fn set_nonblocking(socket: &Socket, on: bool) -> Result<(), Wsa> {
    if on {
        socket.set(NONBLOCKING);
        return Ok(());
    }
    if socket.has(SELECTED) {
        return Err(Wsa::INVALID);
    }
    socket.clear(NONBLOCKING);
    Ok(())
}

fn bytes_to_read(socket: &Socket) -> Result<u32, Wsa> {
    socket.with_fd(|fd| kernel_number(fd, libc::FIONREAD))
}

fn is_at_mark(socket: &Socket) -> Result<u32, Wsa> {
    // SIOCATMARK, which is 1 at the mark; there it is 1 if there is no urgent data to come.
    let mark = socket.with_fd(|fd| kernel_number(fd, 0x8905))?;
    let urgent = socket.with_fd(|fd| super::waiting::ready_now(fd, libc::POLLPRI));
    Ok(u32::from(urgent & libc::POLLPRI == 0 || mark != 0))
}

/// `ioctlsocket`, whose argument is 32 bits whatever `long` is.
#[unsafe(no_mangle)]
unsafe extern "C" fn ioctlsocket(s: usize, code: i32, argument: *mut u32) -> i32 {
    unit_door(|| {
        let socket = lookup(s)?;
        if argument.is_null() {
            return Err(Wsa::FAULT);
        }
        let told = match code.cast_unsigned() {
            FIONBIO => {
                // SAFETY: not null, hence valid, by contract.
                return set_nonblocking(&socket, unsafe { argument.read() } != 0);
            }
            FIOASYNC => return Err(Wsa::NOT_SUPPORTED),
            FIONREAD => bytes_to_read(&socket)?,
            SIOCATMARK => is_at_mark(&socket)?,
            _ => return Err(Wsa::NOT_SUPPORTED),
        };
        // SAFETY: as above.
        unsafe { argument.write(told) };
        Ok(())
    })
}

/// What a program passes to a control, and the room that it leaves.
struct Buffers {
    input: *const u8,
    input_bytes: usize,
    output: *mut u8,
    output_bytes: usize,
}

impl Buffers {
    /// A value that the program passes.
    ///
    /// # Safety
    ///
    /// The pointers are the program's; any bytes make a `T`.
    unsafe fn read<T: Copy>(&self) -> Result<T, Wsa> {
        if self.input.is_null() || self.input_bytes < size_of::<T>() {
            return Err(Wsa::FAULT);
        }
        // SAFETY: so many bytes are there, says the length.
        Ok(unsafe { self.input.cast::<T>().read_unaligned() })
    }

    /// A value for the program; how many bytes it has.
    ///
    /// # Safety
    ///
    /// The pointers are the program's.
    unsafe fn write<T>(&self, value: T) -> Result<usize, Wsa> {
        if self.output.is_null() || self.output_bytes < size_of::<T>() {
            return Err(Wsa::FAULT);
        }
        // SAFETY: there is room for so many bytes, says the length.
        unsafe { put(self.output.cast(), value) };
        Ok(size_of::<T>())
    }

    /// # Safety
    ///
    /// The pointers are the program's.
    unsafe fn write_bytes(&self, bytes: &[u8]) -> Result<usize, Wsa> {
        if self.output.is_null() || self.output_bytes < bytes.len() {
            return Err(Wsa::FAULT);
        }
        // SAFETY: there is room for so many bytes, says the length.
        unsafe {
            self.output
                .copy_from_nonoverlapping(bytes.as_ptr(), bytes.len())
        };
        Ok(bytes.len())
    }
}

/// A function that programs ask for by its name's number (S-360).
fn extension(guid: Guid) -> Option<*const ()> {
    let family = [0x95, 0xca, 0x00, 0x80, 0x5f, 0x48, 0xa1, 0x92];
    Some(match guid {
        Guid(0xb536_7df0, 0xcbac, 0x11cf, rest) if rest == family => TransmitFile as *const (),
        Guid(0xb536_7df1, 0xcbac, 0x11cf, rest) if rest == family => accept::AcceptEx as *const (),
        Guid(0xb536_7df2, 0xcbac, 0x11cf, rest) if rest == family => {
            accept::GetAcceptExSockaddrs as *const ()
        }
        Guid(0xd968_9da0, 0x1f90, 0x11d3, [0x99, 0x71, 0x00, 0xc0, 0x4f, 0x68, 0xc8, 0x76]) => {
            transmit_packets as *const ()
        }
        Guid(0x25a2_07b9, 0xddf3, 0x4660, [0x8e, 0xe9, 0x76, 0xe5, 0x8c, 0x74, 0x06, 0x3e]) => {
            connect_ex as *const ()
        }
        Guid(0x7fda_2e11, 0x8630, 0x436f, [0xa0, 0x31, 0xf5, 0x36, 0xa6, 0xee, 0xc1, 0x57]) => {
            disconnect_ex as *const ()
        }
        Guid(0xf689_d7c8, 0x6f1f, 0x436b, [0x8a, 0x53, 0xe5, 0x4f, 0xe3, 0x51, 0xc3, 0x22]) => {
            receive_with_control as *const ()
        }
        Guid(0xa441_e712, 0x754f, 0x43ca, [0x84, 0xa7, 0x0d, 0xee, 0x44, 0xcf, 0x60, 0x6d]) => {
            super::messages::WSASendMsg as *const ()
        }
        Guid(0x18c7_6f85, 0xdc66, 0x4964, [0x97, 0x2e, 0x23, 0xc2, 0x72, 0x38, 0x31, 0x2b]) => {
            super::select::WSAPoll as *const ()
        }
        _ => return None,
    })
}

/// `tcp_keepalive`: on, milliseconds until the first probe, milliseconds between probes.
fn set_keepalive(socket: &Socket, [on, time_ms, interval_ms]: [u32; 3]) -> Result<(), Wsa> {
    if !socket.is_stream() {
        return Err(Wsa::NO_OPTION);
    }
    // The kernel counts seconds, and not less than one.
    let seconds = |ms: u32| ms.div_ceil(1000).clamp(1, 32767).cast_signed();
    let mut wanted = vec![(libc::SOL_SOCKET, libc::SO_KEEPALIVE, i32::from(on != 0))];
    if on != 0 {
        wanted.push((libc::IPPROTO_TCP, libc::TCP_KEEPIDLE, seconds(time_ms)));
        wanted.push((libc::IPPROTO_TCP, libc::TCP_KEEPINTVL, seconds(interval_ms)));
        // Microsoft's number of probes.
        wanted.push((libc::IPPROTO_TCP, libc::TCP_KEEPCNT, 10));
    }
    for (level, name, value) in wanted {
        options::set_number(socket, (level, name), value)?;
    }
    Ok(())
}

/// An address of a network interface.
struct Interface {
    flags: u32,
    address: RawAddress,
    mask: Option<RawAddress>,
    broadcast: Option<RawAddress>,
}

/// The addresses of the interfaces that are up.
fn interfaces() -> Result<Vec<Interface>, Wsa> {
    let mut list = std::ptr::null_mut();
    // SAFETY: a place for the list is passed.
    check(unsafe { libc::getifaddrs(&raw mut list) }).map_err(of_errno)?;
    let read = |address: *const libc::sockaddr| {
        if address.is_null() {
            return None;
        }
        // SAFETY: the list holds valid addresses.
        let length = match unsafe { (*address).sa_family }.into() {
            libc::AF_INET => V4_BYTES,
            libc::AF_INET6 => addresses::V6_BYTES,
            _ => return None,
        };
        // SAFETY: an address of that family has so many bytes.
        unsafe { RawAddress::read(address.cast(), length as i32) }.ok()
    };
    let mut all = Vec::new();
    let mut place = list;
    while let Some(entry) = NonNull::new(place) {
        // SAFETY: the list is valid until it is freed.
        let entry = unsafe { entry.as_ref() };
        if let Some(address) = read(entry.ifa_addr)
            && entry.ifa_flags & libc::IFF_UP as u32 != 0
        {
            all.push(Interface {
                flags: entry.ifa_flags,
                address,
                mask: read(entry.ifa_netmask),
                broadcast: read(entry.ifa_ifu),
            });
        }
        place = entry.ifa_next;
    }
    // SAFETY: the list came from `getifaddrs` and is not used any more.
    unsafe { libc::freeifaddrs(list) };
    Ok(all)
}

/// The addresses of this machine, loopback last.
pub(super) fn own_addresses(family: i32) -> Result<Vec<RawAddress>, Wsa> {
    let is_loopback = |interface: &Interface| interface.flags & libc::IFF_LOOPBACK as u32 != 0;
    let mut all = interfaces()?;
    all.sort_by_key(is_loopback);
    let its = all.into_iter().map(|interface| interface.address);
    Ok(its.filter(|address| address.family() == family).collect())
}

/// `SOCKET_ADDRESS_LIST`: a count, then pairs of pointer and length, then the addresses.
unsafe fn list_addresses(socket: &Socket, buffers: &Buffers) -> Result<usize, Wsa> {
    let all = own_addresses(socket.family)?;
    let entry_bytes = size_of::<SocketAddress>();
    let mut place = 8 + all.len() * entry_bytes;
    let needed = place + all.len() * 32;
    if buffers.output.is_null() || buffers.output_bytes < needed {
        return Err(Wsa::FAULT);
    }
    // SAFETY: there is room, as was checked.
    unsafe { put(buffers.output.cast(), all.len() as i32) };
    for (i, address) in all.iter().enumerate() {
        let (bytes, length) = address.windows_bytes();
        let name = buffers.output.wrapping_add(place);
        let entry = SocketAddress {
            name,
            length: length as i32,
        };
        let entry_place = buffers.output.wrapping_add(8 + i * entry_bytes);
        // SAFETY: there is room, as was checked.
        unsafe { put(entry_place.cast(), entry) };
        // SAFETY: as above; an address takes at most 32 bytes.
        unsafe { name.copy_from_nonoverlapping(bytes.as_ptr(), length) };
        place += 32;
    }
    Ok(needed)
}

/// `INTERFACE_INFO`s: flags and three addresses of 24 bytes each.
fn interface_list() -> Result<Vec<u8>, Wsa> {
    let mut result = Vec::new();
    for interface in interfaces()? {
        if interface.address.family() != libc::AF_INET {
            continue;
        }
        // Up, broadcast, loopback, point to point, multicast: Linux's bit and Windows'.
        let bits = [
            (0x1, 0x1),
            (0x2, 0x2),
            (0x8, 0x4),
            (0x10, 0x8),
            (0x1000, 0x10),
        ];
        let flags = bits
            .iter()
            .filter(|(linux, _)| interface.flags & linux != 0)
            .fold(0u32, |flags, (_, windows)| flags | windows);
        result.extend(flags.to_ne_bytes());
        let nothing = RawAddress::of_ip(SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)));
        let of = |address: Option<RawAddress>| address.unwrap_or(nothing).windows_bytes().0;
        for address in [Some(interface.address), interface.broadcast, interface.mask] {
            result.extend_from_slice(&of(address)[..24]);
        }
    }
    Ok(result)
}

/// The address from which a peer would be reached.
unsafe fn route(socket: &Socket, buffers: &Buffers) -> Result<usize, Wsa> {
    let length = i32::try_from(buffers.input_bytes).unwrap_or(i32::MAX);
    // SAFETY: the program's address, by contract.
    let to = unsafe { RawAddress::read(buffers.input, length) }?;
    let ip = to.ip().ok_or(Wsa::NO_FAMILY)?;
    let port = if ip.port() == 0 { 9 } else { ip.port() };
    // A datagram socket that is connected knows; nothing is sent.
    let any: IpAddr = match socket.family {
        libc::AF_INET => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        _ => IpAddr::V6(std::net::Ipv6Addr::UNSPECIFIED),
    };
    let found = std::net::UdpSocket::bind((any, 0)).and_then(|probe| {
        probe
            .connect((ip.ip(), port))
            .and_then(|()| probe.local_addr())
    });
    let mut local = found?;
    local.set_port(0);
    let (bytes, length) = RawAddress::of_ip(local).windows_bytes();
    // SAFETY: the program's pointers, by contract.
    unsafe { buffers.write_bytes(&bytes[..length]) }
}

/// Carries a control out; how many bytes of output it has.
///
/// # Safety
///
/// The pointers are the program's.
unsafe fn control(
    (s, socket): (usize, &Socket),
    code: u32,
    buffers: &Buffers,
) -> Result<usize, Wsa> {
    // SAFETY: the program's pointers, and plain numbers.
    let number = || unsafe { buffers.read::<u32>() };
    let nothing = |()| 0;
    match code {
        FIONBIO => set_nonblocking(socket, number()? != 0).map(nothing),
        // SAFETY: the program's pointers.
        FIONREAD => unsafe { buffers.write(bytes_to_read(socket)?) },
        // SAFETY: as above.
        SIOCATMARK => unsafe { buffers.write(is_at_mark(socket)?) },
        // A send is never held back here, and loopback has no slower path.
        SIO_FLUSH | SIO_LOOPBACK_FAST_PATH | SIO_UDP_NETRESET => Ok(0),
        SIO_GET_EXTENSION_FUNCTION_POINTER => {
            // SAFETY: the program's pointers, and plain numbers.
            let guid = unsafe { buffers.read::<Guid>() }?;
            let function = extension(guid).ok_or(Wsa::INVALID)?;
            // SAFETY: the program's pointers.
            unsafe { buffers.write(function) }
        }
        // SAFETY: the program's pointers, and plain numbers.
        SIO_KEEPALIVE_VALS => set_keepalive(socket, unsafe { buffers.read() }?).map(nothing),
        SIO_UDP_CONNRESET => {
            if number()? == 0 {
                socket.set(IGNORES_UNREACHABLE);
            } else {
                socket.clear(IGNORES_UNREACHABLE);
            }
            Ok(0)
        }
        SIO_GET_BROADCAST_ADDRESS => {
            let all = SocketAddr::from((Ipv4Addr::BROADCAST, 0));
            let (bytes, length) = RawAddress::of_ip(all).windows_bytes();
            // SAFETY: the program's pointers.
            unsafe { buffers.write_bytes(&bytes[..length]) }
        }
        SIO_MULTIPOINT_LOOPBACK => {
            let on = i32::from(number()? != 0);
            let option = match socket.family {
                libc::AF_INET => (libc::IPPROTO_IP, libc::IP_MULTICAST_LOOP),
                _ => (libc::IPPROTO_IPV6, libc::IPV6_MULTICAST_LOOP),
            };
            options::set_number(socket, option, on).map(nothing)
        }
        SIO_MULTICAST_SCOPE => {
            let hops = number()?.cast_signed();
            let option = match socket.family {
                libc::AF_INET => (libc::IPPROTO_IP, libc::IP_MULTICAST_TTL),
                _ => (libc::IPPROTO_IPV6, libc::IPV6_MULTICAST_HOPS),
            };
            options::set_number(socket, option, hops).map(nothing)
        }
        // SAFETY: the program's pointers.
        SIO_ROUTING_INTERFACE_QUERY => unsafe { route(socket, buffers) },
        // SAFETY: as above.
        SIO_ADDRESS_LIST_QUERY => unsafe { list_addresses(socket, buffers) },
        // SAFETY: as above.
        SIO_GET_INTERFACE_LIST => unsafe { buffers.write_bytes(&interface_list()?) },
        // SAFETY: as above. No layer lies above this one.
        SIO_BASE_HANDLE => unsafe { buffers.write(s) },
        _ => Err(Wsa::NOT_SUPPORTED),
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn WSAIoctl(
    s: usize,
    code: u32,
    input: *const u8,
    input_bytes: u32,
    output: *mut u8,
    output_bytes: u32,
    returned: *mut u32,
    overlapped: *mut Overlapped,
    routine: Option<Routine>,
) -> i32 {
    unit_door(|| {
        let socket: Used = lookup(s)?;
        let overlapped = NonNull::new(overlapped).filter(|_| socket.io().is_overlapped);
        if returned.is_null() && overlapped.is_none() {
            return Err(Wsa::FAULT);
        }
        let buffers = Buffers {
            input,
            input_bytes: input_bytes as usize,
            output,
            output_bytes: output_bytes as usize,
        };
        // SAFETY: the program's pointers, passed on.
        let bytes = unsafe { control((s, &socket), code, &buffers) }?;
        // SAFETY: null or valid, by contract.
        unsafe { put(returned, bytes as u32) };
        let Some(overlapped) = overlapped else {
            return Ok(());
        };
        // The packet of a control that succeeds at once tells of no bytes (S-159).
        // SAFETY: the program's OVERLAPPED, by contract.
        let request = unsafe { request(&socket, overlapped, routine) }?;
        ended_now(&socket, request, 0)
    })
}

/// The name of this machine.
pub(super) fn host_name() -> Result<String, Wsa> {
    let mut name = [0u8; 256];
    // SAFETY: there is room for so many bytes.
    check(unsafe { libc::gethostname(name.as_mut_ptr().cast(), name.len()) }).map_err(of_errno)?;
    let name = CStr::from_bytes_until_nul(&name).map_err(|_| Wsa::FAULT)?;
    Ok(name.to_string_lossy().into_owned())
}
