//! The formats that `wsprintf` and `FormatMessage` know: integers, characters, strings.

use super::arguments::Arguments;
use super::{Text, Unit, Wide, convert};

/// A number that stands in the format, or among the arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Count {
    Missing,
    Is(usize),
    Argument,
}

/// How much of an argument counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Size {
    Plain,
    /// `h`: 16 bits, or bytes.
    Short,
    /// `l`, `w`: 32 bits, or wide.
    Long,
    /// `I64`, `ll`, `I`.
    Longest,
}

/// What stands between `%` and the letter, and the letter.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spec {
    left: bool,
    prefix: bool,
    zeros: bool,
    plus: bool,
    blank: bool,
    width: Count,
    precision: Count,
    size: Size,
    letter: u8,
}

/// No output is wider, so that no format can ask for all memory.
const WIDTH_MAX: usize = 0xffff;

/// Reads a specification from behind its `%`; with its length.
pub(crate) fn parse<U: Unit>(format: &[U]) -> Option<(Spec, usize)> {
    let mut at = 0;
    let peek = |at: usize| -> u8 {
        format
            .get(at)
            .and_then(|unit| u8::try_from(unit.code()).ok())
            .unwrap_or(0)
    };
    let mut spec = Spec {
        left: false,
        prefix: false,
        zeros: false,
        plus: false,
        blank: false,
        width: Count::Missing,
        precision: Count::Missing,
        size: Size::Plain,
        letter: 0,
    };
    loop {
        match peek(at) {
            b'-' => spec.left = true,
            b'#' => spec.prefix = true,
            b'0' => spec.zeros = true,
            b'+' => spec.plus = true,
            b' ' => spec.blank = true,
            _ => break,
        }
        at += 1;
    }
    let count = |at: &mut usize| {
        if peek(*at) == b'*' {
            *at += 1;
            return Count::Argument;
        }
        let mut value = None;
        while peek(*at).is_ascii_digit() {
            let digit = usize::from(peek(*at) - b'0');
            value = Some((value.unwrap_or(0) * 10 + digit).min(WIDTH_MAX));
            *at += 1;
        }
        value.map_or(Count::Missing, Count::Is)
    };
    spec.width = count(&mut at);
    if peek(at) == b'.' {
        at += 1;
        spec.precision = match count(&mut at) {
            Count::Missing => Count::Is(0),
            given => given,
        };
    }
    let (size, length) = match (peek(at), peek(at + 1), peek(at + 2)) {
        (b'I', b'6', b'4') => (Size::Longest, 3),
        (b'I', b'3', b'2') => (Size::Plain, 3),
        (b'l', b'l', _) => (Size::Longest, 2),
        (b'I', _, _) => (Size::Longest, 1),
        (b'l' | b'w', _, _) => (Size::Long, 1),
        (b'h', b'h', _) => (Size::Short, 2),
        (b'h', _, _) => (Size::Short, 1),
        _ => (Size::Plain, 0),
    };
    spec.size = size;
    at += length;
    spec.letter = peek(at);
    matches!(
        spec.letter,
        b'c' | b'C' | b'd' | b'i' | b'u' | b'x' | b'X' | b'p' | b's' | b'S'
    )
    .then_some((spec, at + 1))
}

impl Spec {
    /// A plain string: what `FormatMessage` assumes where it is told nothing.
    pub(crate) fn string() -> Self {
        parse(b"s").expect("a specification").0
    }

    /// How many arguments it takes beside the value.
    pub(crate) fn extra_arguments(&self) -> usize {
        let counts = [self.width, self.precision];
        counts
            .iter()
            .filter(|&&count| count == Count::Argument)
            .count()
    }

    /// Is the argument wide where letters come in two kinds? Small ones are of the output's kind.
    fn is_wide<U: Unit>(&self) -> bool {
        match (self.size, self.letter) {
            (Size::Short, _) => false,
            (Size::Long, _) => true,
            (_, b'S' | b'C') => !U::WIDE,
            _ => U::WIDE,
        }
    }

    /// Appends the next argument in this form; `W` is the program's wide character.
    ///
    /// # Safety
    ///
    /// The arguments are those that the specification asks for.
    pub(crate) unsafe fn append<U: Unit, W: Wide>(
        mut self,
        arguments: &mut Arguments,
        into: &mut Vec<U>,
    ) -> Option<()> {
        for is_width in [true, false] {
            let place = if is_width {
                &mut self.width
            } else {
                &mut self.precision
            };
            if *place != Count::Argument {
                continue;
            }
            // SAFETY: as promised.
            let count = unsafe { arguments.next() }? as i32;
            *place = match usize::try_from(count) {
                Ok(count) => Count::Is(count.min(WIDTH_MAX)),
                Err(_) if is_width => {
                    self.left = true;
                    Count::Is((count.unsigned_abs() as usize).min(WIDTH_MAX))
                }
                Err(_) => Count::Missing,
            };
        }
        // SAFETY: as promised.
        let value = unsafe { arguments.next() }?;
        match self.letter {
            // SAFETY: as promised, the argument is a string.
            b's' | b'S' => unsafe { self.append_string::<U, W>(value, into) },
            b'c' | b'C' => self.append_character::<U, W>(value, into),
            _ => self.append_number(value, into),
        }
        Some(())
    }

    /// # Safety
    ///
    /// The value is a string's address, or 0.
    unsafe fn append_string<U: Unit, W: Wide>(&self, value: u64, into: &mut Vec<U>) {
        let max = match self.precision {
            Count::Is(max) => max,
            _ => usize::MAX,
        };
        let null = b"(null)";
        let units = if value == 0 {
            convert(&null[..null.len().min(max)])
        } else if self.is_wide::<U>() {
            // SAFETY: as promised.
            let text = unsafe { Text::<W>::new(std::ptr::with_exposed_provenance(value as usize)) };
            convert(text.up_to(max).unwrap_or(&[]))
        } else {
            // SAFETY: as promised.
            let text =
                unsafe { Text::<u8>::new(std::ptr::with_exposed_provenance(value as usize)) };
            convert(text.up_to(max).unwrap_or(&[]))
        };
        self.pad(&units, 0, into);
    }

    fn append_character<U: Unit, W: Wide>(&self, value: u64, into: &mut Vec<U>) {
        let units = if self.is_wide::<U>() {
            convert(&[W::of_code(value as u32)])
        } else if U::WIDE {
            vec![U::of_code(u32::from(value as u8))]
        } else {
            vec![U::of_code(value as u32)]
        };
        self.pad(&units, 0, into);
    }

    fn append_number<U: Unit>(&self, value: u64, into: &mut Vec<U>) {
        let signed = match self.size {
            _ if self.letter == b'p' => value as i64,
            Size::Short => i64::from(value as i16),
            Size::Plain | Size::Long => i64::from(value as i32),
            Size::Longest => value as i64,
        };
        let unsigned = match self.size {
            _ if self.letter == b'p' => value,
            Size::Short => u64::from(value as u16),
            Size::Plain | Size::Long => u64::from(value as u32),
            Size::Longest => value,
        };
        let (sign, digits) = match self.letter {
            b'd' | b'i' => {
                let sign = match signed {
                    ..0 => "-",
                    _ if self.plus => "+",
                    _ if self.blank => " ",
                    _ => "",
                };
                (sign, signed.unsigned_abs().to_string())
            }
            b'x' => (if self.prefix { "0x" } else { "" }, format!("{unsigned:x}")),
            b'X' => (if self.prefix { "0X" } else { "" }, format!("{unsigned:X}")),
            b'p' => ("", format!("{unsigned:016X}")),
            _ => ("", unsigned.to_string()),
        };
        let zeros = match self.precision {
            Count::Is(least) => least.saturating_sub(digits.len()),
            _ => 0,
        };
        let text = format!("{sign}{}{digits}", "0".repeat(zeros));
        self.pad(&convert::<u8, U>(text.as_bytes()), sign.len(), into);
    }

    /// Appends units, filled up to the width; zeros go behind the sign.
    fn pad<U: Unit>(&self, units: &[U], sign: usize, into: &mut Vec<U>) {
        let width = match self.width {
            Count::Is(width) => width,
            _ => 0,
        };
        let missing = width.saturating_sub(units.len());
        let is_number = !matches!(self.letter, b's' | b'S' | b'c' | b'C');
        let zeros = self.zeros && !self.left && is_number && self.precision == Count::Missing;
        let fill = U::of_code(u32::from(if zeros { b'0' } else { b' ' }));
        let before = if self.left { 0 } else { missing };
        if zeros {
            into.extend_from_slice(&units[..sign]);
        } else {
            into.extend(std::iter::repeat_n(fill, before));
            into.extend_from_slice(&units[..sign]);
        }
        if zeros {
            into.extend(std::iter::repeat_n(fill, before));
        }
        into.extend_from_slice(&units[sign..]);
        into.extend(std::iter::repeat_n(fill, missing - before));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(format: &str, values: &[u64]) -> String {
        let (spec, length) = parse(format.as_bytes()).unwrap();
        assert_eq!(length, format.len());
        let mut arguments = Arguments::Array(values.as_ptr());
        let mut into = Vec::<u8>::new();
        // SAFETY: the tests pass what their formats ask for.
        unsafe { spec.append::<u8, u16>(&mut arguments, &mut into) }.unwrap();
        String::from_utf8(into).unwrap()
    }

    fn address<T>(text: &[T]) -> u64 {
        text.as_ptr().expose_provenance() as u64
    }

    #[test]
    fn integers_are_as_wide_as_their_size_says() {
        let minus = (-5_i32).cast_unsigned().into();
        assert_eq!(one("d", &[minus]), "-5");
        assert_eq!(one("u", &[minus]), "4294967291");
        assert_eq!(one("I64d", &[(-5_i64).cast_unsigned()]), "-5");
        assert_eq!(one("hd", &[0x1_fffe]), "-2");
        assert_eq!(one("#x", &[255]), "0xff");
        assert_eq!(one("08lX", &[0xbeef]), "0000BEEF");
        assert_eq!(one("p", &[0xab]), "00000000000000AB");
    }

    #[test]
    fn width_precision_and_zeros() {
        assert_eq!(one("5d", &[42]), "   42");
        assert_eq!(one("-5d", &[42]), "42   ");
        assert_eq!(one("05d", &[(-42_i32).cast_unsigned().into()]), "-0042");
        assert_eq!(one(".4d", &[42]), "0042");
        assert_eq!(one("6.4d", &[42]), "  0042");
        assert_eq!(one("*d", &[4, 7]), "   7");
        assert_eq!(one("*d", &[(-4_i32).cast_unsigned().into(), 7]), "7   ");
        assert_eq!(one("+d", &[7]), "+7");
    }

    #[test]
    fn strings_are_narrow_or_wide() {
        let narrow = b"abc\0";
        let wide: Vec<u16> = "wíde\0".encode_utf16().collect();
        assert_eq!(one("s", &[address(narrow)]), "abc");
        assert_eq!(one(".2s", &[address(narrow)]), "ab");
        assert_eq!(one("S", &[address(&wide)]), "wíde");
        assert_eq!(one("ls", &[address(&wide)]), "wíde");
        assert_eq!(one("6s", &[address(narrow)]), "   abc");
        assert_eq!(one("s", &[0]), "(null)");
        assert_eq!(one("c", &[u64::from(b'x')]), "x");
        assert_eq!(one("C", &[0xed]), "í");
    }

    #[test]
    fn what_is_no_specification_is_none() {
        assert!(parse(b"f").is_none());
        assert!(parse(b"").is_none());
        assert!(parse(b"I64").is_none());
        assert!(parse(b"n").is_none());
    }
}
