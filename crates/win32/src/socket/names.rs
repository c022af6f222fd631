//! From addresses to names, and what errors of the resolver are called.

use std::cell::RefCell;

use super::addresses::RawAddress;
use super::resolver::of_resolver;
use super::{Wsa, startup};
use crate::status::set_last_error;
use crate::text::{Room, Unit, exports, units_of};

/// Flags: Windows' number, Linux's number.
const FLAGS: &[(i32, i32)] = &[
    (0x01, libc::NI_NOFQDN),
    (0x02, libc::NI_NUMERICHOST),
    (0x04, libc::NI_NAMEREQD),
    (0x08, libc::NI_NUMERICSERV),
    (0x10, libc::NI_DGRAM),
];

/// The names of a host and a service.
pub(super) fn names_of(address: &RawAddress, flags: i32) -> Result<(String, String), Wsa> {
    let flags = FLAGS
        .iter()
        .filter(|(windows, _)| flags & windows != 0)
        .fold(0, |all, (_, linux)| all | linux);
    let mut node = [0u8; 1025];
    let mut service = [0u8; 64];
    // SAFETY: a valid address and room for so many bytes are passed.
    let call = || unsafe {
        libc::getnameinfo(
            address.as_ptr(),
            address.length,
            node.as_mut_ptr().cast(),
            node.len() as u32,
            service.as_mut_ptr().cast(),
            service.len() as u32,
            flags,
        )
    };
    match completion_port::blocking(call) {
        0 => {}
        code => return Err(of_resolver(code)),
    }
    let text = |bytes: &[u8]| {
        let end = bytes.iter().position(|&b| b == 0).unwrap_or(bytes.len());
        String::from_utf8_lossy(&bytes[..end]).into_owned()
    };
    Ok((text(&node), text(&service)))
}

/// Writes a name, if it is wanted.
fn write<U: Unit>(name: &str, to: Room<U>, room: u32) -> Result<(), Wsa> {
    if to.is_null() || room == 0 {
        return Ok(());
    }
    let units: Vec<U> = units_of(name);
    if units.len() >= room as usize {
        return Err(Wsa::FAULT);
    }
    // SAFETY: there is room, says the size.
    unsafe { to.write(&units) };
    Ok(())
}

/// What the function returns if it is at fault.
const FAULT: i32 = 11003;

exports! {
    iocp_getnameinfo, GetNameInfoW, GetNameInfoW_16:
    fn get<U>(
        address: *const u8,
        length: i32,
        node: Room<U>,
        node_size: u32,
        service: Room<U>,
        service_size: u32,
        flags: i32
    ) -> i32 = FAULT;
    {
        let tell = || {
            if !startup::is_started() {
                return Err(Wsa::NOT_STARTED);
            }
            // SAFETY: the program's address, by contract.
            let address = unsafe { RawAddress::read(address, length) }?;
            if (node.is_null() || node_size == 0) && (service.is_null() || service_size == 0) {
                return Err(Wsa::NO_HOST);
            }
            let names = names_of(&address, flags)?;
            write(&names.0, node, node_size)?;
            write(&names.1, service, service_size)
        };
        match tell() {
            Ok(()) => 0,
            Err(Wsa(code)) => {
                set_last_error(code);
                code.cast_signed()
            }
        }
    }
}

/// What an error of the resolver is called.
fn message(error: i32) -> &'static str {
    match error.cast_unsigned() {
        0 => "The operation completed successfully.",
        8 => "There is not enough memory.",
        10022 => "An argument or a flag is invalid.",
        10044 => "The kind of socket is not supported.",
        10047 => "The address family is not supported.",
        10093 => "WSAStartup has not been called, or has failed.",
        10109 => "The service is not known for this kind of socket.",
        11001 => "No such host is known.",
        11002 => "The name server does not answer at the moment.",
        11003 => "The name cannot be resolved.",
        11004 => "The name is valid, but has no address of the kind.",
        _ => "The error is not known.",
    }
}

thread_local! {
    /// The text that the thread was given last, in any of the units.
    static TEXT: RefCell<Vec<u32>> = const { RefCell::new(Vec::new()) };
}

exports! {
    gai_strerrorA, gai_strerrorW, gai_strerrorW_16:
    fn text<U>(error: i32) -> *mut U = std::ptr::null_mut();
    {
        let mut units: Vec<U> = units_of(message(error));
        units.push(U::default());
        TEXT.with_borrow_mut(|place| {
            // Room for as many of any unit.
            place.resize(units.len(), 0);
            let start = place.as_mut_ptr().cast::<U>();
            // SAFETY: there is room, and a unit has at most 32 bits.
            unsafe { start.copy_from_nonoverlapping(units.as_ptr(), units.len()) };
            start
        })
    }
}
