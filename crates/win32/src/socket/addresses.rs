//! Socket addresses: the program's form and the kernel's differ only in the number of the IPv6
//! family, 23 here and 10 there.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::os::fd::RawFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use completion_port::Address;

use super::{Wsa, check, put};

/// `AF_INET6`, as programs have it.
pub(super) const WINDOWS_INET6: i32 = 23;

/// Sizes of `SOCKADDR_IN`, `SOCKADDR_IN6` and `SOCKADDR_UN`.
pub(super) const V4_BYTES: usize = 16;
pub(super) const V6_BYTES: usize = 28;
pub(super) const UNIX_BYTES: usize = 110;
const STORAGE_BYTES: usize = 128;

/// The kernel's number of a family.
pub(super) fn family_to_linux(family: i32) -> i32 {
    if family == WINDOWS_INET6 {
        libc::AF_INET6
    } else {
        family
    }
}

/// The program's number of a family.
pub(super) fn family_to_windows(family: i32) -> i32 {
    if family == libc::AF_INET6 {
        WINDOWS_INET6
    } else {
        family
    }
}

/// An address in the kernel's form.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(8))]
pub(super) struct RawAddress {
    bytes: [u8; STORAGE_BYTES],
    pub(super) length: libc::socklen_t,
}

impl RawAddress {
    /// No address, and room for any.
    pub(super) fn empty() -> Self {
        Self {
            bytes: [0; STORAGE_BYTES],
            length: STORAGE_BYTES as libc::socklen_t,
        }
    }

    fn from_bytes(bytes: &[u8]) -> Self {
        let mut raw = Self::empty();
        raw.bytes[..bytes.len()].copy_from_slice(bytes);
        raw.length = bytes.len() as libc::socklen_t;
        raw
    }

    /// An address that the program passes.
    ///
    /// # Errors
    ///
    /// It is missing, too short, or of a family that is not known.
    ///
    /// # Safety
    ///
    /// `name` is null or points to `length` bytes.
    pub(super) unsafe fn read(name: *const u8, length: i32) -> Result<Self, Wsa> {
        let length = usize::try_from(length).map_err(|_| Wsa::FAULT)?;
        if name.is_null() || length < 2 {
            return Err(Wsa::FAULT);
        }
        let length = length.min(STORAGE_BYTES);
        // SAFETY: so many bytes are there, says the caller.
        let given = unsafe { std::slice::from_raw_parts(name, length) };
        let mut raw = Self::from_bytes(given);
        let family = family_to_linux(raw.family());
        let least = match family {
            libc::AF_UNSPEC => 2,
            libc::AF_INET => V4_BYTES,
            libc::AF_INET6 => V6_BYTES,
            libc::AF_UNIX => 3,
            _ => return Err(Wsa::NO_FAMILY),
        };
        if length < least {
            return Err(Wsa::FAULT);
        }
        raw.set_family(family);
        raw.length = match family {
            libc::AF_INET => V4_BYTES,
            libc::AF_INET6 => V6_BYTES,
            // Programs pass the size of the structure; the name ends at its zero byte.
            libc::AF_UNIX if raw.bytes[2] != 0 => {
                let path = &raw.bytes[2..length.min(UNIX_BYTES)];
                2 + path.iter().position(|&b| b == 0).unwrap_or(path.len()) + 1
            }
            _ => length,
        }
        .min(STORAGE_BYTES) as libc::socklen_t;
        Ok(raw)
    }

    /// The address in the program's form.
    pub(super) fn windows_bytes(&self) -> ([u8; STORAGE_BYTES], usize) {
        let mut bytes = self.bytes;
        let family = family_to_windows(self.family());
        bytes[..2].copy_from_slice(&(family as u16).to_ne_bytes());
        (bytes, (self.length as usize).min(STORAGE_BYTES))
    }

    /// Writes the address to where the program wants it.
    ///
    /// # Errors
    ///
    /// There is too little room: the needed length is told.
    ///
    /// # Safety
    ///
    /// Either pointer is null, or `length` is valid and says how many bytes are at `name`.
    pub(super) unsafe fn write(&self, name: *mut u8, length: *mut i32) -> Result<(), Wsa> {
        if name.is_null() || length.is_null() {
            return Ok(());
        }
        let (bytes, wanted) = self.windows_bytes();
        // SAFETY: valid, says the caller.
        let room = unsafe { length.read_unaligned() };
        // SAFETY: as above.
        unsafe { put(length, wanted as i32) };
        if usize::try_from(room).map_or(true, |room| room < wanted) {
            return Err(Wsa::FAULT);
        }
        // SAFETY: there is room for so many bytes, says the length.
        unsafe { name.copy_from_nonoverlapping(bytes.as_ptr(), wanted) };
        Ok(())
    }

    /// The kernel's number of the family.
    pub(super) fn family(&self) -> i32 {
        u16::from_ne_bytes([self.bytes[0], self.bytes[1]]).into()
    }

    fn set_family(&mut self, family: i32) {
        self.bytes[..2].copy_from_slice(&(family as u16).to_ne_bytes());
    }

    pub(super) fn as_ptr(&self) -> *const libc::sockaddr {
        self.bytes.as_ptr().cast()
    }

    pub(super) fn as_mut_ptr(&mut self) -> *mut libc::sockaddr {
        self.bytes.as_mut_ptr().cast()
    }

    /// The kernel's form of an address of the library's.
    pub(super) fn of(address: &Address) -> Self {
        match address {
            Address::Ip(ip) => Self::of_ip(*ip),
            Address::Path(path) => Self::of_unix(path.as_os_str().as_bytes(), false),
            Address::Abstract(name) => Self::of_unix(name, true),
            Address::Unnamed => Self::of_unix(&[], true),
        }
    }

    pub(super) fn of_ip(ip: SocketAddr) -> Self {
        let mut bytes = [0; V6_BYTES];
        bytes[2..4].copy_from_slice(&ip.port().to_be_bytes());
        let used = match ip {
            SocketAddr::V4(v4) => {
                bytes[4..8].copy_from_slice(&v4.ip().octets());
                V4_BYTES
            }
            SocketAddr::V6(v6) => {
                bytes[4..8].copy_from_slice(&v6.flowinfo().to_ne_bytes());
                bytes[8..24].copy_from_slice(&v6.ip().octets());
                bytes[24..28].copy_from_slice(&v6.scope_id().to_ne_bytes());
                V6_BYTES
            }
        };
        let mut raw = Self::from_bytes(&bytes[..used]);
        raw.set_family(if ip.is_ipv4() {
            libc::AF_INET
        } else {
            libc::AF_INET6
        });
        raw
    }

    fn of_unix(name: &[u8], is_abstract: bool) -> Self {
        let mut bytes = [0; UNIX_BYTES];
        let start = 2 + usize::from(is_abstract && !name.is_empty());
        let used = name.len().min(UNIX_BYTES - start);
        bytes[start..start + used].copy_from_slice(&name[..used]);
        let mut raw = Self::from_bytes(&bytes[..start + used]);
        raw.set_family(libc::AF_UNIX);
        raw
    }

    /// The internet address, if it is one.
    pub(super) fn ip(&self) -> Option<SocketAddr> {
        let four = |at: usize| <[u8; 4]>::try_from(&self.bytes[at..at + 4]).expect("four bytes");
        let port = u16::from_be_bytes([self.bytes[2], self.bytes[3]]);
        match self.family() {
            libc::AF_INET => Some(SocketAddrV4::new(Ipv4Addr::from(four(4)), port).into()),
            libc::AF_INET6 => {
                let ip = <[u8; 16]>::try_from(&self.bytes[8..24]).expect("sixteen bytes");
                let flow = u32::from_ne_bytes(four(4));
                let scope = u32::from_ne_bytes(four(24));
                Some(SocketAddrV6::new(Ipv6Addr::from(ip), port, flow, scope).into())
            }
            _ => None,
        }
    }

    /// The library's form.
    ///
    /// # Errors
    ///
    /// It is of a family that the library does not know.
    pub(super) fn to_address(self) -> Result<Address, Wsa> {
        if let Some(ip) = self.ip() {
            return Ok(Address::Ip(ip));
        }
        if self.family() != libc::AF_UNIX {
            return Err(Wsa::NO_FAMILY);
        }
        let name = &self.bytes[2..(self.length as usize).clamp(2, UNIX_BYTES)];
        Ok(match name.split_first() {
            None => Address::Unnamed,
            Some((0, [])) => Address::Unnamed,
            Some((0, rest)) => Address::Abstract(rest.to_vec()),
            Some(_) => {
                let end = name.iter().position(|&b| b == 0).unwrap_or(name.len());
                Address::Path(std::ffi::OsString::from_vec(name[..end].to_vec()).into())
            }
        })
    }
}

/// A system call that fills in an address.
type Query = unsafe extern "C" fn(RawFd, *mut libc::sockaddr, *mut libc::socklen_t) -> i32;

fn query(call: Query, fd: RawFd) -> Result<RawAddress, i32> {
    let mut raw = RawAddress::empty();
    let mut length = raw.length;
    // SAFETY: there is room for any address, and the length says so.
    check(unsafe { call(fd, raw.as_mut_ptr(), &raw mut length) })?;
    raw.length = length;
    Ok(raw)
}

/// The address of this end.
pub(super) fn local(fd: RawFd) -> Result<RawAddress, i32> {
    query(libc::getsockname, fd)
}

/// The address of the other end.
pub(super) fn peer(fd: RawFd) -> Result<RawAddress, i32> {
    query(libc::getpeername, fd)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ipv6_family_is_23_outside_and_10_inside() {
        let raw = RawAddress::of_ip("[fe80::1%3]:80".parse().unwrap());
        assert_eq!(raw.family(), 10);
        let (bytes, length) = raw.windows_bytes();
        assert_eq!((bytes[0], length), (23, 28));
        // SAFETY: the array has so many bytes.
        let back = unsafe { RawAddress::read(bytes.as_ptr(), length as i32) }.unwrap();
        assert_eq!(back.ip(), Some("[fe80::1%3]:80".parse().unwrap()));
    }

    #[test]
    fn addresses_survive_the_round_trip() {
        for address in [
            Address::Ip("127.0.0.1:80".parse().unwrap()),
            Address::Path("/tmp/some/socket".into()),
            Address::Abstract(b"name".to_vec()),
            Address::Unnamed,
        ] {
            assert_eq!(RawAddress::of(&address).to_address(), Ok(address));
        }
    }

    #[test]
    fn a_short_or_missing_address_is_a_fault() {
        let bytes = [2u8, 0, 0, 80, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0];
        for (name, length) in [
            (std::ptr::null(), 16),
            (bytes.as_ptr(), 15),
            (bytes.as_ptr(), -1),
        ] {
            // SAFETY: null, or an array that is long enough.
            let read = unsafe { RawAddress::read(name, length) };
            assert_eq!(read.err(), Some(Wsa::FAULT));
        }
    }
}
