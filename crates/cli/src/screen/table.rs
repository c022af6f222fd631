//! Tables with an optional bar behind each row.

use anstyle::{AnsiColor, Style};

use super::{COLUMNS_MAX, FAINT, INDENT, Look, STRONG};

/// How long the longest bar is, where the columns leave so much room.
const BAR_COLUMNS: usize = 30;
/// Between columns.
const GAP: &str = "   ";
const BAR_STRONG: Style = AnsiColor::Cyan.on_default();
const BAR_FAINT: Style = AnsiColor::BrightBlack.on_default();

/// Rows under a head: the first column to the left, the others to the right.
#[derive(Debug)]
pub(crate) struct Table {
    head: Vec<String>,
    rows: Vec<Row>,
}

/// One row.
#[derive(Debug)]
pub(crate) struct Row {
    cells: Vec<String>,
    bar: Option<f64>,
    strong: bool,
}

impl Row {
    /// A row of these cells.
    pub(crate) fn of(cells: impl IntoIterator<Item = String>) -> Self {
        Self {
            cells: cells.into_iter().collect(),
            bar: None,
            strong: false,
        }
    }

    /// A row that the eye should find.
    pub(crate) fn strong(mut self, strong: bool) -> Self {
        self.strong = strong;
        self
    }

    /// Draws a bar for this value; the greatest of the table has the full length.
    pub(crate) fn bar(mut self, value: f64) -> Self {
        self.bar = Some(value);
        self
    }
}

impl Table {
    /// A table with these titles over its columns.
    pub(crate) fn new<'t>(head: impl IntoIterator<Item = &'t str>) -> Self {
        Self {
            head: head.into_iter().map(str::to_owned).collect(),
            rows: Vec::new(),
        }
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, row: Row) {
        assert_eq!(
            row.cells.len(),
            self.head.len(),
            "a row has a cell for each column"
        );
        self.rows.push(row);
    }

    /// The text, without a line end behind the last line.
    pub(super) fn render(&self, look: Look) -> String {
        let widths: Vec<usize> = (0..self.head.len())
            .map(|column| {
                let cells = self.rows.iter().map(|row| &row.cells[column]);
                let all = cells.chain([&self.head[column]]);
                all.map(|cell| cell.chars().count()).max().unwrap_or(0)
            })
            .collect();
        let greatest = self
            .rows
            .iter()
            .filter_map(|row| row.bar)
            .fold(0.0, f64::max);
        let columns = INDENT.len() + widths.iter().map(|width| width + GAP.len()).sum::<usize>();
        let room = BAR_COLUMNS.min(COLUMNS_MAX.saturating_sub(columns));
        let mut lines = vec![look.paint(FAINT, &line(&self.head, &widths))];
        for row in &self.rows {
            let text = line(&row.cells, &widths);
            let mut text = if row.strong {
                look.paint(STRONG, &text)
            } else {
                text
            };
            if let Some(value) = row.bar {
                let style = if row.strong { BAR_STRONG } else { BAR_FAINT };
                let bar = bar(look, value / greatest.max(f64::MIN_POSITIVE), room);
                if !bar.is_empty() {
                    text = format!("{text}{GAP}{}", look.paint(style, &bar));
                }
            }
            lines.push(text);
        }
        lines.join("\n")
    }
}

fn line(cells: &[String], widths: &[usize]) -> String {
    let mut text = INDENT.to_owned();
    for (column, (cell, &width)) in cells.iter().zip(widths).enumerate() {
        if column == 0 {
            text.push_str(&format!("{cell:<width$}"));
        } else {
            text.push_str(&format!("{GAP}{cell:>width$}"));
        }
    }
    text.trim_end().to_owned()
}

/// A bar for a part of the greatest value; what is not nothing shows at least a trace.
fn bar(look: Look, part: f64, room: usize) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let least = if part > 0.0 { 1 } else { 0 };
    match look {
        Look::Plain => String::new(),
        Look::Ascii => {
            let columns = (part * room as f64).round() as usize;
            "#".repeat(columns.max(least))
        }
        Look::Full => {
            let eighths = (part * (room * 8) as f64).round() as usize;
            let eighths = eighths.max(least);
            format!("{}{}", "█".repeat(eighths / 8), EIGHTHS[eighths % 8])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Table {
        let mut table = Table::new(["who", "count"]);
        table.row(
            Row::of(["one".into(), "1,000".into()])
                .bar(1000.0)
                .strong(true),
        );
        table.row(Row::of(["another".into(), "1".into()]).bar(1.0));
        table.row(Row::of(["none".into(), "0".into()]).bar(0.0));
        table
    }

    #[test]
    fn columns_are_aligned_and_a_plain_table_has_no_bars() {
        let expected = "  who       count\n  one       1,000\n  another       1\n  none          0";
        assert_eq!(sample().render(Look::Plain), expected);
    }

    #[test]
    fn bars_grow_with_their_value_and_nothing_has_none() {
        let text = sample().render(Look::Full);
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[1].contains(&"█".repeat(BAR_COLUMNS)), "{text}");
        assert!(lines[2].contains('▏'), "{text}");
        assert!(lines[3].ends_with('0'), "{text}");
        let ascii = sample().render(Look::Ascii);
        assert!(ascii.contains(&"#".repeat(BAR_COLUMNS)) && ascii.is_ascii());
    }

    #[test]
    fn a_bar_takes_what_the_columns_leave() {
        let mut table = Table::new(["what", "count"]);
        let wide = "x".repeat(COLUMNS_MAX - 20);
        table.row(Row::of([wide, "1".into()]).bar(1.0));
        let text = table.render(Look::Ascii);
        let row = text.lines().last().unwrap_or_default();
        let bar = row.chars().filter(|&sign| sign == '#').count();
        assert!((1..BAR_COLUMNS).contains(&bar), "{text}");
    }
}
