//! From names to addresses: `getaddrinfo` and its kin.

use std::ffi::CString;
use std::mem::{offset_of, size_of};
use std::os::fd::{FromRawFd, OwnedFd};
use std::ptr::NonNull;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use completion_port::{Deadline, RawHandle, RawNature};
use parking_lot::{Condvar, Mutex};

use super::addresses::{RawAddress, family_to_linux, family_to_windows};
use super::ioctl::{host_name, own_addresses};
use super::notation::{address_bytes, system_text};
use super::protocols::Guid;
use super::{Wsa, check, of_errno, select, startup};
use crate::abi::{Handle, Overlapped};
use crate::handle::{self, Object};
use crate::io_object::Io;
use crate::overlapped::{Request, complete, result_of};
use crate::status::{Status, set_last_error};
use crate::text::{In, Out, Text, Unit, exports, string_of, units_of};

/// `AI_CANONNAME`, `AI_NUMERICHOST`.
const CANONICAL_NAME: i32 = 0x2;
const NUMERIC_HOST: i32 = 0x4;
/// `AI_FQDN`: a canonical name by another name.
const FULL_NAME: i32 = 0x20000;

/// Flags: Windows' number, Linux's number. What has no counterpart asks for what is done anyway.
const FLAGS: &[(i32, i32)] = &[
    (0x1, libc::AI_PASSIVE),
    (CANONICAL_NAME, libc::AI_CANONNAME),
    (FULL_NAME, libc::AI_CANONNAME),
    (NUMERIC_HOST, libc::AI_NUMERICHOST),
    (0x8, libc::AI_NUMERICSERV),
    (0x100, libc::AI_ALL),
    (0x400, libc::AI_ADDRCONFIG),
    (0x800, libc::AI_V4MAPPED),
];

/// What kind of address is wanted.
#[derive(Clone, Copy, Debug, Default)]
struct Hints {
    flags: i32,
    family: i32,
    kind: i32,
    protocol: i32,
}

/// An address that was found.
struct Found {
    hints: Hints,
    address: RawAddress,
    canonical: Option<String>,
}

/// The Winsock number of the C library's.
pub(super) fn of_resolver(code: i32) -> Wsa {
    match code {
        libc::EAI_AGAIN => Wsa::TRY_AGAIN,
        libc::EAI_BADFLAGS => Wsa::INVALID,
        libc::EAI_FAIL => Wsa::NO_RECOVERY,
        libc::EAI_FAMILY => Wsa::NO_FAMILY,
        libc::EAI_MEMORY => Wsa(8),
        libc::EAI_SERVICE => Wsa::NO_TYPE,
        libc::EAI_SOCKTYPE => Wsa::NO_SOCKET_TYPE,
        libc::EAI_OVERFLOW => Wsa::FAULT,
        libc::EAI_SYSTEM => of_errno(super::errno()),
        _ => Wsa::NO_HOST,
    }
}

/// One question to the C library.
fn ask(node: Option<&CString>, service: Option<&CString>, hints: Hints) -> Result<Vec<Found>, i32> {
    // SAFETY: an all-zero hint is a valid value of this plain C struct.
    let mut asked: libc::addrinfo = unsafe { std::mem::zeroed() };
    let its = FLAGS
        .iter()
        .filter(|(windows, _)| hints.flags & windows != 0);
    asked.ai_flags = its.fold(0, |flags, (_, linux)| flags | linux);
    asked.ai_family = hints.family;
    asked.ai_socktype = hints.kind;
    asked.ai_protocol = hints.protocol;
    let text = |text: Option<&CString>| text.map_or(std::ptr::null(), |text| text.as_ptr());
    let mut list = std::ptr::null_mut();
    // SAFETY: two strings, a hint, and a place for the list are passed.
    let call =
        || unsafe { libc::getaddrinfo(text(node), text(service), &raw const asked, &raw mut list) };
    match completion_port::blocking(call) {
        0 => {}
        code => return Err(code),
    }
    let mut all = Vec::new();
    let mut place = list;
    while let Some(entry) = NonNull::new(place) {
        // SAFETY: the list is valid until it is freed.
        let entry = unsafe { entry.as_ref() };
        let length = address_bytes(entry.ai_family) as i32;
        // SAFETY: an address of its family has so many bytes.
        if let Ok(address) = unsafe { RawAddress::read(entry.ai_addr.cast(), length) } {
            let canonical = NonNull::new(entry.ai_canonname);
            all.push(Found {
                hints: Hints {
                    flags: 0,
                    family: entry.ai_family,
                    kind: entry.ai_socktype,
                    protocol: entry.ai_protocol,
                },
                address,
                // SAFETY: a name in the list ends with zero.
                canonical: canonical.map(|name| unsafe { system_text(name.as_ptr()) }),
            });
        }
        place = entry.ai_next;
    }
    // SAFETY: the list came from `getaddrinfo` and is not used any more.
    unsafe { libc::freeaddrinfo(list) };
    Ok(all)
}

/// The name of this machine is also written so.
fn is_own_name(node: &str) -> bool {
    node.is_empty() || node == "..localmachine"
}

/// The addresses of this machine, for a name of its own that no data base knows.
fn own(hints: Hints, port: u16) -> Vec<Found> {
    let families = match hints.family {
        0 => vec![libc::AF_INET6, libc::AF_INET],
        family => vec![family],
    };
    let all = families
        .into_iter()
        .flat_map(|family| own_addresses(family).unwrap_or_default());
    all.filter_map(|address| {
        let mut ip = address.ip()?;
        ip.set_port(port);
        Some(Found {
            hints: Hints {
                family: address.family(),
                ..hints
            },
            address: RawAddress::of_ip(ip),
            canonical: None,
        })
    })
    .collect()
}

/// The addresses of a node and a service.
fn resolve(node: Option<&str>, service: Option<&str>, hints: Hints) -> Result<Vec<Found>, Wsa> {
    if !startup::is_started() {
        return Err(Wsa::NOT_STARTED);
    }
    if node.is_none() && service.is_none() {
        return Err(Wsa::NO_HOST);
    }
    if hints.flags & CANONICAL_NAME != 0 && node.is_none() {
        return Err(Wsa::INVALID);
    }
    let family = family_to_linux(hints.family);
    if !matches!(family, 0 | libc::AF_INET | libc::AF_INET6) {
        return Err(Wsa::NO_FAMILY);
    }
    let own_name = host_name().unwrap_or_default();
    let is_own = node.is_some_and(|node| is_own_name(node) || node == own_name);
    let node = node.map(|node| if is_own_name(node) { &*own_name } else { node });
    let c_text = |text: Option<&str>| text.map(CString::new).transpose().map_err(|_| Wsa::NO_HOST);
    let (node, service_text) = (c_text(node)?, c_text(service)?);
    // Without a choice the C library answers once for each type, which is once too often.
    let is_open = hints.kind == 0 && hints.protocol == 0;
    let asked = Hints {
        family,
        kind: if is_open {
            libc::SOCK_STREAM
        } else {
            hints.kind
        },
        ..hints
    };
    let mut result = ask(node.as_ref(), service_text.as_ref(), asked);
    if result
        .as_ref()
        .is_err_and(|code| *code == libc::EAI_SERVICE)
        && is_open
    {
        let kind = libc::SOCK_DGRAM;
        result = ask(
            node.as_ref(),
            service_text.as_ref(),
            Hints { kind, ..asked },
        );
    }
    let mut all = match result {
        Ok(all) => all,
        Err(code) if is_own => {
            let port = service
                .map_or(Ok(0), str::parse)
                .map_err(|_| of_resolver(code))?;
            let all = own(asked, port);
            if all.is_empty() {
                return Err(of_resolver(code));
            }
            all
        }
        Err(code) => return Err(of_resolver(code)),
    };
    for found in &mut all {
        if is_open {
            (found.hints.kind, found.hints.protocol) = (0, 0);
        }
        found.hints.family = family_to_windows(found.hints.family);
        if found.canonical.is_none() && hints.flags & NUMERIC_HOST == 0 && is_own {
            found.canonical = (hints.flags & CANONICAL_NAME != 0).then(|| own_name.clone());
        }
    }
    Ok(all)
}

/// For a program that connects by name.
pub(super) fn addresses(node: &str, service: &str, kind: i32) -> Result<Vec<RawAddress>, Wsa> {
    let hints = Hints {
        kind,
        ..Hints::default()
    };
    let all = resolve(Some(node), Some(service), hints)?;
    Ok(all.into_iter().map(|found| found.address).collect())
}

/// The IPv4 addresses of a node, and its proper name.
pub(super) fn v4_addresses(node: &str) -> Result<(String, Vec<[u8; 4]>), Wsa> {
    let hints = Hints {
        flags: CANONICAL_NAME,
        family: libc::AF_INET,
        ..Hints::default()
    };
    let all = resolve(Some(node), None, hints)?;
    let name = all.iter().find_map(|found| found.canonical.clone());
    let of = |found: &Found| match found.address.ip()?.ip() {
        std::net::IpAddr::V4(ip) => Some(ip.octets()),
        std::net::IpAddr::V6(_) => None,
    };
    let ips = all.iter().filter_map(of).collect();
    Ok((name.unwrap_or_else(|| node.to_owned()), ips))
}

/// `ADDRINFO`.
#[repr(C)]
struct AddrInfo<U> {
    flags: i32,
    family: i32,
    kind: i32,
    protocol: i32,
    length: usize,
    canonical: *mut U,
    address: *mut u8,
    next: *mut Self,
}

/// `ADDRINFOEX`.
#[repr(C)]
struct AddrInfoEx<U> {
    flags: i32,
    family: i32,
    kind: i32,
    protocol: i32,
    length: usize,
    canonical: *mut U,
    address: *mut u8,
    blob: *mut u8,
    blob_length: usize,
    provider: *mut Guid,
    next: *mut Self,
}

const _: () = {
    assert!(size_of::<AddrInfo<u8>>() == 48 && offset_of!(AddrInfo<u8>, canonical) == 24);
    assert!(size_of::<AddrInfoEx<u8>>() == 72);
};

/// One of the two structures.
trait Info<U>: Sized {
    fn hints(&self) -> Hints;
    fn new(
        hints: Hints,
        length: usize,
        canonical: *mut U,
        address: *mut u8,
        next: *mut Self,
    ) -> Self;
    fn next(&self) -> *mut Self;
}

/// Implements it for a structure, with what else that has.
macro_rules! info {
    ($name:ident { $($field:ident: $value:expr),* }) => {
        impl<U> Info<U> for $name<U> {
            fn hints(&self) -> Hints {
                let Self { flags, family, kind, protocol, .. } = *self;
                Hints { flags, family, kind, protocol }
            }
            fn new(
                hints: Hints,
                length: usize,
                canonical: *mut U,
                address: *mut u8,
                next: *mut Self,
            ) -> Self {
                let Hints { flags, family, kind, protocol } = hints;
                Self {
                    flags,
                    family,
                    kind,
                    protocol,
                    length,
                    canonical,
                    address,
                    $($field: $value,)*
                    next,
                }
            }
            fn next(&self) -> *mut Self {
                self.next
            }
        }
    };
}

info!(AddrInfo {});
info!(AddrInfoEx {
    blob: std::ptr::null_mut(),
    blob_length: 0,
    provider: std::ptr::null_mut()
});

/// One entry of a list, with what it points to. The structure stands first: its address is the
/// node's.
#[repr(C)]
struct Node<I, U> {
    info: I,
    address: Box<[u8]>,
    canonical: Vec<U>,
}

/// A list for the program.
fn list_of<U: Unit, I: Info<U>>(all: Vec<Found>) -> *mut I {
    let mut next: *mut I = std::ptr::null_mut();
    for found in all.into_iter().rev() {
        let (bytes, length) = found.address.windows_bytes();
        let mut address: Box<[u8]> = bytes[..length].into();
        let mut canonical: Vec<U> = Vec::new();
        if let Some(name) = &found.canonical {
            canonical = units_of(name);
            canonical.push(U::default());
        }
        let name = if canonical.is_empty() {
            std::ptr::null_mut()
        } else {
            canonical.as_mut_ptr()
        };
        let info = I::new(found.hints, length, name, address.as_mut_ptr(), next);
        let node = Node {
            info,
            address,
            canonical,
        };
        next = Box::into_raw(Box::new(node)).cast();
    }
    next
}

/// Frees a list.
///
/// # Safety
///
/// It came from [`list_of`] with the same types, and is not used any more.
unsafe fn free<U: Unit, I: Info<U>>(mut list: *mut I) {
    while !list.is_null() {
        // SAFETY: an entry is the beginning of such a node, says the caller.
        let node = unsafe { Box::from_raw(list.cast::<Node<I, U>>()) };
        list = node.info.next();
        drop((node.address, node.canonical));
    }
}

/// The result of a call that returns its error.
fn returned(result: Result<(), Wsa>) -> i32 {
    match result {
        Ok(()) => 0,
        Err(Wsa(code)) => {
            set_last_error(code);
            code.cast_signed()
        }
    }
}

/// What the functions return if they are at fault.
const FAULT: i32 = 11003;

/// The hints of a program.
///
/// # Safety
///
/// The pointer is null or the program's.
unsafe fn hints_of<U, I: Info<U>>(hints: *const I) -> Hints {
    // SAFETY: as the caller says.
    unsafe { hints.as_ref() }.map_or(Hints::default(), Info::hints)
}

exports! {
    iocp_getaddrinfo, GetAddrInfoW, GetAddrInfoW_16:
    fn get<U>(
        node: Text<U>,
        service: Text<U>,
        hints: *const AddrInfo<U>,
        result: Out<*mut AddrInfo<U>>
    ) -> i32 = FAULT;
    {
        // SAFETY: the program's pointer, by contract.
        let hints = unsafe { hints_of(hints) };
        let (node, service) = (node.get().map(string_of), service.get().map(string_of));
        returned(resolve(node.as_deref(), service.as_deref(), hints).map(|all| {
            result.set(list_of(all));
        }))
    }

    iocp_freeaddrinfo, FreeAddrInfoW, FreeAddrInfoW_16:
    fn free_list<U>(list: *mut AddrInfo<U>) = ();
    {
        // SAFETY: the program's list, by contract.
        unsafe { free(list) };
    }

    FreeAddrInfoEx, FreeAddrInfoExW, FreeAddrInfoExW_16:
    fn free_list<U>(list: *mut AddrInfoEx<U>) = ();
    {
        // SAFETY: the program's list, by contract.
        unsafe { free(list) };
    }

    GetAddrInfoExA, GetAddrInfoExW, GetAddrInfoExW_16:
    fn get<U>(
        node: Text<U>,
        service: Text<U>,
        name_space: u32,
        _provider: *const Guid,
        hints: *const AddrInfoEx<U>,
        result: Out<*mut AddrInfoEx<U>>,
        timeout: In<libc::timeval>,
        overlapped: *mut Overlapped,
        routine: Option<Routine>,
        handle: Out<Handle>
    ) -> i32 = FAULT;
    {
        let ask = || {
            /// `NS_DNS`; 0 is any.
            const DNS: u32 = 12;
            if result.is_null() || !matches!(name_space, 0 | DNS) {
                return Err(Wsa::INVALID);
            }
            // SAFETY: the program's pointer, by contract.
            let hints = unsafe { hints_of(hints) };
            let (node, service) = (node.get().map(string_of), service.get().map(string_of));
            let deadline = match timeout.get() {
                Some(time) => select::deadline_of(time)?,
                None => Deadline::Never,
            };
            let question = Question { node, service, hints };
            let Some(overlapped) = NonNull::new(overlapped) else {
                if routine.is_some() || !handle.is_null() {
                    return Err(Wsa::INVALID);
                }
                result.set(list_of(question.answer_within(deadline)?));
                return Ok(());
            };
            if !U::WIDE {
                return Err(Wsa::INVALID);
            }
            let place = result.as_ptr();
            // SAFETY: the program keeps the OVERLAPPED and the place of the result valid until
            // the end is reported.
            unsafe { begin::<U>(question, deadline, overlapped, place, routine, handle) }
        };
        returned(ask())
    }
}

/// A question to the resolver.
struct Question {
    node: Option<String>,
    service: Option<String>,
    hints: Hints,
}

impl Question {
    fn answer(&self) -> Result<Vec<Found>, Wsa> {
        resolve(self.node.as_deref(), self.service.as_deref(), self.hints)
    }

    /// Waits no longer than that.
    fn answer_within(self, deadline: Deadline) -> Result<Vec<Found>, Wsa> {
        if deadline == Deadline::Never {
            return self.answer();
        }
        let answered = Arc::new((Mutex::new(None), Condvar::new()));
        let its = Arc::clone(&answered);
        std::thread::spawn(move || {
            *its.0.lock() = Some(self.answer());
            its.1.notify_all();
        });
        completion_port::blocking(|| {
            let (answer, changed) = &*answered;
            let mut answer = answer.lock();
            while answer.is_none() && !has_passed(deadline) {
                if let Deadline::At(at) = deadline {
                    changed.wait_until(&mut answer, at);
                }
            }
            answer.take().unwrap_or(Err(Wsa::TIMED_OUT))
        })
    }
}

fn has_passed(deadline: Deadline) -> bool {
    match deadline {
        Deadline::Never => false,
        Deadline::Now => true,
        Deadline::At(at) => Instant::now() >= at,
    }
}

/// A completion routine of a lookup: error, bytes, OVERLAPPED; called on a thread of ours.
type Routine = unsafe extern "C-unwind" fn(u32, u32, *mut Overlapped);

/// A lookup that goes on after the call.
struct Lookup {
    /// Who is to hear of the end, until it has come.
    waiting: Mutex<Option<Waiting>>,
}

struct Waiting {
    request: Request,
    /// Delivers what was found.
    deliver: Box<dyn FnOnce(Vec<Found>) + Send>,
    routine: Option<Routine>,
    handle: usize,
}

/// An error of Winsock's as a status: facility 7.
fn status_of(Wsa(code): Wsa) -> Status {
    Status(0xc007_0000 | code)
}

impl Lookup {
    /// The end has come; the first one counts.
    fn end(&self, result: Result<Vec<Found>, Wsa>) {
        let Some(waiting) = self.waiting.lock().take() else {
            return;
        };
        let (status, code) = match result {
            Ok(all) => {
                (waiting.deliver)(all);
                (Status::SUCCESS, 0)
            }
            Err(error) => (status_of(error), error.0),
        };
        if waiting.handle != 0 {
            // Nobody else closes it.
            let _ = handle::close(std::ptr::without_provenance_mut(waiting.handle), |_| true);
        }
        let overlapped = waiting.request.overlapped();
        if let Ok(io) = lookups() {
            complete(io, waiting.request, status, 0);
        }
        if let Some(routine) = waiting.routine {
            // SAFETY: the program's function, called as documented.
            unsafe { routine(code, 0, overlapped) };
        }
    }
}

/// What stands for the resolver where operations need something that they belong to.
fn lookups() -> Result<&'static Arc<Io>, Wsa> {
    static LOOKUPS: OnceLock<Option<Arc<Io>>> = OnceLock::new();
    let made = LOOKUPS.get_or_init(|| {
        // SAFETY: no pointers are passed.
        let fd = check(unsafe { libc::eventfd(0, libc::EFD_CLOEXEC) }).ok()?;
        // SAFETY: the call has just created this descriptor.
        let fd = unsafe { OwnedFd::from_raw_fd(fd) };
        Some(Io::new(RawHandle::new(fd, RawNature::Pipe).ok()?, true))
    });
    made.as_ref().ok_or(Wsa::NO_BUFFERS)
}

/// A place of the program's that a thread of ours writes to.
struct Place<T>(*mut T);

// SAFETY: the program keeps the place valid until the end is reported, to any thread.
unsafe impl<T> Send for Place<T> {}

impl<T> Place<T> {
    /// # Safety
    ///
    /// The place is valid.
    unsafe fn set(self, value: T) {
        // SAFETY: as the caller says.
        unsafe { self.0.write(value) };
    }
}

/// Begins a lookup that goes on after the call.
///
/// # Safety
///
/// The OVERLAPPED and the place of the result stay valid until the end is reported.
unsafe fn begin<U: Unit>(
    question: Question,
    deadline: Deadline,
    overlapped: NonNull<Overlapped>,
    result: *mut *mut AddrInfoEx<U>,
    routine: Option<Routine>,
    handle: Out<Handle>,
) -> Result<(), Wsa> {
    // SAFETY: as the caller says.
    let request = unsafe { Request::begin(lookups()?, overlapped) }?;
    let place = Place(result);
    let lookup = Arc::new(Lookup {
        waiting: Mutex::new(None),
    });
    let mut value = std::ptr::null_mut();
    if !handle.is_null() {
        let object: Arc<Lookup> = Arc::clone(&lookup);
        value = handle::insert(Object::Other(object))?;
        handle.set(value);
    }
    *lookup.waiting.lock() = Some(Waiting {
        request,
        // SAFETY: as the caller says.
        deliver: Box::new(move |all| unsafe { place.set(list_of(all)) }),
        routine,
        handle: value.addr(),
    });
    if deadline != Deadline::Never {
        let its = Arc::clone(&lookup);
        std::thread::spawn(move || {
            if let Deadline::At(at) = deadline {
                let wait = at.saturating_duration_since(Instant::now());
                std::thread::sleep(wait); // no event: time itself is waited for
            }
            its.end(Err(Wsa::TIMED_OUT));
        });
    }
    std::thread::spawn(move || lookup.end(question.answer()));
    Err(Wsa::IO_PENDING)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn GetAddrInfoExCancel(lookup: In<Handle>) -> i32 {
    crate::door(FAULT, || {
        returned(match lookup.get().and_then(handle::get).as_deref() {
            Some(Object::Other(object)) => match Arc::clone(object).downcast::<Lookup>() {
                Ok(lookup) => {
                    lookup.end(Err(Wsa::CANCELLED_LOOKUP));
                    Ok(())
                }
                Err(_) => Err(Wsa::INVALID_HANDLE),
            },
            _ => Err(Wsa::INVALID_HANDLE),
        })
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn GetAddrInfoExOverlappedResult(overlapped: *mut Overlapped) -> i32 {
    /// `WSAEINPROGRESS`.
    const IN_PROGRESS: i32 = 10036;
    crate::door(FAULT, || {
        let Some(overlapped) = NonNull::new(overlapped) else {
            return Wsa::INVALID.0.cast_signed();
        };
        // SAFETY: the program's OVERLAPPED, by contract.
        match unsafe { result_of(overlapped, Deadline::Now, false) } {
            Ok((Status::SUCCESS, _)) => 0,
            Ok((Status(code), _)) if code >> 16 == 0xc007 => (code & 0xffff).cast_signed(),
            Ok((status, _)) => status.wsa().cast_signed(),
            Err(_) => IN_PROGRESS,
        }
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_list_is_freed_with_all_that_it_names() {
        let found = |text: &str| Found {
            hints: Hints::default(),
            address: RawAddress::of_ip(text.parse().unwrap()),
            canonical: Some("name".into()),
        };
        let list: *mut AddrInfo<u16> = list_of(vec![found("1.2.3.4:5"), found("[::1]:6")]);
        // SAFETY: the list was made a moment ago.
        let first = unsafe { list.as_ref() }.unwrap();
        assert_eq!((first.length, first.next.is_null()), (16, false));
        // SAFETY: as above.
        let second = unsafe { first.next.as_ref() }.unwrap();
        assert_eq!((second.length, second.next.is_null()), (28, true));
        // SAFETY: as above, and not used any more.
        unsafe { free(list) };
    }

    #[test]
    fn a_lookup_in_time_is_not_called_late() {
        let question = Question {
            node: Some("127.0.0.1".into()),
            service: None,
            hints: Hints::default(),
        };
        // Winsock has not been started here, which is answered at once.
        let answer = question.answer_within(Duration::from_secs(10).into());
        assert_eq!(answer.err(), Some(Wsa::NOT_STARTED));
    }
}
