//! Charts: one SVG file for a case, and one for each growth over several cases.

use std::fmt::Display;
use std::fs;
use std::path::Path;

use svg::Document;
use svg::node::element::{Group, Line, Path as Curve, Rectangle, Text, Title};

use crate::Result;
use crate::suite::{Case, Row, median};

const WIDTH: f64 = 760.0;
const MARGIN: f64 = 12.0;
/// Room for the names on the left and the figures on the right.
const NAMES: f64 = 130.0;
const FIGURES: f64 = 110.0;
const BAR: f64 = 18.0;
const STEP: f64 = 26.0;
const HEAD: f64 = 58.0;

const OURS: &str = "#1b6ca8";
const PEER: &str = "#9aa5b1";
const INK: &str = "#222222";
/// Lines of a growth chart, in the order of the contenders.
const COLOURS: &[&str] = &[
    "#444444", "#b07aa1", "#f28e2b", "#76b7b2", "#59a14f", "#edc948", OURS, "#4fa3d8", "#e15759",
    "#ff9da7", "#9c755f",
];

/// Draws the main figure of a case: a bar to the median, a line from minimum to maximum.
pub(crate) fn bars(case: &Case, rows: &[Row], dir: &Path) -> Result<()> {
    let Some(main) = case.columns.iter().find(|column| column.key == case.main) else {
        return Ok(());
    };
    let values: Vec<Vec<f64>> = rows.iter().map(|row| row.values(main.key)).collect();
    let most = values.iter().flatten().copied().fold(0.0, f64::max);
    if most <= 0.0 {
        return Ok(());
    }
    let scale = (WIDTH - NAMES - FIGURES - MARGIN) / most;
    let height = HEAD + STEP * rows.len() as f64 + MARGIN;
    let mut document = sheet(height, &case.name, &case.about).add(text(
        MARGIN,
        50.0,
        11,
        &format!("{}: median, minimum to maximum", main.head),
    ));
    for (index, (row, values)) in rows.iter().zip(&values).enumerate() {
        let top = HEAD + STEP * index as f64;
        let middle = top + BAR / 2.0;
        let name = text(NAMES - 8.0, middle + 4.0, 12, row.contender).set("text-anchor", "end");
        let Some(value) = median(values.clone()) else {
            document = document
                .add(name)
                .add(text(NAMES, middle + 4.0, 12, "failed"));
            continue;
        };
        let colour = if row.contender.starts_with("ours") {
            OURS
        } else {
            PEER
        };
        let bar = Rectangle::new()
            .set("x", NAMES)
            .set("y", top)
            .set("width", value * scale)
            .set("height", BAR)
            .set("fill", colour)
            .add(Title::new(format!("{}: {value}", row.contender)));
        let least = values.iter().copied().fold(f64::MAX, f64::min);
        let most = values.iter().copied().fold(0.0, f64::max);
        let range = line(NAMES + least * scale, middle, NAMES + most * scale, middle);
        let figure = format!("{value:.*}", main.decimals);
        let figure = text(NAMES + most * scale + 6.0, middle + 4.0, 12, &figure);
        let group = Group::new().add(name).add(bar).add(range).add(figure);
        document = document.add(group);
    }
    save(&document, dir, &case.name)
}

/// One contender's figures over a size.
pub(crate) struct Growth {
    pub(crate) contender: &'static str,
    /// Size and median.
    pub(crate) points: Vec<(f64, f64)>,
}

/// Draws figures that grow with a size; both axes are logarithmic.
pub(crate) fn growth(name: &str, about: &str, lines: &[Growth], dir: &Path) -> Result<()> {
    const HEIGHT: f64 = 420.0;
    let points = || lines.iter().flat_map(|line| &line.points);
    let positive = |value: &f64| *value > 0.0;
    let range = |values: Vec<f64>| {
        let least = values
            .iter()
            .copied()
            .filter(positive)
            .fold(f64::MAX, f64::min);
        let most = values.iter().copied().fold(0.0, f64::max);
        // Whole decades, at least one.
        let (least, most) = (least.log10().floor(), most.log10().ceil());
        (least, most.max(least + 1.0))
    };
    let (sizes, values): (Vec<f64>, Vec<f64>) = points().copied().unzip();
    if !values.iter().any(|value| *value > 0.0) {
        return Ok(());
    }
    let ((x0, x1), (y0, y1)) = (range(sizes), range(values));
    let (left, right, top, bottom) = (60.0, WIDTH - NAMES, HEAD, HEIGHT - 30.0);
    let x = |size: f64| left + (size.log10() - x0) / (x1 - x0) * (right - left);
    let y = |value: f64| bottom - (value.log10() - y0) / (y1 - y0) * (bottom - top);
    let mut document = sheet(HEIGHT, name, about);
    for decade in x0 as i32..=x1 as i32 {
        let size = 10f64.powi(decade);
        let label = text(x(size), bottom + 18.0, 11, &size).set("text-anchor", "middle");
        document = document.add(grid(x(size), top, x(size), bottom)).add(label);
    }
    for decade in y0 as i32..=y1 as i32 {
        let value = 10f64.powi(decade);
        let label = text(left - 8.0, y(value) + 4.0, 11, &value).set("text-anchor", "end");
        document = document
            .add(grid(left, y(value), right, y(value)))
            .add(label);
    }
    for (index, growth) in lines.iter().enumerate() {
        let colour = COLOURS[index % COLOURS.len()];
        let shown = growth.points.iter().filter(|(_, value)| *value > 0.0);
        let places: Vec<String> = shown
            .map(|&(size, value)| format!("{:.1} {:.1}", x(size), y(value)))
            .collect();
        if places.is_empty() {
            continue;
        }
        let curve = Curve::new()
            .set("d", format!("M{}", places.join(" L")))
            .set("fill", "none")
            .set("stroke", colour)
            .set(
                "stroke-width",
                if growth.contender.starts_with("ours") {
                    3
                } else {
                    2
                },
            );
        let label = text(
            right + 10.0,
            top + 16.0 * (index + 1) as f64,
            12,
            growth.contender,
        );
        document = document.add(curve).add(label.set("fill", colour));
    }
    save(&document, dir, name)
}

fn sheet(height: f64, title: &str, about: &str) -> Document {
    let background = Rectangle::new()
        .set("width", "100%")
        .set("height", "100%")
        .set("fill", "white");
    Document::new()
        .set("viewBox", (0, 0, WIDTH, height))
        .set("width", WIDTH)
        .set("height", height)
        .set("font-family", "sans-serif")
        .add(background)
        .add(text(MARGIN, 20.0, 15, title).set("font-weight", "bold"))
        .add(text(MARGIN, 36.0, 11, about))
}

fn text(x: f64, y: f64, size: u32, words: &(impl Display + ?Sized)) -> Text {
    Text::new(words.to_string())
        .set("x", x)
        .set("y", y)
        .set("font-size", size)
        .set("fill", INK)
}

fn line(x1: f64, y1: f64, x2: f64, y2: f64) -> Line {
    Line::new()
        .set("x1", x1)
        .set("y1", y1)
        .set("x2", x2)
        .set("y2", y2)
        .set("stroke", INK)
        .set("stroke-width", 2)
}

fn grid(x1: f64, y1: f64, x2: f64, y2: f64) -> Line {
    line(x1, y1, x2, y2)
        .set("stroke", "#dddddd")
        .set("stroke-width", 1)
}

fn save(document: &Document, dir: &Path, name: &str) -> Result<()> {
    fs::create_dir_all(dir)?;
    Ok(svg::save(dir.join(format!("{name}.svg")), document)?)
}
