//! `UNICODE` or not: which of two functions a name such as `CreateFile` means.
//!
//! In Visual Studio this is a setting of the project, so the source does not say it. In this
//! order: what the command line defines; what the project says that lists the file, if it lies in
//! the file's folder or the one above; what the file itself shows: a program that begins in
//! `wmain`, or hands wide literals to such functions, needs it, and one that hands them narrow
//! literals cannot have it. Where nothing is shown, it is off, as with Microsoft's own compiler.

use super::lexer::{Kind, Lexed};

/// Names that mean a function for narrow or one for wide text.
const NEUTRAL: &str = "CopyFile CreateDirectory CreateEvent CreateEventEx CreateFile \
    CreateFileMapping CreateHardLink CreateMailslot CreateMutex CreateNamedPipe CreateProcess \
    CreateSemaphore CreateWaitableTimer CallNamedPipe DeleteFile ExpandEnvironmentStrings \
    FindFirstChangeNotification FindFirstFile FindWindow FormatMessage GetAddrInfoEx \
    GetComputerName GetEnvironmentVariable GetFileAttributes GetFullPathName \
    GetModuleFileName GetModuleHandle GetPrivateProfileInt GetPrivateProfileString \
    GetTempFileName InetNtop InetPton LoadLibrary LoadLibraryEx MessageBox MoveFile \
    MoveFileEx OpenEvent OpenFileMapping OpenMutex OpenSemaphore OutputDebugString \
    PathFileExists RegOpenKeyEx RemoveDirectory ReplaceFile SetConsoleTitle \
    SetCurrentDirectory SetEnvironmentVariable SetWindowText StringCchCat StringCchCopy \
    StringCchPrintf StringCbCopy StringCbPrintf WaitNamedPipe WSAAddressToString \
    WSAStringToAddress lstrcat lstrcmp lstrcmpi lstrcpy lstrlen wsprintf wvsprintf";

/// What a source shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Votes {
    /// Wide literals for such names, and wide beginnings.
    pub(crate) wide: usize,
    /// Narrow literals for such names.
    pub(crate) narrow: usize,
}

impl Votes {
    /// Counts in one file.
    pub(crate) fn of(lexed: &Lexed<'_>) -> Self {
        let mut votes = Self::default();
        let (mut begins_wide, mut begins_narrow) = (false, false);
        for at in 0..lexed.code.len() {
            let token = lexed.code[at];
            if token.kind != Kind::Word || !lexed.at(at + 1, "(") {
                continue;
            }
            match &*lexed.text(token) {
                "wmain" => begins_wide = true,
                "main" => begins_narrow = true,
                name if NEUTRAL.split_whitespace().any(|known| known == name) => {
                    votes.add(lexed, at + 1)
                }
                _ => {}
            }
        }
        // With both, the choice is made elsewhere.
        votes.wide += usize::from(begins_wide && !begins_narrow);
        votes
    }

    /// Counts the literals between a call's brackets, not those of a call within the call.
    fn add(&mut self, lexed: &Lexed<'_>, open: usize) {
        let close = lexed.closing(open).unwrap_or(open);
        let mut depth = 0_i32;
        for &token in &lexed.code[open..close] {
            if token.kind == Kind::Text && depth == 1 {
                match lexed.text(token).starts_with('L') {
                    true => self.wide += 1,
                    false => self.narrow += 1,
                }
            }
            depth += i32::from(lexed.is(token, "(")) - i32::from(lexed.is(token, ")"));
        }
    }

    /// Both together.
    pub(crate) fn with(self, other: Self) -> Self {
        Self {
            wide: self.wide + other.wide,
            narrow: self.narrow + other.narrow,
        }
    }

    /// What they decide: a wrong choice costs an error for each literal of the other kind.
    pub(crate) fn unicode(self) -> bool {
        self.wide > self.narrow
    }
}

#[cfg(test)]
mod tests {
    use super::Votes;
    use crate::driver::lexer::{Language, Lexed};

    fn unicode(text: &str) -> bool {
        Votes::of(&Lexed::of(text, Language::Cxx)).unicode()
    }

    #[test]
    fn literals_for_neutral_names_decide() {
        assert!(unicode("int wmain(int c, wchar_t **v) {}"));
        assert!(!unicode(
            "#ifdef W\nint wmain() {}\n#else\nint main() {}\n#endif"
        ));
        assert!(unicode("x = CreateFile(L\"a\", 0); puts(\"CreateFile\");"));
        assert!(!unicode(
            "x = CreateFile(\"a\", 0); y = CreateFileW(L\"b\"); z = L\"c\";"
        ));
        assert!(!unicode(
            "CreateFile(TEXT(\"a\"), f(L\"b\")); // CreateFile(L\"a\")"
        ));
        assert!(!unicode("int main() {}"));
    }
}
