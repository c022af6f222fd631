//! Socket addresses in the kernel's form and back.

use std::io;
use std::mem::{self, offset_of};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use crate::op::Address;

const PATH_OFFSET: usize = offset_of!(libc::sockaddr_un, sun_path);

/// Room for any address.
#[derive(Clone, Copy)]
pub(super) struct RawAddress {
    storage: libc::sockaddr_storage,
    pub(super) bytes: libc::socklen_t,
}

fn length<T>() -> libc::socklen_t {
    libc::socklen_t::try_from(mem::size_of::<T>()).expect("an address is small")
}

impl RawAddress {
    pub(super) fn empty() -> Self {
        // SAFETY: an all-zero address storage is a valid value of this plain C struct.
        let storage = unsafe { mem::zeroed() };
        Self { storage, bytes: length::<libc::sockaddr_storage>() }
    }

    pub(super) fn as_ptr(&self) -> *const libc::sockaddr {
        (&raw const self.storage).cast()
    }

    pub(super) fn as_mut_ptr(&mut self) -> *mut libc::sockaddr {
        (&raw mut self.storage).cast()
    }

    fn set<T>(&mut self, value: T) {
        assert!(mem::size_of::<T>() <= mem::size_of::<libc::sockaddr_storage>());
        // SAFETY: the storage is large enough, as asserted, and aligned for every address type.
        unsafe { (&raw mut self.storage).cast::<T>().write(value) };
        self.bytes = length::<T>();
    }

    /// The kernel's form of an address.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for a Unix path that is too long or contains a zero byte.
    pub(super) fn new(address: &Address) -> io::Result<Self> {
        let mut raw = Self::empty();
        match address {
            Address::Ip(SocketAddr::V4(v4)) => raw.set(libc::sockaddr_in {
                sin_family: family(libc::AF_INET),
                sin_port: v4.port().to_be(),
                sin_addr: libc::in_addr { s_addr: u32::from_ne_bytes(v4.ip().octets()) },
                sin_zero: [0; 8],
            }),
            Address::Ip(SocketAddr::V6(v6)) => raw.set(libc::sockaddr_in6 {
                sin6_family: family(libc::AF_INET6),
                sin6_port: v6.port().to_be(),
                sin6_flowinfo: v6.flowinfo(),
                sin6_addr: libc::in6_addr { s6_addr: v6.ip().octets() },
                sin6_scope_id: v6.scope_id(),
            }),
            Address::Path(path) => raw.set_unix(path.as_os_str().as_bytes(), false)?,
            Address::Abstract(name) => raw.set_unix(name, true)?,
            Address::Unnamed => raw.set_unix(&[], false)?,
        }
        Ok(raw)
    }

    fn set_unix(&mut self, name: &[u8], is_abstract: bool) -> io::Result<()> {
        let mut unix = libc::sockaddr_un { sun_family: family(libc::AF_UNIX), sun_path: [0; 108] };
        let skip = usize::from(is_abstract);
        if name.len() + 1 > unix.sun_path.len() || (!is_abstract && name.contains(&0)) {
            let text = "a Unix socket name has at most 107 bytes and a path no zero byte";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
        for (to, from) in unix.sun_path[skip..].iter_mut().zip(name) {
            *to = libc::c_char::from_ne_bytes([*from]);
        }
        self.set(unix);
        let path_bytes = match (name.len(), is_abstract) {
            (0, false) => 0,
            (bytes, _) => bytes + 1,
        };
        self.bytes = libc::socklen_t::try_from(PATH_OFFSET + path_bytes).expect("small");
        Ok(())
    }

    /// The address that the kernel has stored here, if it is of a known family.
    pub(super) fn to_address(self) -> Option<Address> {
        if (self.bytes as usize) < mem::size_of::<libc::sa_family_t>() {
            return Some(Address::Unnamed);
        }
        match libc::c_int::from(self.storage.ss_family) {
            libc::AF_INET => {
                // SAFETY: the family says which type the storage holds; any bytes are valid.
                let v4 = unsafe { (&raw const self.storage).cast::<libc::sockaddr_in>().read() };
                let ip = Ipv4Addr::from(v4.sin_addr.s_addr.to_ne_bytes());
                Some(Address::Ip(SocketAddrV4::new(ip, u16::from_be(v4.sin_port)).into()))
            }
            libc::AF_INET6 => {
                // SAFETY: as above.
                let v6 = unsafe { (&raw const self.storage).cast::<libc::sockaddr_in6>().read() };
                let ip = Ipv6Addr::from(v6.sin6_addr.s6_addr);
                let port = u16::from_be(v6.sin6_port);
                let v6 = SocketAddrV6::new(ip, port, v6.sin6_flowinfo, v6.sin6_scope_id);
                Some(Address::Ip(v6.into()))
            }
            libc::AF_UNIX => {
                // SAFETY: as above.
                let unix = unsafe { (&raw const self.storage).cast::<libc::sockaddr_un>().read() };
                Some(from_unix(&unix, self.bytes as usize))
            }
            _ => None,
        }
    }
}

fn family(family: libc::c_int) -> libc::sa_family_t {
    libc::sa_family_t::try_from(family).expect("families are small numbers")
}

fn from_unix(unix: &libc::sockaddr_un, bytes: usize) -> Address {
    let name_bytes = bytes.saturating_sub(PATH_OFFSET).min(unix.sun_path.len());
    let name = unix.sun_path[..name_bytes].iter().map(|&c| c.to_ne_bytes()[0]);
    let name: Vec<u8> = name.collect();
    match name.split_first() {
        None => Address::Unnamed,
        Some((0, rest)) => Address::Abstract(rest.to_vec()),
        Some(_) => {
            let end = name.iter().position(|&b| b == 0).unwrap_or(name.len());
            let path = std::ffi::OsString::from_vec(name[..end].to_vec());
            Address::Path(path.into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_survive_the_round_trip() {
        let addresses = [
            Address::Ip("127.0.0.1:80".parse().unwrap()),
            Address::Ip("[fe80::1%3]:65535".parse().unwrap()),
            Address::Path("/tmp/some/socket".into()),
            Address::Abstract(b"name\0with zero".to_vec()),
            Address::Unnamed,
        ];
        for address in addresses {
            assert_eq!(RawAddress::new(&address).unwrap().to_address(), Some(address));
        }
    }

    #[test]
    fn refuses_names_that_do_not_fit() {
        assert!(RawAddress::new(&Address::Path("x".repeat(108).into())).is_err());
        assert!(RawAddress::new(&Address::Abstract(vec![b'x'; 108])).is_err());
        assert!(RawAddress::new(&Address::Path("x".repeat(107).into())).is_ok());
    }
}
