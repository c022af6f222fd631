//! What transports there are, and passing a socket on by a description of it.

use std::mem::{offset_of, size_of};

use super::addresses::{V4_BYTES, V6_BYTES, WINDOWS_INET6, family_to_windows};
use super::object::Socket;
use super::{SOCKET_ERROR, Wsa, int_door, lookup, put, startup, unit_door};
use crate::text::{Unit, exports, units_of};

/// `GUID`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Guid(
    pub(super) u32,
    pub(super) u16,
    pub(super) u16,
    pub(super) [u8; 8],
);

/// `WSAPROTOCOL_INFO`, in whose name the unit differs.
#[repr(C)]
#[derive(Clone, Copy)]
pub(super) struct ProtocolInfo<U> {
    service_flags: [u32; 4],
    provider_flags: u32,
    provider: Guid,
    catalog_entry: u32,
    chain_length: i32,
    chain: [u32; 7],
    version: i32,
    family: i32,
    address_bytes_max: i32,
    address_bytes_min: i32,
    kind: i32,
    protocol: i32,
    protocol_offset_max: i32,
    byte_order: i32,
    security: i32,
    message_bytes: u32,
    /// A handle that waits for its taker (`WSADuplicateSocket`), or 0.
    reserved: u32,
    name: [U; 256],
}

const _: () = {
    assert!(offset_of!(ProtocolInfo<u8>, name) == 116);
    assert!(size_of::<ProtocolInfo<u8>>() == 372);
    assert!(size_of::<ProtocolInfo<u16>>() == 628);
    assert!(size_of::<ProtocolInfo<u32>>() == 1140);
};

/// `XP1_` flags: what a transport is and does.
const CONNECTIONLESS: u32 = 0x1;
const GUARANTEED_DELIVERY: u32 = 0x2;
const GUARANTEED_ORDER: u32 = 0x4;
const MESSAGE_ORIENTED: u32 = 0x8;
const GRACEFUL_CLOSE: u32 = 0x20;
const EXPEDITED_DATA: u32 = 0x40;
const SUPPORT_BROADCAST: u32 = 0x200;
const SUPPORT_MULTIPOINT: u32 = 0x400;
/// Sockets are handles like any other, so that skipping packets is allowed (S-156).
const IFS_HANDLES: u32 = 0x20000;
const STREAM: u32 =
    GUARANTEED_DELIVERY | GUARANTEED_ORDER | GRACEFUL_CLOSE | EXPEDITED_DATA | IFS_HANDLES;
const DATAGRAM: u32 =
    CONNECTIONLESS | MESSAGE_ORIENTED | SUPPORT_BROADCAST | SUPPORT_MULTIPOINT | IFS_HANDLES;

/// A transport.
struct Transport {
    name: &'static str,
    family: i32,
    kind: i32,
    protocol: i32,
    flags: u32,
}

const TRANSPORTS: [Transport; 4] = [
    Transport {
        name: "MSAFD Tcpip [TCP/IP]",
        family: libc::AF_INET,
        kind: libc::SOCK_STREAM,
        protocol: libc::IPPROTO_TCP,
        flags: STREAM,
    },
    Transport {
        name: "MSAFD Tcpip [UDP/IP]",
        family: libc::AF_INET,
        kind: libc::SOCK_DGRAM,
        protocol: libc::IPPROTO_UDP,
        flags: DATAGRAM,
    },
    Transport {
        name: "MSAFD Tcpip [TCP/IPv6]",
        family: libc::AF_INET6,
        kind: libc::SOCK_STREAM,
        protocol: libc::IPPROTO_TCP,
        flags: STREAM,
    },
    Transport {
        name: "MSAFD Tcpip [UDP/IPv6]",
        family: libc::AF_INET6,
        kind: libc::SOCK_DGRAM,
        protocol: libc::IPPROTO_UDP,
        flags: DATAGRAM,
    },
];

/// Microsoft's provider of the four transports; programs compare with it.
const PROVIDER: Guid = Guid(
    0xe70f_1aa0,
    0xab8b,
    0x11cf,
    [0x8c, 0xa3, 0x00, 0x80, 0x5f, 0x48, 0xa1, 0x92],
);

/// `PFL_MATCHES_PROTOCOL_ZERO`.
const MATCHES_PROTOCOL_ZERO: u32 = 8;
/// The most bytes that a UDP datagram over IPv4 carries.
pub(super) const DATAGRAM_BYTES_MAX: u32 = 65507;

impl<U: Unit> ProtocolInfo<U> {
    fn of(transport: &Transport, entry: u32) -> Self {
        let mut name = [U::default(); 256];
        for (to, from) in name.iter_mut().zip(units_of(transport.name)) {
            *to = from;
        }
        let family = family_to_windows(transport.family);
        let address_bytes = if family == WINDOWS_INET6 {
            V6_BYTES
        } else {
            V4_BYTES
        };
        let is_stream = transport.kind == libc::SOCK_STREAM;
        Self {
            service_flags: [transport.flags, 0, 0, 0],
            provider_flags: MATCHES_PROTOCOL_ZERO,
            provider: PROVIDER,
            catalog_entry: entry,
            chain_length: 1,
            chain: [0; 7],
            version: 2,
            family,
            address_bytes_max: address_bytes as i32,
            address_bytes_min: address_bytes as i32,
            kind: transport.kind,
            protocol: transport.protocol,
            protocol_offset_max: 0,
            byte_order: 0,
            security: 0,
            message_bytes: if is_stream { 0 } else { DATAGRAM_BYTES_MAX },
            reserved: 0,
            name,
        }
    }

    /// What a socket is.
    pub(super) fn of_socket(socket: &Socket) -> Self {
        let is_its = |transport: &Transport| {
            (transport.family, transport.kind) == (socket.family, socket.kind)
        };
        match TRANSPORTS.iter().position(is_its) {
            Some(place) => Self::of(&TRANSPORTS[place], 1001 + place as u32),
            None => {
                let transport = Transport {
                    name: "",
                    family: socket.family,
                    kind: socket.kind,
                    protocol: socket.protocol,
                    flags: IFS_HANDLES,
                };
                Self::of(&transport, 1000)
            }
        }
    }

    /// Family, type and protocol, as the program has them.
    pub(super) fn kinds(&self) -> (i32, i32, i32) {
        (self.family, self.kind, self.protocol)
    }
}

/// The handle that was made for the taker of the description, if it is for one.
pub(super) fn take_passed_on<U>(info: &ProtocolInfo<U>) -> Result<Option<usize>, Wsa> {
    if info.reserved == 0 {
        return Ok(None);
    }
    let s = info.reserved as usize;
    lookup(s)?;
    Ok(Some(s))
}

/// A further handle of the socket, which the description carries to `WSASocket` (S-019, S-231).
/// Other processes cannot take it.
unsafe fn pass_on<U: Unit>(s: usize, process: u32, info: *mut ProtocolInfo<U>) -> i32 {
    unit_door(|| {
        let socket = lookup(s)?;
        if info.is_null() {
            return Err(Wsa::FAULT);
        }
        if process != std::process::id() {
            return Err(Wsa::INVALID);
        }
        let mut described = ProtocolInfo::<U>::of_socket(&socket);
        described.reserved = startup::duplicate(s)? as u32;
        // SAFETY: not null, hence valid, by contract.
        unsafe { info.write(described) };
        Ok(())
    })
}

/// The transports whose protocol is in a list that ends with 0.
///
/// # Safety
///
/// The list is null or such a list.
unsafe fn wanted(protocols: *const i32) -> Vec<usize> {
    let mut list = Vec::new();
    if !protocols.is_null() {
        let mut place = protocols;
        loop {
            // SAFETY: everything up to the zero is there, says the caller.
            match unsafe { place.read() } {
                0 => break,
                protocol => list.push(protocol),
            }
            place = place.wrapping_add(1);
        }
    }
    let is_wanted = |place: &usize| list.is_empty() || list.contains(&TRANSPORTS[*place].protocol);
    (0..TRANSPORTS.len()).filter(is_wanted).collect()
}

unsafe fn enumerate<U: Unit>(
    protocols: *const i32,
    buffer: *mut ProtocolInfo<U>,
    length: *mut u32,
) -> i32 {
    int_door(|| {
        if !startup::is_started() {
            return Err(Wsa::NOT_STARTED);
        }
        if length.is_null() {
            return Err(Wsa::FAULT);
        }
        // SAFETY: the program's list, by contract.
        let places = unsafe { wanted(protocols) };
        let needed = places.len() * size_of::<ProtocolInfo<U>>();
        // SAFETY: not null, hence valid, by contract.
        let room = unsafe { length.read() } as usize;
        // SAFETY: as above.
        unsafe { length.write(needed as u32) };
        if buffer.is_null() || room < needed {
            return Err(Wsa::NO_BUFFERS);
        }
        for (i, &place) in places.iter().enumerate() {
            let info = ProtocolInfo::<U>::of(&TRANSPORTS[place], 1001 + place as u32);
            // SAFETY: there is room for so many, says the length.
            unsafe { put(buffer.wrapping_add(i), info) };
        }
        Ok(places.len() as i32)
    })
}

exports! {
    WSADuplicateSocketA, WSADuplicateSocketW, WSADuplicateSocketW_16:
    fn duplicate<U>(s: usize, process: u32, info: *mut ProtocolInfo<U>) -> i32 = SOCKET_ERROR;
    {
        // SAFETY: the program's pointers, passed on.
        unsafe { pass_on(s, process, info) }
    }

    WSAEnumProtocolsA, WSAEnumProtocolsW, WSAEnumProtocolsW_16:
    fn list<U>(
        protocols: *const i32,
        buffer: *mut ProtocolInfo<U>,
        length: *mut u32
    ) -> i32 = SOCKET_ERROR;
    {
        // SAFETY: the program's pointers, passed on.
        unsafe { enumerate(protocols, buffer, length) }
    }
}

/// The text of a description's name, for tests.
#[cfg(test)]
fn name_of<U: Unit>(info: &ProtocolInfo<U>) -> String {
    let end = info.name.iter().position(|unit| *unit == U::default());
    crate::text::string_of(&info.name[..end.unwrap_or(256)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_in_the_programs_units() {
        let info = ProtocolInfo::<u16>::of(&TRANSPORTS[2], 1);
        assert_eq!(name_of(&info), "MSAFD Tcpip [TCP/IPv6]");
        assert_eq!(info.family, 23);
    }
}
