//! Changes to a text, collected first and made together.

use std::ops::Range;

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Edit {
    /// Other text in this place; an empty place means insertion.
    Put(String),
    /// The text of another place, with the changes made in that place too.
    Move {
        from: Range<usize>,
        before: String,
        after: String,
    },
}

/// Changes to one text. They are made in the order of their places; in one place, in the order in
/// which they were asked for. A change inside text that another one replaces is dropped.
#[derive(Clone, Debug, Default)]
pub(crate) struct Edits {
    list: Vec<(Range<usize>, Edit)>,
}

impl Edits {
    /// Whether the text stays as it is.
    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Puts other text in a place.
    pub(crate) fn replace(&mut self, place: Range<usize>, text: impl Into<String>) {
        self.list.push((place, Edit::Put(text.into())));
    }

    /// Puts text before what stands at `at`.
    pub(crate) fn insert(&mut self, at: usize, text: impl Into<String>) {
        self.replace(at..at, text);
    }

    /// Takes a text from behind `at` to `at`, between `before` and `after`.
    pub(crate) fn bring(
        &mut self,
        at: usize,
        from: Range<usize>,
        before: impl Into<String>,
        after: impl Into<String>,
    ) {
        let edit = Edit::Move {
            from,
            before: before.into(),
            after: after.into(),
        };
        self.list.push((at..at, edit));
    }

    /// The changed text.
    pub(crate) fn apply(mut self, text: &str) -> String {
        self.list.sort_by_key(|(place, _)| place.start);
        let mut out = String::with_capacity(text.len() + 64);
        self.render(text, 0..text.len(), &mut out);
        out
    }

    fn render(&self, text: &str, within: Range<usize>, out: &mut String) {
        let mut at = within.start;
        let first = self
            .list
            .partition_point(|(place, _)| place.start < within.start);
        let inside = self.list[first..]
            .iter()
            .take_while(|(place, _)| place.start < within.end || within.end == text.len());
        let mut moved: Vec<&Range<usize>> = Vec::new();
        for (place, edit) in inside {
            skip_moved(text, &mut at, place.start, &mut moved, out);
            if place.start < at {
                continue;
            }
            out.push_str(&text[at..place.start]);
            at = place.end;
            match edit {
                Edit::Put(new) => out.push_str(new),
                Edit::Move {
                    from,
                    before,
                    after,
                } => {
                    out.push_str(before);
                    self.render(text, from.clone(), out);
                    out.push_str(after);
                    moved.push(from);
                }
            }
        }
        skip_moved(text, &mut at, within.end, &mut moved, out);
        if at < within.end {
            out.push_str(&text[at..within.end]);
        }
    }
}

/// Copies what stands before `until` as far as a place begins that was moved away, and steps over
/// that place.
fn skip_moved(
    text: &str,
    at: &mut usize,
    until: usize,
    moved: &mut Vec<&Range<usize>>,
    out: &mut String,
) {
    moved.sort_by_key(|from| from.start);
    while let Some(&from) = moved.first() {
        if from.start > until {
            return;
        }
        moved.remove(0);
        if *at < from.start {
            out.push_str(&text[*at..from.start]);
        }
        *at = from.end.max(*at);
    }
}

#[cfg(test)]
mod tests {
    use super::Edits;

    #[test]
    fn changes_are_made_in_the_order_of_their_places() {
        let mut edits = Edits::default();
        edits.replace(4..7, "two");
        edits.insert(0, "<");
        edits.insert(0, "!");
        edits.insert(7, ">");
        assert_eq!(edits.apply("one zwo"), "<!one two>");
    }

    #[test]
    fn a_change_within_a_replaced_place_is_dropped() {
        let mut edits = Edits::default();
        edits.replace(0..7, "all");
        edits.replace(4..7, "two");
        assert_eq!(edits.apply("one zwo."), "all.");
    }

    #[test]
    fn a_moved_place_brings_its_changes_along() {
        let mut edits = Edits::default();
        edits.bring(1, 5..8, "(", ")");
        edits.replace(6..7, "Y");
        edits.replace(2..3, "Z");
        edits.insert(8, "]");
        assert_eq!(edits.apply("a bc xyz d"), "a(xYz) Zc ] d");
    }

    #[test]
    fn moves_nest() {
        let mut edits = Edits::default();
        let text = "1 2 a b c";
        edits.bring(0, 8..9, "[", "]");
        edits.bring(2, 6..7, "(", ")");
        assert_eq!(edits.apply(text), "[c]1 (b)2 a  ");
    }
}
