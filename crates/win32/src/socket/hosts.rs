//! The old data base calls. What they return belongs to the calling thread until its next call.

use std::cell::RefCell;
use std::mem::size_of;
use std::net::{IpAddr, SocketAddr};

use parking_lot::Mutex;

use super::addresses::{RawAddress, WINDOWS_INET6, family_to_windows};
use super::ioctl::host_name;
use super::notation::system_text;
use super::resolver::v4_addresses;
use super::{SOCKET_ERROR, Wsa, names, startup, unit_door};
use crate::door;
use crate::status::set_last_error;
use crate::text::{Room, Text, exports, string_of, units_of};

/// A list of pointers that ends with null, and what they point to.
struct Pointers<T> {
    list: Box<[*mut u8]>,
    _targets: Vec<T>,
}

impl<T: AsMut<[u8]>> Pointers<T> {
    fn new(mut targets: Vec<T>) -> Self {
        // What a target owns stays in its place when the vector moves, as boxes do.
        let mut list: Vec<_> = targets
            .iter_mut()
            .map(|t| t.as_mut().as_mut_ptr())
            .collect();
        list.push(std::ptr::null_mut());
        Self {
            list: list.into(),
            _targets: targets,
        }
    }

    fn as_ptr(&mut self) -> *mut *mut u8 {
        self.list.as_mut_ptr()
    }
}

/// A string with its zero.
fn c_text(text: &str) -> Box<[u8]> {
    let mut bytes = text.as_bytes().to_vec();
    bytes.push(0);
    bytes.into()
}

/// `HOSTENT`.
#[repr(C)]
struct HostEnt {
    name: *mut u8,
    aliases: *mut *mut u8,
    family: i16,
    length: i16,
    addresses: *mut *mut u8,
}

const _: () = assert!(size_of::<HostEnt>() == 32);

/// An answer with what it points to.
struct Host {
    answer: HostEnt,
    _name: Box<[u8]>,
    _aliases: Pointers<Box<[u8]>>,
    _addresses: Pointers<Box<[u8]>>,
}

impl Host {
    fn new(name: &str, family: i32, addresses: Vec<Box<[u8]>>) -> Box<Self> {
        let mut name = c_text(name);
        let mut aliases = Pointers::new(Vec::new());
        let length = addresses.first().map_or(0, |address| address.len());
        let mut addresses = Pointers::new(addresses);
        let answer = HostEnt {
            name: name.as_mut_ptr(),
            aliases: aliases.as_ptr(),
            family: family as i16,
            length: length as i16,
            addresses: addresses.as_ptr(),
        };
        Box::new(Self {
            answer,
            _name: name,
            _aliases: aliases,
            _addresses: addresses,
        })
    }
}

/// `SERVENT`; without the port, `PROTOENT` with the number in the place of the protocol.
#[repr(C)]
struct ServEnt {
    name: *mut u8,
    aliases: *mut *mut u8,
    protocol: *mut u8,
    port: i16,
}

#[repr(C)]
struct ProtoEnt {
    name: *mut u8,
    aliases: *mut *mut u8,
    number: i16,
}

const _: () = assert!(size_of::<ServEnt>() == 32 && size_of::<ProtoEnt>() == 24);

struct Service {
    answer: ServEnt,
    _texts: [Box<[u8]>; 2],
    _aliases: Pointers<Box<[u8]>>,
}

struct Protocol {
    answer: ProtoEnt,
    _name: Box<[u8]>,
    _aliases: Pointers<Box<[u8]>>,
}

thread_local! {
    static HOST: RefCell<Option<Box<Host>>> = const { RefCell::new(None) };
    static SERVICE: RefCell<Option<Box<Service>>> = const { RefCell::new(None) };
    static PROTOCOL: RefCell<Option<Box<Protocol>>> = const { RefCell::new(None) };
}

/// Runs a call that returns a pointer or sets the last error.
fn answer<T>(run: impl FnOnce() -> Result<*mut T, Wsa>) -> *mut T {
    door(std::ptr::null_mut(), || {
        let result = if startup::is_started() {
            run()
        } else {
            Err(Wsa::NOT_STARTED)
        };
        result.unwrap_or_else(|Wsa(code)| {
            set_last_error(code);
            std::ptr::null_mut()
        })
    })
}

fn keep_host(mut host: Box<Host>) -> *mut HostEnt {
    let answer = &raw mut host.answer;
    HOST.set(Some(host));
    answer
}

#[unsafe(no_mangle)]
unsafe extern "C" fn iocp_gethostbyname(name: Text<u8>) -> *mut HostEnt {
    answer(|| {
        let (name, ips) = v4_addresses(&string_of(name.or_empty()))?;
        if ips.is_empty() {
            return Err(Wsa::NO_DATA);
        }
        let ips = ips.iter().map(|ip| Box::from(&ip[..])).collect();
        Ok(keep_host(Host::new(&name, libc::AF_INET, ips)))
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn iocp_gethostbyaddr(
    address: *const u8,
    length: i32,
    family: i32,
) -> *mut HostEnt {
    answer(|| {
        if address.is_null() {
            return Err(Wsa::FAULT);
        }
        let ip = match (family, length) {
            (libc::AF_INET, 4..) => {
                // SAFETY: so many bytes are there, by contract.
                IpAddr::from(unsafe { address.cast::<[u8; 4]>().read() })
            }
            (WINDOWS_INET6, 16..) => {
                // SAFETY: as above.
                IpAddr::from(unsafe { address.cast::<[u8; 16]>().read() })
            }
            (libc::AF_INET | WINDOWS_INET6, _) => return Err(Wsa::FAULT),
            _ => return Err(Wsa::NO_FAMILY),
        };
        /// `NI_NAMEREQD`.
        const NAME_REQUIRED: i32 = 4;
        let address = RawAddress::of_ip(SocketAddr::from((ip, 0)));
        let (name, _) = names::names_of(&address, NAME_REQUIRED)?;
        let bytes: Box<[u8]> = match ip {
            IpAddr::V4(v4) => Box::from(&v4.octets()[..]),
            IpAddr::V6(v6) => Box::from(&v6.octets()[..]),
        };
        let family = family_to_windows(address.family());
        Ok(keep_host(Host::new(&name, family, vec![bytes])))
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn iocp_gethostname(name: Room<u8>, room: usize) -> i32 {
    unit_door(|| write_host_name(name, room))
}

fn write_host_name<U: crate::text::Unit>(name: Room<U>, room: usize) -> Result<(), Wsa> {
    if !startup::is_started() {
        return Err(Wsa::NOT_STARTED);
    }
    let units: Vec<U> = units_of(&host_name()?);
    if name.is_null() || units.len() >= room {
        return Err(Wsa::FAULT);
    }
    // SAFETY: there is room, says the length.
    unsafe { name.write(&units) };
    Ok(())
}

exports! {
    GetHostNameW, GetHostNameW_16:
    fn get<U>(name: Room<U>, room: i32) -> i32 = SOCKET_ERROR;
    {
        unit_door(|| write_host_name(name, usize::try_from(room).unwrap_or(0)))
    }
}

/// The C library answers from one place for all threads.
static DATA_BASE: Mutex<()> = Mutex::new(());

/// The texts of a list that ends with null.
///
/// # Safety
///
/// It is such a list, and stays valid during the call.
unsafe fn texts(mut list: *mut *mut libc::c_char) -> Vec<Box<[u8]>> {
    let mut all = Vec::new();
    loop {
        // SAFETY: everything up to the null is there, says the caller.
        let text = unsafe { list.read() };
        if text.is_null() {
            return all;
        }
        // SAFETY: a text of the list, says the caller.
        all.push(c_text(&unsafe { system_text(text) }));
        list = list.wrapping_add(1);
    }
}

/// Asks for a service, and keeps the answer.
fn service(ask: impl FnOnce() -> *mut libc::servent) -> Result<*mut ServEnt, Wsa> {
    let _turn = DATA_BASE.lock();
    let found = ask();
    // SAFETY: null, or valid until the next question, which has to wait for its turn.
    let found = unsafe { found.as_ref() }.ok_or(Wsa::NO_DATA)?;
    // SAFETY: a text of the answer.
    let mut name = c_text(&unsafe { system_text(found.s_name) });
    // SAFETY: as above.
    let mut protocol = c_text(&unsafe { system_text(found.s_proto) });
    // SAFETY: the list of the answer.
    let mut aliases = Pointers::new(unsafe { texts(found.s_aliases) });
    let answer = ServEnt {
        name: name.as_mut_ptr(),
        aliases: aliases.as_ptr(),
        protocol: protocol.as_mut_ptr(),
        port: found.s_port as i16,
    };
    let mut kept = Box::new(Service {
        answer,
        _texts: [name, protocol],
        _aliases: aliases,
    });
    let answer = &raw mut kept.answer;
    SERVICE.set(Some(kept));
    Ok(answer)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn iocp_getservbyname(name: Text<u8>, protocol: Text<u8>) -> *mut ServEnt {
    answer(|| {
        if name.is_null() {
            return Err(Wsa::FAULT);
        }
        let (name, protocol) = (name.as_ptr().cast(), protocol.as_ptr().cast());
        // SAFETY: two strings of the program's are passed, the second perhaps null.
        service(|| unsafe { libc::getservbyname(name, protocol) })
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn iocp_getservbyport(port: i32, protocol: Text<u8>) -> *mut ServEnt {
    // SAFETY: the string of the program's is passed, perhaps null.
    answer(|| service(|| unsafe { libc::getservbyport(port, protocol.as_ptr().cast()) }))
}

/// Asks for a protocol, and keeps the answer.
fn protocol(ask: impl FnOnce() -> *mut libc::protoent) -> Result<*mut ProtoEnt, Wsa> {
    let _turn = DATA_BASE.lock();
    let found = ask();
    // SAFETY: null, or valid until the next question, which has to wait for its turn.
    let found = unsafe { found.as_ref() }.ok_or(Wsa::NO_DATA)?;
    // SAFETY: a text of the answer.
    let mut name = c_text(&unsafe { system_text(found.p_name) });
    // SAFETY: the list of the answer.
    let mut aliases = Pointers::new(unsafe { texts(found.p_aliases) });
    let answer = ProtoEnt {
        name: name.as_mut_ptr(),
        aliases: aliases.as_ptr(),
        number: found.p_proto as i16,
    };
    let mut kept = Box::new(Protocol {
        answer,
        _name: name,
        _aliases: aliases,
    });
    let answer = &raw mut kept.answer;
    PROTOCOL.set(Some(kept));
    Ok(answer)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn iocp_getprotobyname(name: Text<u8>) -> *mut ProtoEnt {
    answer(|| {
        if name.is_null() {
            return Err(Wsa::FAULT);
        }
        // SAFETY: a string of the program's is passed.
        protocol(|| unsafe { libc::getprotobyname(name.as_ptr().cast()) })
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn iocp_getprotobynumber(number: i32) -> *mut ProtoEnt {
    // SAFETY: no pointers are passed.
    answer(|| protocol(|| unsafe { libc::getprotobynumber(number) }))
}
