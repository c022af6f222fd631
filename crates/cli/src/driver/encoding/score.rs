//! How probable a file's bytes are in each code page.
//!
//! Each page is a small model: the classes of its characters, how often a class is met in comments
//! and messages of that language, and how many characters share that. Korean is written in the
//! 2350 syllables of KS X 1001, simplified Chinese mostly in the 3755 characters of the first
//! level of GB 2312, traditional Chinese in the 5401 of the first level of Big5, Japanese in kana
//! and the 2965 characters of the first level of JIS. The pages overlap in their bytes, but text
//! of one, read as another, falls into classes that are rare there, and each such character tells
//! a hundred times as much against a page as a common one speaks for it. A single word may still
//! be possible in two of them, so the most frequent characters of each language count more.

use std::collections::HashSet;
use std::sync::OnceLock;

use encoding_rs::{BIG5, EUC_KR, Encoding, GBK, SHIFT_JIS, WINDOWS_1251, WINDOWS_1252};

/// A code page and its classes of characters.
pub(crate) struct Page {
    /// As Windows counts it.
    pub(crate) number: &'static str,
    pub(super) encoding: &'static Encoding,
    /// The characters that are met most, in texts about programs too.
    frequent: &'static str,
    letters: Letters,
    classes: &'static [Class],
}

/// Where the characters of a page stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Letters {
    /// Between words of ASCII, but not alone within one.
    Anywhere,
    /// A word consists of them: none stands beside a letter of ASCII.
    Together,
    /// They are letters with accents among those without: none stands between two others.
    Apart,
}

/// How much less probable a letter is where it should not stand.
const MISPLACED: f64 = 0.05;

/// Characters that are about equally frequent. Bounds are inclusive.
struct Class {
    lead: (u8, u8),
    /// The second byte; none for characters of one byte.
    trail: Option<(u8, u8)>,
    /// Of a thousand characters, how many are of this class.
    per_mille: f64,
    /// Among how many characters these are shared.
    among: f64,
}

const fn two(lead: (u8, u8), trail: (u8, u8), per_mille: f64, among: f64) -> Class {
    Class {
        lead,
        trail: Some(trail),
        per_mille,
        among,
    }
}

const fn one(lead: (u8, u8), per_mille: f64, among: f64) -> Class {
    Class {
        lead,
        trail: None,
        per_mille,
        among,
    }
}

/// The code pages that are told apart; the first class that fits a character counts.
pub(crate) const PAGES: &[Page] = &[
    Page {
        number: "949",
        encoding: EUC_KR,
        frequent: KOREAN,
        letters: Letters::Anywhere,
        classes: &[
            two((0xb0, 0xc8), (0xa1, 0xfe), 430.0, 2350.0),
            two((0xa1, 0xac), (0xa1, 0xfe), 50.0, 986.0),
            two((0xca, 0xfd), (0xa1, 0xfe), 10.0, 4888.0),
            two((0x81, 0xc6), (0x41, 0x5a), 3.0, 8822.0),
            two((0x81, 0xc6), (0x61, 0x7a), 3.0, 8822.0),
            two((0x81, 0xc6), (0x81, 0xfe), 3.0, 8822.0),
        ],
    },
    Page {
        number: "936",
        encoding: GBK,
        frequent: SIMPLIFIED,
        letters: Letters::Anywhere,
        classes: &[
            two((0xb0, 0xd7), (0xa1, 0xfe), 440.0, 3755.0),
            two((0xa1, 0xa9), (0xa1, 0xfe), 70.0, 846.0),
            two((0xd8, 0xf7), (0xa1, 0xfe), 30.0, 3008.0),
            two((0x81, 0xfe), (0x40, 0x7e), 3.0, 14_240.0),
            two((0x81, 0xfe), (0x80, 0xfe), 3.0, 14_240.0),
        ],
    },
    Page {
        number: "932",
        encoding: SHIFT_JIS,
        frequent: "",
        letters: Letters::Anywhere,
        classes: &[
            two((0x82, 0x83), (0x40, 0xf1), 500.0, 250.0),
            two((0x88, 0x97), (0x40, 0xfc), 370.0, 2965.0),
            two((0x98, 0x98), (0x40, 0x72), 10.0, 51.0),
            two((0x81, 0x81), (0x40, 0xfc), 90.0, 147.0),
            two((0x98, 0x9f), (0x40, 0xfc), 10.0, 3390.0),
            two((0xe0, 0xea), (0x40, 0xfc), 10.0, 3390.0),
            two((0x84, 0x87), (0x40, 0xfc), 2.0, 400.0),
            two((0xed, 0xfc), (0x40, 0xfc), 2.0, 2300.0),
            one((0xa1, 0xdf), 5.0, 63.0),
        ],
    },
    Page {
        number: "950",
        encoding: BIG5,
        frequent: TRADITIONAL,
        letters: Letters::Anywhere,
        classes: &[
            two((0xa4, 0xc6), (0x40, 0x7e), 440.0, 5401.0),
            two((0xa4, 0xc6), (0xa1, 0xfe), 440.0, 5401.0),
            two((0xa1, 0xa3), (0x40, 0x7e), 70.0, 408.0),
            two((0xa1, 0xa3), (0xa1, 0xfe), 70.0, 408.0),
            two((0xc9, 0xf9), (0x40, 0x7e), 20.0, 7652.0),
            two((0xc9, 0xf9), (0xa1, 0xfe), 20.0, 7652.0),
            two((0xfa, 0xfe), (0x40, 0xfe), 1.0, 785.0),
        ],
    },
    Page {
        number: "1251",
        encoding: WINDOWS_1251,
        frequent: "",
        letters: Letters::Together,
        classes: &[
            one((0xe0, 0xff), 850.0, 32.0),
            one((0xc0, 0xdf), 60.0, 32.0),
            one((0x80, 0xbf), 10.0, 63.0),
        ],
    },
    Page {
        number: "1252",
        encoding: WINDOWS_1252,
        frequent: "",
        letters: Letters::Apart,
        classes: &[
            // Letters with accents stand alone among those without.
            one((0xc0, 0xff), 500.0, 64.0),
            one((0x80, 0xbf), 20.0, 64.0),
        ],
    },
];

/// Of a thousand characters, how many are among the frequent ones of their page.
const FREQUENT_PER_MILLE: f64 = 450.0;

const KOREAN: &str = "\
    이다는의가을를에고지기로리사하한서스도인자시어나해그대일수정라있보전만아들으구제주은부상여장와과\
    조드모생성트버비공니관경원동신러면게것연화안결미우후번오유때국소계말세발회방용음법선반적당위무될\
    되된할함않없값데터클접속송처크메패킷객체변초완료실행류록등확호출력입삭추읽쓰닫열끝요청응답큐락풀";
const SIMPLIFIED: &str = "\
    的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说\
    产种面而方后多定行学法所得经之进着等部度家里如化高自理起小现实加量都两体制机当使点从业本去把性好\
    应开合还因由其些然前外那事形相全表间样与关各重新线内数正反明看原又或但第向道变条只没结解问意建无\
    情最代想已通并提直题程果员位入文总次式设及管件长求接知组见计别期指几区放取据处给保器受什认收改错\
    误创连失败功释存初始监听套字返回函参置待消息队列闭送端口客户服务缓冲池类启停止退循环读写";
const TRADITIONAL: &str = "\
    的一是在不了有和人這中大為上個國我以要他時來用們生到作地於出就分對成會可主發年動同工也能下過子說\
    產種面而方後多定行學法所得經之進著等部度家裡如化高自理起小現實加量都兩體制機當使點從業本去把性好\
    應開合還因由其些然前外那事形相全表間樣與關各重新線內數正反明看原又或但第向道變條只沒結解問意建無\
    情最代想已通並提直題程果員位入文總次式設及管件長求接知組見計別期指幾區放取據處給保器受什認收改錯\
    誤創連失敗功釋存初始監聽套字返回函參置待消息佇列閉送端口客戶服務緩衝池類啟停止退循環讀寫埠執緒伺";

/// How probable one of the characters of ASCII is, in any page.
const ASCII: f64 = 1.0 / 64.0;

/// By how much a page must be the more probable one for a single file, before that file is read
/// otherwise than its program.
const DECISIVE: f64 = 20.0;

/// The logarithms of a text's probability in each of [`PAGES`]; none where it cannot be such text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Scores([Option<f64>; PAGES.len()]);

impl Scores {
    /// Looks at the bytes of one file.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let mut scores = [None; PAGES.len()];
        for (score, page) in scores.iter_mut().zip(PAGES) {
            *score = page.score(bytes);
        }
        Self(scores)
    }

    /// No text: all pages are equally probable.
    pub(crate) fn none() -> Self {
        Self([Some(0.0); PAGES.len()])
    }

    /// Two files of one program. A page in which one of them cannot be is held against it, but
    /// does not exclude it: the other file may still be the odd one.
    pub(crate) fn with(self, other: Self) -> Self {
        let (one, two) = (self.complete(), other.complete());
        let mut sum = one;
        for (score, more) in sum.iter_mut().zip(two) {
            *score += more;
        }
        Self(sum.map(Some))
    }

    /// What a page in which the text cannot be has instead of a score.
    fn complete(self) -> [f64; PAGES.len()] {
        let best = self.0[self.best()].unwrap_or(0.0);
        self.0.map(|score| score.unwrap_or(best - 2.0 * DECISIVE))
    }

    /// The most probable page.
    pub(crate) fn best(&self) -> usize {
        let last = PAGES.len() - 1;
        (0..PAGES.len())
            .filter(|&page| self.0[page].is_some())
            .max_by(|&a, &b| self.0[a].partial_cmp(&self.0[b]).expect("no NaN"))
            // Every byte is some character in the last page.
            .unwrap_or(last)
    }

    /// The page for this file in a program whose files together have these scores.
    pub(crate) fn best_within(&self, program: &Self) -> usize {
        let (own, common) = (self.best(), program.best());
        match (self.0[common], self.0[own]) {
            (Some(in_common), Some(in_own)) if in_own - in_common < DECISIVE => common,
            _ => own,
        }
    }
}

impl Page {
    /// The frequent characters as bytes of this page.
    fn frequent(&self) -> &'static HashSet<Vec<u8>> {
        static SETS: OnceLock<Vec<HashSet<Vec<u8>>>> = OnceLock::new();
        let sets = SETS.get_or_init(|| {
            let set = |page: &Page| {
                let characters = page.frequent.chars().map(String::from);
                characters
                    .map(|c| page.encoding.encode(&c).0.into_owned())
                    .collect()
            };
            PAGES.iter().map(set).collect()
        });
        let place = PAGES.iter().position(|page| page.number == self.number);
        &sets[place.expect("there are no other pages")]
    }

    fn score(&self, bytes: &[u8]) -> Option<f64> {
        let frequent = self.frequent();
        let frequent_count = frequent.len() as f64;
        let mut sum = 0.0;
        let mut rest = bytes;
        let mut before = b' ';
        while let Some((&lead, after)) = rest.split_first() {
            if lead.is_ascii() {
                sum += ASCII.ln();
                before = lead;
                rest = after;
                continue;
            }
            let class = self.classes.iter().find(|class| class.has(rest))?;
            let frequent = rest.get(..2).is_some_and(|pair| frequent.contains(pair));
            let behind = rest.get(1 + usize::from(class.trail.is_some()));
            let beside = [before, behind.copied().unwrap_or(b' ')];
            let probability = match frequent {
                true => FREQUENT_PER_MILLE / 1000.0 / frequent_count,
                false => class.per_mille / 1000.0 / class.among * self.letters.fit(beside),
            };
            // Among ASCII, a tenth of the characters of a source may be others.
            sum += (probability / 10.0).ln();
            before = lead;
            rest = &rest[1 + usize::from(class.trail.is_some())..];
        }
        Some(sum)
    }
}

impl Letters {
    /// How well a letter stands between two bytes.
    fn fit(self, beside: [u8; 2]) -> f64 {
        let misplaced = match self {
            Self::Anywhere => beside.iter().all(u8::is_ascii_alphabetic),
            Self::Together => beside.iter().any(u8::is_ascii_alphabetic),
            Self::Apart => beside.iter().all(|byte| !byte.is_ascii()),
        };
        if misplaced { MISPLACED } else { 1.0 }
    }
}

impl Class {
    fn has(&self, bytes: &[u8]) -> bool {
        let within = |(low, high): (u8, u8), byte: u8| low <= byte && byte <= high;
        within(self.lead, bytes[0])
            && self
                .trail
                .is_none_or(|trail| bytes.get(1).is_some_and(|&byte| within(trail, byte)))
    }
}
