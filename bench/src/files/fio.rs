//! The program fio, which knows how to read fast.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use super::{Shape, Work};
use crate::Result;
use crate::child::Process;
use crate::proc::{Machine, PeakWatch};
use crate::sample::{FOREIGN, Sample};

/// Why fio cannot take part.
pub(super) fn missing() -> Option<String> {
    let version = Command::new("fio")
        .arg("--version")
        .stdout(Stdio::null())
        .status();
    match version {
        Ok(status) if status.success() => None,
        _ => Some("it is not installed (Debian: apt-get install fio)".to_owned()),
    }
}

/// The io_uring engine with registered buffers and files.
pub(super) const FIXED: &str = "io_uring, registered";

pub(super) fn run(
    engine: &str,
    shape: &Shape,
    file: &Path,
    warm: Duration,
    window: Duration,
) -> Result<Sample> {
    let mut command = Command::new("fio");
    command.args([
        "--name=job",
        "--group_reporting",
        "--thread",
        "--time_based",
    ]);
    command.args(["--norandommap", "--randrepeat=0", "--output-format=json"]);
    // What is done at once is done while it is submitted, which is not in fio's usual percentiles.
    command.args(["--lat_percentiles=1", "--clat_percentiles=0"]);
    if !shape.direct {
        // What the others are given, too.
        command.arg("--invalidate=0");
        super::warm(file)?;
    }
    command.args(match shape.work {
        Work::Random => &["--rw=randread", "--readonly"],
        Work::Sequential => &["--rw=read", "--readonly"],
        Work::WriteSync => &["--rw=randwrite", "--fdatasync=1"],
    });
    let (engine, of_engine): (_, &[&str]) = match engine {
        FIXED => ("io_uring", &["--fixedbufs=1", "--registerfiles=1"]),
        _ => (engine, &[]),
    };
    // An engine without a queue has a thread for each operation in flight.
    let (depth, jobs) = match engine {
        "psync" => (1, shape.in_flight()),
        _ => (shape.depth, shape.threads),
    };
    command.args([
        format!("--filename={}", file.display()),
        format!("--bs={}", shape.bytes),
        format!("--direct={}", u8::from(shape.direct)),
        format!("--ioengine={engine}"),
        format!("--iodepth={depth}"),
        format!("--numjobs={jobs}"),
        format!("--ramp_time={}ms", warm.as_millis()),
        format!("--runtime={}ms", window.as_millis()),
    ]);
    // fio knows an engine's options only behind its name.
    command.args(of_engine);
    let machine = Machine::start()?;
    let fio = Process::start(command)?;
    let peak = PeakWatch::start(fio.id());
    let text = fio.text(Duration::from_secs(60))?;
    let peak_kib = peak.end();
    // fio may say something before the JSON.
    let begin = text.find('{').ok_or("fio printed no JSON")?;
    let all: Value = serde_json::from_str(&text[begin..])?;
    let mut sample =
        figures(&all["jobs"][0], shape.work, jobs).ok_or("fio's JSON lacks a figure")?;
    sample.set("peak_rss_mib", peak_kib as f64 / 1024.0);
    // fio's own start and ramp are in the stretch, too; without a better estimate, its rate of
    // CPU use is taken to be the same then.
    let cpu_share = sample.get("cpu_us_per_op").zip(sample.get("ops_per_s"));
    let cpu_share = cpu_share.map_or(0.0, |(us_per_op, ops_per_s)| us_per_op * ops_per_s / 1e6);
    let foreign = machine.foreign_percent(0)? - 100.0 * cpu_share;
    sample.set(FOREIGN, foreign.max(0.0));
    Ok(sample)
}

fn figures(job: &Value, work: Work, jobs: usize) -> Option<Sample> {
    let (ops, latencies) = match work {
        Work::WriteSync => (&job["write"], &job["sync"]["lat_ns"]),
        Work::Random | Work::Sequential => (&job["read"], &job["read"]["lat_ns"]),
    };
    let (count, rate) = (ops["total_ios"].as_f64()?, ops["iops"].as_f64()?);
    let mut sample = Sample::default();
    sample.set("ops_per_s", rate);
    // Of one CPU, and the mean of all jobs.
    let us_per_percent = jobs as f64 / 100.0 * 1e6 / rate;
    let (user, system) = (job["usr_cpu"].as_f64()?, job["sys_cpu"].as_f64()?);
    sample.set("cpu_us_per_op", (user + system) * us_per_percent);
    sample.set("user_us_per_op", user * us_per_percent);
    sample.set("system_us_per_op", system * us_per_percent);
    sample.set("voluntary_per_op", job["ctx"].as_f64()? / count);
    let latency_ns = &latencies["percentile"];
    for (key, percentile) in [
        ("p50_us", "50.000000"),
        ("p99_us", "99.000000"),
        ("p999_us", "99.900000"),
    ] {
        sample.set(key, latency_ns[percentile].as_f64()? / 1e3);
    }
    Some(sample)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_found_in_the_json() {
        let job = serde_json::json!({
            "usr_cpu": 10.0, "sys_cpu": 15.0, "ctx": 50,
            "read": {
                "total_ios": 1000, "iops": 500.0,
                "lat_ns": { "percentile": {
                    "50.000000": 1000, "99.000000": 2000, "99.900000": 3000
                } },
            },
        });
        let sample = figures(&job, Work::Random, 2).unwrap();
        assert_eq!(sample.get("cpu_us_per_op"), Some(1000.0));
        assert_eq!(sample.get("voluntary_per_op"), Some(0.05));
        assert_eq!(sample.get("p999_us"), Some(3.0));
        assert!(figures(&serde_json::json!({}), Work::WriteSync, 1).is_none());
    }
}
