//! `iocp doctor`: which engine runs here and why, whether it works, and what to do about it.

mod advice;
mod facts;
mod trial;

use std::process::ExitCode;

use serde::Serialize;

use crate::args;
use crate::failure::{Failure, Tried};
use crate::screen::{Screen, units};
use advice::Advice;
use facts::{Facts, Limit};
use trial::Trials;

/// Everything that is found out; the shape of `--json`.
#[derive(Serialize)]
struct Report {
    /// Completion ports work here, with whichever engine.
    healthy: bool,
    #[serde(flatten)]
    facts: Facts,
    trials: Trials,
    advice: Vec<Advice>,
}

/// Examines the system, tries the port, and tells.
pub(crate) fn run(args: &args::Doctor) -> Result<ExitCode, Failure> {
    let facts = Facts::gather();
    let trials = Trials::run();
    let advice = advice::advise(&facts);
    let report = Report {
        healthy: trials.succeeded(),
        facts,
        trials,
        advice,
    };
    let screen = Screen::new();
    if args.json {
        let text = serde_json::to_string_pretty(&report).tried("write the report as JSON")?;
        screen.put(&format!("{text}\n"))?;
    } else {
        report.show(screen)?;
    }
    Ok(if report.healthy {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

impl Report {
    fn show(&self, screen: Screen) -> Result<(), Failure> {
        screen.title("iocp doctor", "which engine runs here, and why")?;
        screen.gap()?;
        self.show_engines(screen)?;
        screen.gap()?;
        for (name, value) in self.facts.lines() {
            screen.fact(name, &value)?;
        }
        for advice in &self.advice {
            screen.heading(&advice.about)?;
            screen.say(&advice.why)?;
            for fix in &advice.fixes {
                screen.gap()?;
                screen.say(&fix.when)?;
                for line in &fix.lines {
                    screen.put(&format!("      {line}\n"))?;
                }
            }
        }
        screen.gap()?;
        let verdict = match (
            &self.trials.sockets,
            &self.trials.files,
            self.facts.engine.files,
        ) {
            (Ok(()), Ok(()), "io_uring") => "All is well.",
            (Ok(()), Ok(()), _) => "All is well: everything works without io_uring, too.",
            (Ok(()), Err(_), _) => "Operations on files do not work here.",
            (Err(_), Ok(()), _) => "Operations on sockets do not work here.",
            (Err(_), Err(_), _) => "Completion ports do not work here.",
        };
        screen.verdict(self.healthy, verdict)
    }

    fn show_engines(&self, screen: Screen) -> Result<(), Failure> {
        let engine = &self.facts.engine;
        let files = match (engine.files, engine.ring_mode, engine.demanded) {
            ("io_uring", Some(mode), _) => format!("Files: io_uring ({mode})."),
            (_, _, Some("threads")) => {
                "Files: a pool of threads, as COMPLETION_PORT_ENGINE demands.".to_owned()
            }
            (_, _, Some("uring")) => {
                "Files: COMPLETION_PORT_ENGINE demands io_uring, which is refused.".to_owned()
            }
            _ => "Files: a pool of threads, because io_uring is refused.".to_owned(),
        };
        for (line, trial) in [
            (
                format!("Sockets and pipes: {}.", engine.sockets),
                &self.trials.sockets,
            ),
            (files, &self.trials.files),
        ] {
            match trial {
                Ok(()) => screen.verdict(true, &line)?,
                Err(error) => screen.verdict(false, &format!("{line} Tried: {error}"))?,
            }
        }
        Ok(())
    }
}

impl Facts {
    /// Names and values for a person.
    fn lines(&self) -> Vec<(&'static str, String)> {
        let sysctl = match self.io_uring_disabled {
            None => "not known to this kernel".to_owned(),
            Some(0) => "0 (everyone may use it)".to_owned(),
            Some(1) => format!(
                "1 (only the group {} and CAP_SYS_ADMIN may use it)",
                self.io_uring_group.unwrap_or(-1)
            ),
            Some(other) => format!("{other} (nobody may use it)"),
        };
        let mut lines = vec![
            ("kernel", self.kernel.clone()),
            ("processors", self.processors.to_string()),
            ("io_uring_disabled", sysctl),
            ("seccomp", self.seccomp.to_owned()),
            ("open files", limit(self.open_files, units::count)),
            ("locked memory", limit(self.locked_memory, units::bytes)),
            (
                "container",
                self.container.clone().unwrap_or_else(|| "none seen".into()),
            ),
        ];
        let observed = match self.engine.observes_by {
            Some(file) => format!("seen by /proc/self/task/*/{file}"),
            None => "not seen: only blocking scopes free a slot".to_owned(),
        };
        lines.push(("blocked threads", observed));
        let direct = match self.engine.direct {
            "device" => "handed to the device, no thread waits",
            _ => "as other files",
        };
        lines.push(("O_DIRECT", direct.to_owned()));
        if let Some(error) = &self.engine.ring_error {
            lines.push(("io_uring says", error.text.clone()));
        }
        lines
    }
}

fn limit(limit: Option<Limit>, unit: impl Fn(u64) -> String) -> String {
    let one = |value: Option<u64>| value.map_or_else(|| "unlimited".into(), &unit);
    match limit {
        None => "unknown".to_owned(),
        Some(Limit { soft, hard }) if soft == hard => one(soft),
        Some(Limit { soft, hard }) => format!("{} (may be raised to {})", one(soft), one(hard)),
    }
}
