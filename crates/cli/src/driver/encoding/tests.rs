//! Code pages are told apart by their bytes.

use encoding_rs::{BIG5, EUC_KR, Encoding, GBK, SHIFT_JIS, WINDOWS_1251, WINDOWS_1252};

use super::{Charset, PAGES, Scores, by_form};

fn found(encoding: &'static Encoding, text: &str) -> &'static str {
    let (bytes, _, unmappable) = encoding.encode(text);
    assert!(!unmappable, "{text}");
    assert_eq!(by_form(&bytes), None, "{text}");
    PAGES[Scores::of(&bytes).best()].number
}

#[test]
fn one_comment_tells_the_code_page() {
    let samples: &[(&'static Encoding, &str, &[&str])] = &[
        (
            EUC_KR,
            "949",
            &[
                "// 소켓 생성",
                "// 클라이언트 접속을 기다린다",
                "\"서버 시작\"",
                "// 끝",
            ],
        ),
        (
            GBK,
            "936",
            &[
                "// 创建完成端口",
                "// 错误",
                "\"服务器启动成功\"",
                "// 可能",
            ],
        ),
        (
            SHIFT_JIS,
            "932",
            &["// 接続を待つ", "// エラー", "\"終了します\"", "// 可能"],
        ),
        (
            BIG5,
            "950",
            &[
                "// 建立完成埠",
                "// 錯誤處理",
                "\"伺服器啟動成功\"",
                "// 可能",
            ],
        ),
        (WINDOWS_1251, "1251", &["// Создаём порт", "// ошибка"]),
        (
            WINDOWS_1252,
            "1252",
            &["// créé à l'écoute", "// Größe", "// año"],
        ),
    ];
    for (encoding, number, texts) in samples {
        for text in *texts {
            assert_eq!(found(encoding, text), *number, "{text}");
        }
    }
}

#[test]
fn a_doubtful_file_is_read_as_its_program() {
    // These two bytes are a syllable in 949, a character in 936 and in 950.
    let doubtful = Scores::of(b"// \xb0\xa1");
    let (chinese, ..) = GBK.encode("// 服务器启动成功，等待客户端连接");
    let program = Scores::none().with(doubtful).with(Scores::of(&chinese));
    assert_eq!(PAGES[doubtful.best_within(&program)].number, "936");
    // A long text in another language stays what it is.
    let (korean, ..) = EUC_KR.encode("// 클라이언트의 접속을 받아들이는 스레드이다");
    let korean = Scores::of(&korean);
    assert_eq!(PAGES[korean.best_within(&program)].number, "949");
}

#[test]
fn utf_is_known_by_its_form() {
    assert_eq!(by_form(b"plain"), Some(Charset::Utf8));
    assert_eq!(by_form("// 끝".as_bytes()), Some(Charset::Utf8));
    assert_eq!(by_form(b"\xef\xbb\xbfx"), Some(Charset::Utf8));
    assert_eq!(by_form(b"\xff\xfei\0"), Some(Charset::Utf16Le));
    let wide = |text: &str, to: fn(u16) -> [u8; 2]| -> Vec<u8> {
        text.encode_utf16().flat_map(to).collect()
    };
    let text = "int x; // 끝\n";
    let low = wide(text, u16::to_le_bytes);
    assert_eq!(by_form(&low), Some(Charset::Utf16Le));
    assert_eq!(Charset::Utf16Le.decode(&low), text);
    let high = wide(text, u16::to_be_bytes);
    assert_eq!(by_form(&high), Some(Charset::Utf16Be));
    assert_eq!(Charset::Utf16Be.decode(&high), text);
    assert_eq!(Charset::Utf8.decode(b"\xef\xbb\xbfx"), "x");
}

#[test]
fn charsets_have_many_names() {
    let page = |number: &str| {
        let page = PAGES.iter().position(|page| page.number == number).unwrap();
        Some(Charset::Page(page))
    };
    for name in [
        "949",
        "cp949",
        "CP949",
        "euc-kr",
        "ks_c_5601-1987",
        ".949",
        "windows-949",
    ] {
        assert_eq!(Charset::named(name), page("949"), "{name}");
    }
    for name in ["936", "gbk", "GB2312", "gb18030", "cp936"] {
        assert_eq!(Charset::named(name), page("936"), "{name}");
    }
    assert_eq!(Charset::named("Shift_JIS"), page("932"));
    assert_eq!(Charset::named("big5"), page("950"));
    assert_eq!(Charset::named("windows-1252"), page("1252"));
    assert_eq!(Charset::named("latin1"), page("1252"));
    assert_eq!(Charset::named("UTF-8"), Some(Charset::Utf8));
    assert_eq!(Charset::named("utf-16le"), Some(Charset::Utf16Le));
    assert_eq!(Charset::named("ebcdic"), None);
}
