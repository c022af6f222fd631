//! Cases, contenders, rounds; the printed tables and the JSON.
//!
//! Every bench module offers [`Case`]s; a case has contenders, which run alternately, one
//! process (or pair of processes) per cell. Nothing here knows what a case measures.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::columns::Column;
use crate::facts::Facts;
use crate::plot::Growth;
use crate::proc::Machine;
use crate::sample::{FOREIGN, Sample};
use crate::{Result, child, plot, table};

/// A round in which others used more than this share of a CPU is repeated …
///
/// Interrupts that wake an idle CPU belong to nobody and reach 8 % in the wake-up heavy cases.
const FOREIGN_PERCENT_MAX: f64 = 15.0;
/// … at most so often; the least disturbed try counts …
const TRIES_MAX: usize = 3;
/// … once the machine has become quiet, or after this time.
const PATIENCE: Duration = Duration::from_secs(10);

/// Runs one cell.
pub(crate) type Run = Box<dyn Fn() -> Result<Sample>>;

/// Someone who can do what a case asks.
pub(crate) struct Contender {
    pub(crate) name: &'static str,
    pub(crate) run: Run,
    /// Why it cannot take part, and how to change that.
    pub(crate) missing: Option<String>,
}

impl Contender {
    pub(crate) fn new(name: &'static str, run: impl Fn() -> Result<Sample> + 'static) -> Self {
        Self {
            name,
            run: Box::new(run),
            missing: None,
        }
    }
}

/// What grows with a size, over several cases.
#[derive(Clone)]
pub(crate) struct Growing {
    /// The figure that is the size.
    pub(crate) size: &'static str,
    /// The figures that may grow.
    pub(crate) keys: &'static [&'static str],
    /// Tells a chart from that of other cases.
    pub(crate) suffix: &'static str,
}

/// One comparison.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) about: String,
    /// The figure whose minimum, maximum and ratios are printed.
    pub(crate) main: &'static str,
    pub(crate) columns: Vec<Column>,
    /// Charts that this case shares with others of other sizes.
    pub(crate) growth: Option<Growing>,
    pub(crate) contenders: Vec<Contender>,
}

/// What the command line asks of every case.
pub(crate) struct Plan {
    pub(crate) rounds: usize,
    /// Names of contenders to keep; all if empty.
    pub(crate) only: Vec<String>,
    pub(crate) json: Option<PathBuf>,
    pub(crate) markdown: Option<PathBuf>,
    /// A folder for charts.
    pub(crate) plot: Option<PathBuf>,
}

/// All samples of one contender.
#[derive(Serialize)]
pub(crate) struct Row {
    pub(crate) contender: &'static str,
    pub(crate) rounds: Vec<Option<Sample>>,
}

impl Row {
    pub(crate) fn values(&self, key: &str) -> Vec<f64> {
        self.rounds
            .iter()
            .flatten()
            .filter_map(|sample| sample.get(key))
            .collect()
    }

    /// The median of the ratios of rounds that ran side by side.
    pub(crate) fn ratio_to(&self, other: &Self, key: &str) -> Option<f64> {
        let pairs = self.rounds.iter().zip(&other.rounds);
        let ratios = pairs
            .filter_map(|(own, peer)| Some(own.as_ref()?.get(key)? / peer.as_ref()?.get(key)?));
        // Nothing can be compared with nothing.
        median(ratios.filter(|ratio| ratio.is_finite()).collect())
    }
}

pub(crate) fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = *values.get(middle)?;
    Some(if values.len() % 2 == 1 {
        upper
    } else {
        (values[middle - 1] + upper) / 2.0
    })
}

/// Runs all cases, each with its group, prints each as soon as it is done, and writes what is to be
/// written. Returns how many cells failed.
pub(crate) fn run(cases: Vec<(&str, Case)>, plan: &Plan) -> Result<usize> {
    let facts = Facts::gather();
    facts.print();
    let mut failures = 0;
    let mut results = Vec::new();
    let mut growths = Growths::default();
    let mut text = String::new();
    let mut last_group = "";
    for (group, mut case) in cases {
        case.contenders
            .retain(|c| plan.only.is_empty() || plan.only.iter().any(|n| n == c.name));
        println!("\n{}: {}", case.name, case.about);
        let rows = alternate(&mut case, plan.rounds, &mut failures);
        table::print(&case, &rows);
        results.push(result(&case, &rows));
        if let Some(dir) = &plan.plot {
            plot::bars(&case, &rows, dir)?;
            growths.note(&case, &rows);
            growths.draw(dir)?;
        }
        if let Some(path) = &plan.markdown {
            if group != last_group {
                text += &format!("## {group}\n\n");
                last_group = group;
            }
            text += &(table::markdown(&case, &rows) + "\n");
            fs::write(path, &text)?;
        }
        if let Some(path) = &plan.json {
            let all = json!({ "machine": &facts, "command": command(), "cases": &results });
            fs::write(path, serde_json::to_string_pretty(&all)? + "\n")?;
        }
    }
    Ok(failures)
}

/// Figures that several cases have in common, over a size that each row tells.
#[derive(Default)]
struct Growths(BTreeMap<String, (String, Vec<Growth>)>);

impl Growths {
    fn note(&mut self, case: &Case, rows: &[Row]) {
        let Some(growing) = &case.growth else {
            return;
        };
        let named = |column: &&Column| growing.keys.contains(&column.key);
        for column in case.columns.iter().filter(named) {
            self.note_one(growing, column, rows);
        }
    }

    fn note_one(&mut self, growing: &Growing, column: &Column, rows: &[Row]) {
        let name = format!("growth-{}{}", column.key, growing.suffix);
        let about = format!("{} over {}", column.head, growing.size);
        let (_, lines) = self.0.entry(name).or_insert((about, Vec::new()));
        for row in rows {
            let medians = [growing.size, column.key].map(|key| median(row.values(key)));
            let [Some(size), Some(value)] = medians else {
                continue;
            };
            match lines
                .iter_mut()
                .find(|line| line.contender == row.contender)
            {
                Some(line) => line.points.push((size, value)),
                None => lines.push(Growth {
                    contender: row.contender,
                    points: vec![(size, value)],
                }),
            }
        }
    }

    fn draw(&self, dir: &Path) -> Result<()> {
        self.0
            .iter()
            .try_for_each(|(name, (about, lines))| plot::growth(name, about, lines, dir))
    }
}

/// How this program was called, without its path.
fn command() -> String {
    let args = env::args().skip(1);
    std::iter::once("bench".to_owned())
        .chain(args)
        .collect::<Vec<_>>()
        .join(" ")
}

/// A B C A B C …
fn alternate(case: &mut Case, rounds: usize, failures: &mut usize) -> Vec<Row> {
    case.contenders
        .retain(|contender| match &contender.missing {
            Some(why) => {
                println!("  {} is left out: {why}", contender.name);
                false
            }
            None => true,
        });
    let row = |c: &Contender| Row {
        contender: c.name,
        rounds: Vec::new(),
    };
    let mut rows: Vec<Row> = case.contenders.iter().map(row).collect();
    for round in 0..rounds {
        for (contender, row) in case.contenders.iter().zip(&mut rows) {
            let sample = least_disturbed(contender, wait_for_quiet).inspect_err(|error| {
                *failures += 1;
                println!(
                    "  {} failed in round {}: {error}",
                    contender.name,
                    round + 1
                );
            });
            row.rounds.push(sample.ok());
        }
    }
    rows
}

fn least_disturbed(contender: &Contender, pause: fn() -> Result<()>) -> Result<Sample> {
    let mut best: Option<Sample> = None;
    let foreign = |sample: &Sample| sample.get(FOREIGN).unwrap_or(0.0);
    let tries = if child::is_brief() { 1 } else { TRIES_MAX };
    for round in 0..tries {
        if round > 0 {
            pause()?;
        }
        let sample = (contender.run)()?;
        if best
            .as_ref()
            .is_none_or(|best| foreign(&sample) < foreign(best))
        {
            best = Some(sample);
        }
        if best
            .as_ref()
            .is_some_and(|best| foreign(best) <= FOREIGN_PERCENT_MAX)
        {
            break;
        }
    }
    best.ok_or_else(|| "no try".into())
}

fn wait_for_quiet() -> Result<()> {
    let end = Instant::now() + PATIENCE;
    let mut foreign = f64::MAX;
    while foreign > FOREIGN_PERCENT_MAX && Instant::now() < end {
        let machine = Machine::start()?;
        thread::sleep(Duration::from_millis(200));
        foreign = machine.foreign_percent(0)?;
    }
    Ok(())
}

/// Medians, extremes and ratios, and every round as it was measured.
fn result(case: &Case, rows: &[Row]) -> Value {
    let contenders = rows.iter().map(|row| {
        let figures = case.columns.iter().filter_map(|column| {
            let values = row.values(column.key);
            let least = values.iter().copied().reduce(f64::min)?;
            let most = values.iter().copied().reduce(f64::max)?;
            let summary = json!({ "median": median(values), "min": least, "max": most });
            Some((column.key.to_owned(), summary))
        });
        let ratios = rows.iter().filter_map(|peer| {
            let ratio = row.ratio_to(peer, case.main)?;
            Some((peer.contender.to_owned(), json!(ratio)))
        });
        json!({
            "contender": row.contender,
            "figures": figures.collect::<Map<_, _>>(),
            "ratio_to": ratios.collect::<Map<_, _>>(),
            "rounds": row.rounds,
        })
    });
    let contenders: Vec<Value> = contenders.collect();
    json!({ "case": case.name, "about": case.about, "main": case.main, "contenders": contenders })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(values: &[f64]) -> Row {
        let sample = |&value: &f64| {
            let mut sample = Sample::default();
            sample.set("x", value);
            Some(sample)
        };
        Row {
            contender: "someone",
            rounds: values.iter().map(sample).collect(),
        }
    }

    #[test]
    fn medians_of_odd_even_and_no_values() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(median(vec![]), None);
    }

    #[test]
    fn ratios_pair_the_rounds_and_skip_failed_ones() {
        let mut own = row(&[2.0, 30.0, 8.0]);
        let peer = row(&[1.0, 10.0, 1.0]);
        assert_eq!(own.ratio_to(&peer, "x"), Some(3.0));
        own.rounds[2] = None;
        assert_eq!(own.ratio_to(&peer, "x"), Some(2.5));
    }

    #[test]
    fn a_disturbed_round_is_repeated_and_the_quietest_try_kept() {
        let tries = std::cell::Cell::new(0);
        let contender = Contender::new("someone", move || {
            tries.set(tries.get() + 1);
            let mut sample = Sample::default();
            sample.set(FOREIGN, [50.0, 20.0, 30.0][tries.get() - 1]);
            Ok(sample)
        });
        assert_eq!(
            least_disturbed(&contender, || Ok(())).unwrap().get(FOREIGN),
            Some(20.0)
        );
    }
}
