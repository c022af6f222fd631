//! Drafts without a name and with one: made, published, dropped.

use std::fs as std_fs;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use super::*;

struct Place {
    folder: tempfile::TempDir,
    pair: Arc<Pair>,
    drafts: Drafts,
}

impl Place {
    fn new(nameless: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let open = || {
            let flags = OFlags::DIRECTORY | OFlags::PATH | OFlags::CLOEXEC;
            fs::openat(CWD, folder.path(), flags, Mode::empty()).unwrap()
        };
        let pair = Arc::new(Pair {
            from: open(),
            to: open(),
        });
        let drafts = Drafts::new(false);
        drafts.nameless.fetch_and(nameless, Ordering::Relaxed);
        Self {
            folder,
            pair,
            drafts,
        }
    }

    fn draft(&self, contents: &str) -> Draft {
        let draft = self
            .drafts
            .create(&self.pair, c"it", Mode::RUSR | Mode::WUSR)
            .unwrap();
        let written = draft
            .file
            .write_at(contents.to_owned().into_bytes(), 0)
            .start()
            .unwrap();
        assert_eq!(written.wait().result.unwrap(), contents.len());
        draft
    }

    fn publish(&self, draft: &Draft, keep: bool) -> Result<Published, Errno> {
        self.drafts.publish(draft, c"it", keep)
    }

    fn it(&self) -> PathBuf {
        self.folder.path().join("it")
    }

    fn names(&self) -> Vec<String> {
        let entries = std_fs::read_dir(self.folder.path()).unwrap();
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }
}

/// Without names and with them, linked directly and by way of /proc.
fn each_way(check: impl Fn(&Place)) {
    check(&Place::new(true));
    check(&Place::new(false));
    let by_proc = Place::new(true);
    by_proc
        .drafts
        .links_directly
        .store(false, Ordering::Relaxed);
    check(&by_proc);
}

#[test]
fn a_draft_has_the_name_only_when_it_is_published() {
    each_way(|place| {
        let draft = place.draft("new");
        assert!(!place.it().exists());
        assert_eq!(place.publish(&draft, false), Ok(Published::New));
        drop(draft);
        assert_eq!(place.names(), ["it"]);
        assert_eq!(std_fs::read_to_string(place.it()).unwrap(), "new");
    });
}

#[test]
fn a_dropped_draft_leaves_nothing() {
    each_way(|place| {
        let draft = place.draft("new");
        assert!(place.names().iter().all(|name| name.ends_with(".part")));
        drop(draft);
        assert_eq!(place.names(), [""; 0]);
    });
}

#[test]
fn what_had_the_name_is_replaced_as_a_whole() {
    each_way(|place| {
        std_fs::write(place.it(), "old").unwrap();
        let old = std_fs::File::open(place.it()).unwrap();
        let draft = place.draft("new");
        assert_eq!(place.publish(&draft, false), Ok(Published::New));
        drop(draft);
        assert_eq!(place.names(), ["it"]);
        assert_eq!(std_fs::read_to_string(place.it()).unwrap(), "new");
        let old = std::io::read_to_string(old).unwrap();
        assert_eq!(old, "old", "the old file was written to");
    });
}

#[test]
fn what_is_to_be_kept_is_kept() {
    each_way(|place| {
        std_fs::write(place.it(), "old").unwrap();
        let before = std_fs::metadata(place.it()).unwrap().ino();
        let draft = place.draft("new");
        assert_eq!(place.publish(&draft, true), Ok(Published::Kept));
        drop(draft);
        assert_eq!(place.names(), ["it"]);
        assert_eq!(std_fs::metadata(place.it()).unwrap().ino(), before);
    });
}

#[test]
fn a_directory_is_not_replaced_and_no_draft_is_left_beside_it() {
    each_way(|place| {
        std_fs::create_dir(place.it()).unwrap();
        let draft = place.draft("new");
        assert_eq!(place.publish(&draft, false), Err(Errno::ISDIR));
        drop(draft);
        assert_eq!(place.names(), ["it"]);
        assert!(place.it().is_dir());
    });
}

#[test]
fn a_long_name_has_room_for_a_draft() {
    let place = Place::new(false);
    let name = CString::new("x".repeat(255)).unwrap();
    let draft = place.drafts.create(&place.pair, &name, Mode::RUSR).unwrap();
    assert_eq!(
        place.drafts.publish(&draft, &name, false),
        Ok(Published::New)
    );
    assert_eq!(place.names(), ["x".repeat(255)]);
}
