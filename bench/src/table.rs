//! Tables for people: medians and extremes, the ratios beneath; on the screen, or as Markdown.

use crate::columns::Column;
use crate::sample::FOREIGN;
use crate::suite::{Case, Row, median};

/// Prints medians, with minimum, maximum and ratios of the case's main figure.
pub(crate) fn print(case: &Case, rows: &[Row]) {
    let Some(main) = case.columns.iter().find(|column| column.key == case.main) else {
        println!("  (no column {})", case.main);
        return;
    };
    print_aligned(&figures(case, main, rows));
    println!("\n  ratios of {}, by the round", main.head);
    print_aligned(&ratios(main, rows));
}

/// The same as Markdown.
pub(crate) fn markdown(case: &Case, rows: &[Row]) -> String {
    let mut text = format!("`{}`: {}.\n\n", case.name, case.about);
    if let Some(main) = case.columns.iter().find(|column| column.key == case.main) {
        text += &markdown_lines(&figures(case, main, rows));
        text += &format!("\nRatios of {}, by the round:\n\n", main.head);
        text += &markdown_lines(&ratios(main, rows));
    }
    text
}

fn markdown_lines(lines: &[Vec<String>]) -> String {
    let line = |words: &Vec<String>| format!("| {} |\n", words.join(" | "));
    let mut text: String = lines.iter().take(1).map(line).collect();
    text += &format!(
        "|---{}|\n",
        "|---:".repeat(lines.first().map_or(0, Vec::len) - 1)
    );
    text.extend(lines.iter().skip(1).map(line));
    text
}

fn figures(case: &Case, main: &Column, rows: &[Row]) -> Vec<Vec<String>> {
    let others = || case.columns.iter().filter(|column| column.key != case.main);
    let mut head = ["", &main.head, "min", "max"].map(str::to_owned).to_vec();
    head.extend(others().map(|column| column.head.clone()));
    head.push("foreign".to_owned());
    let line = |row: &Row| {
        let values = row.values(main.key);
        let least = values.iter().copied().reduce(f64::min);
        let most = values.iter().copied().reduce(f64::max);
        let mut line = vec![row.contender.to_owned()];
        line.extend([median(values), least, most].map(|value| number(value, main.decimals)));
        line.extend(others().map(|c| number(median(row.values(c.key)), c.decimals)));
        line.push(number(row.values(FOREIGN).into_iter().reduce(f64::max), 0) + "%");
        line
    };
    std::iter::once(head).chain(rows.iter().map(line)).collect()
}

/// Our rows against everybody's; everybody's against everybody's if none is ours.
fn ratios(main: &Column, rows: &[Row]) -> Vec<Vec<String>> {
    let is_ours = |row: &&Row| row.contender.starts_with("ours");
    let any = rows.iter().any(|row| is_ours(&row));
    let mut head = vec![String::new()];
    head.extend(rows.iter().map(|row| format!("/{}", row.contender)));
    let line = |row: &Row| {
        let ratio = |peer| number(row.ratio_to(peer, main.key), 2);
        std::iter::once(row.contender.to_owned())
            .chain(rows.iter().map(ratio))
            .collect()
    };
    let chosen = rows.iter().filter(|row| !any || is_ours(row));
    std::iter::once(head).chain(chosen.map(line)).collect()
}

fn number(value: Option<f64>, decimals: usize) -> String {
    match value {
        Some(value) => format!("{value:.decimals$}"),
        None => "-".to_owned(),
    }
}

fn print_aligned(lines: &[Vec<String>]) {
    let columns = lines.iter().map(Vec::len).max().unwrap_or(0);
    let mut widths = vec![0; columns];
    for line in lines {
        for (word, width) in line.iter().zip(&mut widths) {
            *width = word.chars().count().max(*width);
        }
    }
    for line in lines {
        let mut text = String::from("  ");
        for (i, (word, &width)) in line.iter().zip(&widths).enumerate() {
            let word = if i == 0 {
                format!("{word:<width$}")
            } else {
                format!("  {word:>width$}")
            };
            text += &word;
        }
        println!("{}", text.trim_end());
    }
}
