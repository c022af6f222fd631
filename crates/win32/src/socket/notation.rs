//! Addresses as text, and numbers in network order.

use std::cell::Cell;
use std::ffi::CStr;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::addresses::{RawAddress, V4_BYTES, V6_BYTES, WINDOWS_INET6};
use super::{SOCKET_ERROR, Wsa, int_door, lookup, unit_door};
use crate::door;
use crate::status::set_last_error;
use crate::text::{Out, Room, Text, exports, string_of, units_of};

/// `struct in_addr`.
#[repr(C)]
#[derive(Clone, Copy)]
struct InAddr(u32);

/// `INADDR_NONE`.
const NONE: u32 = u32::MAX;

/// An IPv4 address of one to four numbers, each decimal, octal or hexadecimal; the last one
/// fills what is left.
fn parse_old(text: &str) -> Option<Ipv4Addr> {
    // Only what stands before a blank counts.
    let text = text.split([' ', '\t', '\r', '\n']).next()?;
    let number = |part: &str| match part {
        "" => None,
        hex if hex.starts_with("0x") || hex.starts_with("0X") => {
            u32::from_str_radix(&hex[2..], 16).ok()
        }
        octal if octal.len() > 1 && octal.starts_with('0') => u32::from_str_radix(octal, 8).ok(),
        decimal => decimal.parse().ok(),
    };
    let numbers: Vec<u32> = text.split('.').map(number).collect::<Option<_>>()?;
    let (last, first) = numbers.split_last()?;
    if first.len() > 3 || first.iter().any(|&number| number > 255) {
        return None;
    }
    let room = 32 - 8 * first.len() as u32;
    if room < 32 && *last >> room != 0 {
        return None;
    }
    let high = first
        .iter()
        .enumerate()
        .map(|(i, number)| number << (24 - 8 * i))
        .sum::<u32>();
    Some(Ipv4Addr::from(high | last))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn iocp_inet_addr(text: Text<u8>) -> u32 {
    door(NONE, || {
        let Some(text) = text.get() else { return NONE };
        // One blank is the address of nobody.
        if text == b" " {
            return 0;
        }
        let address = parse_old(&string_of(text));
        address.map_or(NONE, |address| u32::from_ne_bytes(address.octets()))
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn iocp_inet_ntoa(address: InAddr) -> *mut u8 {
    thread_local! {
        /// The text that the thread was given last.
        static TEXT: Cell<[u8; 16]> = const { Cell::new([0; 16]) };
    }
    door(std::ptr::null_mut(), || {
        let text = Ipv4Addr::from(address.0.to_ne_bytes()).to_string();
        let mut bytes = [0; 16];
        bytes[..text.len()].copy_from_slice(text.as_bytes());
        TEXT.with(|place| {
            place.set(bytes);
            place.as_ptr().cast()
        })
    })
}

exports! {
    iocp_inet_pton, InetPtonW, InetPtonW_16:
    fn pton<U>(family: i32, text: Text<U>, address: Out<u8>) -> i32 = SOCKET_ERROR;
    {
        int_door(|| {
            let text = text.get().filter(|_| !address.is_null()).ok_or(Wsa::FAULT)?;
            let text = string_of(text);
            let bytes = match family {
                libc::AF_INET => text.parse().map(|ip: Ipv4Addr| ip.octets().to_vec()),
                WINDOWS_INET6 => text.parse().map(|ip: Ipv6Addr| ip.octets().to_vec()),
                _ => return Err(Wsa::NO_FAMILY),
            };
            // No address is not an error of the call.
            let Ok(bytes) = bytes else { return Ok(0) };
            // SAFETY: there is room for an address of the family, by contract.
            unsafe { address.as_ptr().copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
            Ok(1)
        })
    }

    iocp_inet_ntop, InetNtopW, InetNtopW_16:
    fn ntop<U>(family: i32, address: *const u8, text: Room<U>, room: usize) -> *const U
        = std::ptr::null();
    {
        let write = || {
            if address.is_null() || text.is_null() {
                return Err(Wsa::INVALID_PARAMETER);
            }
            let ip = match family {
                libc::AF_INET => {
                    // SAFETY: an address of the family is there, by contract.
                    IpAddr::from(unsafe { address.cast::<[u8; 4]>().read() })
                }
                WINDOWS_INET6 => {
                    // SAFETY: as above.
                    IpAddr::from(unsafe { address.cast::<[u8; 16]>().read() })
                }
                _ => return Err(Wsa::NO_FAMILY),
            };
            let units: Vec<U> = units_of(&ip.to_string());
            if units.len() >= room {
                return Err(Wsa::INVALID_PARAMETER);
            }
            // SAFETY: there is room, says the length.
            unsafe { text.write(&units) };
            Ok(text.as_ptr().cast_const())
        };
        write().unwrap_or_else(|Wsa(code)| {
            set_last_error(code);
            std::ptr::null()
        })
    }

    WSAAddressToStringA, WSAAddressToStringW, WSAAddressToStringW_16:
    fn to_string<U>(
        address: *const u8,
        length: u32,
        _info: *const u8,
        text: Room<U>,
        room: Out<u32>
    ) -> i32 = SOCKET_ERROR;
    {
        unit_door(|| {
            let length = i32::try_from(length).map_err(|_| Wsa::FAULT)?;
            // SAFETY: the program's address, by contract.
            let address = unsafe { RawAddress::read(address, length) }?;
            let ip = address.ip().ok_or(Wsa::INVALID)?;
            let units: Vec<U> = units_of(&written(ip));
            let given = room.get().ok_or(Wsa::FAULT)?;
            room.set(units.len() as u32 + 1);
            if text.is_null() || units.len() >= given as usize {
                return Err(Wsa::FAULT);
            }
            // SAFETY: there is room, says the length.
            unsafe { text.write(&units) };
            Ok(())
        })
    }

    WSAStringToAddressA, WSAStringToAddressW, WSAStringToAddressW_16:
    fn to_address<U>(
        text: Text<U>,
        family: i32,
        _info: *const u8,
        address: *mut u8,
        length: Out<i32>
    ) -> i32 = SOCKET_ERROR;
    {
        unit_door(|| {
            let text = string_of(text.get().ok_or(Wsa::INVALID)?);
            if address.is_null() || length.is_null() {
                return Err(Wsa::FAULT);
            }
            let ip = read(&text, family)?;
            // SAFETY: the program's pointers, by contract.
            unsafe { RawAddress::of_ip(ip).write(address, length.as_ptr()) }
        })
    }
}

/// An address with its port, if it has one.
fn written(ip: SocketAddr) -> String {
    match ip {
        SocketAddr::V4(v4) if v4.port() == 0 => v4.ip().to_string(),
        SocketAddr::V4(v4) => v4.to_string(),
        SocketAddr::V6(v6) => {
            let scope = match v6.scope_id() {
                0 => String::new(),
                scope => format!("%{scope}"),
            };
            match v6.port() {
                0 => format!("{}{scope}", v6.ip()),
                port => format!("[{}{scope}]:{port}", v6.ip()),
            }
        }
    }
}

/// An address with or without a port.
fn read(text: &str, family: i32) -> Result<SocketAddr, Wsa> {
    match family {
        libc::AF_INET => {
            let (host, port) = text.split_once(':').unwrap_or((text, "0"));
            let ip = parse_old(host).ok_or(Wsa::INVALID)?;
            let port = port.parse().map_err(|_| Wsa::INVALID)?;
            Ok(SocketAddr::from((ip, port)))
        }
        WINDOWS_INET6 => {
            let with_port = text.starts_with('[') && text.contains("]:");
            let whole = if with_port {
                text.to_owned()
            } else {
                format!("[{}]:0", text.trim_matches(['[', ']']))
            };
            let v6: std::net::SocketAddrV6 = whole.parse().map_err(|_| Wsa::INVALID)?;
            Ok(v6.into())
        }
        _ => Err(Wsa::INVALID),
    }
}

/// Declares the functions that turn a number into network order and back, which is the same.
macro_rules! orders {
    ($($name:ident, $number:ty;)*) => {$(
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $name(s: usize, number: $number, result: Out<$number>) -> i32 {
            unit_door(|| {
                lookup(s)?;
                if result.is_null() {
                    return Err(Wsa::FAULT);
                }
                result.set(number.to_be());
                Ok(())
            })
        }
    )*};
}

orders! {
    WSAHtonl, u32;
    WSANtohl, u32;
    WSAHtons, u16;
    WSANtohs, u16;
}

/// How many bytes an address of a family has here.
pub(super) fn address_bytes(family: i32) -> usize {
    if family == libc::AF_INET6 {
        V6_BYTES
    } else {
        V4_BYTES
    }
}

/// The bytes of a C string of the system's.
///
/// # Safety
///
/// The pointer leads to a string that outlives the result.
pub(super) unsafe fn system_text(text: *const libc::c_char) -> String {
    // SAFETY: as the caller says.
    unsafe { CStr::from_ptr(text) }
        .to_string_lossy()
        .into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_addresses_have_one_to_four_numbers() {
        let parsed = |text: &str| parse_old(text).map(|ip| ip.to_string());
        assert_eq!(parsed("127.0.0.1").as_deref(), Some("127.0.0.1"));
        assert_eq!(parsed("127.1").as_deref(), Some("127.0.0.1"));
        assert_eq!(parsed("0x7f.0.010").as_deref(), Some("127.0.0.8"));
        assert_eq!(parsed("2130706433").as_deref(), Some("127.0.0.1"));
        assert_eq!(parsed("10.1.2.3 rest").as_deref(), Some("10.1.2.3"));
        for bad in [
            "",
            "1.2.3.4.5",
            "256.1.1.1",
            "1.2.3.256",
            "a",
            "1..2",
            "4294967296",
        ] {
            assert_eq!(parsed(bad), None, "{bad}");
        }
    }

    #[test]
    fn an_address_with_a_port_survives_the_round_trip() {
        for (text, family) in [
            ("1.2.3.4:80", 2),
            ("1.2.3.4", 2),
            ("[::1]:80", 23),
            ("fe80::1%3", 23),
            ("[fe80::1%3]:9", 23),
        ] {
            assert_eq!(written(read(text, family).unwrap()), text);
        }
        assert!(read("1.2.3.4:", 2).is_err() && read("::1", 2).is_err());
    }
}
