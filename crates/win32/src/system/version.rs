//! The version of Windows that programs are told: 10.0, build 19045, a workstation. Programs ask
//! so as to know which functions there are, and this is the last whose functions are all meant.

use crate::abi::{Bool, Dword, FALSE};
use crate::code::{Code, code_bool};
use crate::text::{In, Out, Unit, exports};

const MAJOR: u32 = 10;
const MINOR: u32 = 0;
const BUILD: u32 = 19045;
const PLATFORM_NT: u32 = 2;
const SUITE: u16 = 0x100;
const WORKSTATION: u8 = 1;

/// `OSVERSIONINFO`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
struct Version<U> {
    size: u32,
    major: u32,
    minor: u32,
    build: u32,
    platform: u32,
    service_pack: [U; 128],
}

/// `OSVERSIONINFOEX`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
struct VersionEx<U> {
    version: Version<U>,
    service_pack_major: u16,
    service_pack_minor: u16,
    suite: u16,
    product: u8,
    reserved: u8,
}

const _: () = {
    assert!(size_of::<VersionEx<u8>>() == 156);
    assert!(size_of::<VersionEx<u16>>() == 284);
    assert!(size_of::<VersionEx<u32>>() == 540);
};

fn own<U: Unit>(size: u32) -> VersionEx<U> {
    VersionEx {
        version: Version {
            size,
            major: MAJOR,
            minor: MINOR,
            build: BUILD,
            platform: PLATFORM_NT,
            service_pack: [U::default(); 128],
        },
        service_pack_major: 0,
        service_pack_minor: 0,
        suite: SUITE,
        product: WORKSTATION,
        reserved: 0,
    }
}

/// Tells the version in the structure whose size the program has put in front.
fn tell<U: Unit>(into: Out<VersionEx<U>>) -> Result<(), Code> {
    // SAFETY: a pointer that is not null leads to a structure, which begins with its size.
    let size = unsafe { into.as_ptr().cast::<u32>().as_ref() }.copied();
    let size = size.ok_or(Code::INVALID_PARAMETER)?;
    let version = own::<U>(size);
    if size as usize == size_of::<VersionEx<U>>() {
        into.set(version);
        return Ok(());
    }
    if size as usize != size_of::<Version<U>>() {
        return Err(Code::INSUFFICIENT_BUFFER);
    }
    // SAFETY: the program's structure is the shorter one.
    unsafe {
        into.as_ptr()
            .cast::<Version<U>>()
            .write_unaligned(version.version)
    };
    Ok(())
}

#[unsafe(no_mangle)]
unsafe extern "C" fn GetVersion() -> Dword {
    BUILD << 16 | MINOR << 8 | MAJOR
}

exports! {
    GetVersionExA, GetVersionExW, GetVersionExW_16:
    fn get_version_ex<U>(into: Out<VersionEx<U>>) -> Bool = FALSE; { code_bool(|| tell(into)) }

    RtlGetVersion, RtlGetVersion_16:
    fn rtl_get_version<U>(into: Out<VersionEx<U>>) -> u32 = 0xc000_0001; {
        const INVALID_PARAMETER: u32 = 0xc000_000d;
        tell(into).map_or(INVALID_PARAMETER, |()| 0)
    }

    VerifyVersionInfoA, VerifyVersionInfoW, VerifyVersionInfoW_16:
    fn verify_version_info<U>(wanted: In<VersionEx<U>>, what: Dword, conditions: u64) -> Bool
    = FALSE; {
        code_bool(|| {
            let wanted = wanted.get().ok_or(Code::INVALID_PARAMETER)?;
            verify(&wanted, what, conditions)
        })
    }
}

const MINOR_VERSION: u32 = 1;
const MAJOR_VERSION: u32 = 2;
const BUILD_NUMBER: u32 = 4;
const PLATFORM_ID: u32 = 8;
const PACK_MINOR: u32 = 0x10;
const PACK_MAJOR: u32 = 0x20;
const SUITE_NAME: u32 = 0x40;
const PRODUCT_TYPE: u32 = 0x80;

/// Three bits a kind: where a kind's begin.
fn place_of(kind: u32) -> u32 {
    kind.trailing_zeros() * 3
}

/// Does what there is satisfy a condition?
fn satisfies(own: u32, condition: u64, wanted: u32) -> Result<bool, Code> {
    Ok(match condition & 7 {
        1 => own == wanted,
        2 => own > wanted,
        3 => own >= wanted,
        4 => own < wanted,
        5 => own <= wanted,
        6 => own & wanted == wanted,
        7 => wanted == 0 || own & wanted != 0,
        _ => return Err(Code::BAD_ARGUMENTS),
    })
}

/// Compares all that was asked for. The parts of a version are compared as one, so that 10.0
/// satisfies "at least 6.1".
fn verify<U: Unit>(wanted: &VersionEx<U>, what: u32, conditions: u64) -> Result<(), Code> {
    let own = own::<U>(0);
    let fields = |v: &VersionEx<U>| {
        [
            (MAJOR_VERSION, v.version.major),
            (MINOR_VERSION, v.version.minor),
            (PACK_MAJOR, v.service_pack_major.into()),
            (PACK_MINOR, v.service_pack_minor.into()),
        ]
    };
    let single = [
        (BUILD_NUMBER, own.version.build, wanted.version.build),
        (PLATFORM_ID, own.version.platform, wanted.version.platform),
        (SUITE_NAME, own.suite.into(), wanted.suite.into()),
        (PRODUCT_TYPE, own.product.into(), wanted.product.into()),
    ];
    if what & 0xff == 0 {
        return Err(Code::BAD_ARGUMENTS);
    }
    for (kind, own, wanted) in single {
        if what & kind != 0 && !satisfies(own, conditions >> place_of(kind), wanted)? {
            return Err(Code::OLD_WIN_VERSION);
        }
    }
    let asked = fields(&own).into_iter().zip(fields(wanted));
    let mut asked = asked.filter(|((kind, _), _)| what & kind != 0).peekable();
    while let Some(((kind, own), (_, wanted))) = asked.next() {
        let condition = conditions >> place_of(kind) & 7;
        // A difference in a greater part decides, unless equality was asked for.
        let decides = own != wanted || condition == 1 || asked.peek().is_none();
        if decides {
            let holds = satisfies(own, condition, wanted)?;
            if !holds {
                return Err(Code::OLD_WIN_VERSION);
            }
            if own != wanted {
                return Ok(());
            }
        }
    }
    Ok(())
}

#[unsafe(no_mangle)]
unsafe extern "C" fn VerSetConditionMask(mask: u64, kind: Dword, condition: u8) -> u64 {
    // The highest of several kinds counts, as in Microsoft's order of tests.
    let kinds = [
        PRODUCT_TYPE,
        SUITE_NAME,
        PACK_MAJOR,
        PACK_MINOR,
        PLATFORM_ID,
        BUILD_NUMBER,
        MAJOR_VERSION,
        MINOR_VERSION,
    ];
    let found = kinds.into_iter().find(|known| kind & known != 0);
    found.map_or(mask, |known| {
        mask | u64::from(condition & 7) << place_of(known)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at_least(major: u32, minor: u32) -> bool {
        let mut wanted = own::<u8>(0);
        (wanted.version.major, wanted.version.minor) = (major, minor);
        let conditions = 3 << place_of(MAJOR_VERSION) | 3 << place_of(MINOR_VERSION);
        verify(&wanted, MAJOR_VERSION | MINOR_VERSION, conditions).is_ok()
    }

    #[test]
    fn versions_are_compared_as_one_number() {
        assert!(at_least(6, 1) && at_least(10, 0) && at_least(5, 9));
        assert!(!at_least(10, 1) && !at_least(11, 0));
    }

    #[test]
    fn other_fields_have_conditions_of_their_own() {
        let mut wanted = own::<u32>(0);
        wanted.version.build = 19000;
        let greater = 2 << place_of(BUILD_NUMBER);
        assert_eq!(verify(&wanted, BUILD_NUMBER, greater), Ok(()));
        let less = 4 << place_of(BUILD_NUMBER);
        assert_eq!(
            verify(&wanted, BUILD_NUMBER, less),
            Err(Code::OLD_WIN_VERSION)
        );
        assert_eq!(verify(&wanted, BUILD_NUMBER, 0), Err(Code::BAD_ARGUMENTS));
    }
}
