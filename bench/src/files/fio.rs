//! The program fio, which knows how to read fast.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use super::{BLOCK_BYTES, Shape};
use crate::Result;
use crate::child::Process;
use crate::proc::Machine;
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

pub(super) fn run(
    engine: &str,
    shape: &Shape,
    file: &Path,
    warm: Duration,
    window: Duration,
) -> Result<Sample> {
    let mut command = Command::new("fio");
    command.args([
        "--name=reads",
        "--rw=randread",
        "--readonly",
        "--thread",
        "--time_based",
    ]);
    command.args(["--norandommap", "--randrepeat=0", "--output-format=json"]);
    command.args([
        format!("--filename={}", file.display()),
        format!("--bs={BLOCK_BYTES}"),
        format!("--direct={}", u8::from(shape.direct)),
        format!("--ioengine={engine}"),
        format!("--iodepth={}", shape.depth),
        format!("--ramp_time={}ms", warm.as_millis()),
        format!("--runtime={}ms", window.as_millis()),
    ]);
    let machine = Machine::start()?;
    let text = Process::start(command)?.text(Duration::from_secs(60))?;
    // fio may say something before the JSON.
    let begin = text.find('{').ok_or("fio printed no JSON")?;
    let all: Value = serde_json::from_str(&text[begin..])?;
    let mut sample = figures(&all["jobs"][0]).ok_or("fio's JSON lacks a figure")?;
    // fio's own start and ramp are in the stretch, too; without a better estimate, its rate of
    // CPU use is taken to be the same then.
    let cpu_share = sample.get("cpu_us_per_op").zip(sample.get("ops_per_s"));
    let cpu_share = cpu_share.map_or(0.0, |(us_per_op, ops_per_s)| us_per_op * ops_per_s / 1e6);
    let foreign = machine.foreign_percent(0)? - 100.0 * cpu_share;
    sample.set(FOREIGN, foreign.max(0.0));
    Ok(sample)
}

fn figures(job: &Value) -> Option<Sample> {
    let read = &job["read"];
    let (reads, rate) = (read["total_ios"].as_f64()?, read["iops"].as_f64()?);
    let cpu_percent = job["usr_cpu"].as_f64()? + job["sys_cpu"].as_f64()?;
    let mut sample = Sample::default();
    sample.set("ops_per_s", rate);
    sample.set("cpu_us_per_op", cpu_percent / 100.0 * 1e6 / rate);
    sample.set("voluntary_per_op", job["ctx"].as_f64()? / reads);
    let latency_ns = &read["clat_ns"]["percentile"];
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
                "clat_ns": { "percentile": {
                    "50.000000": 1000, "99.000000": 2000, "99.900000": 3000
                } },
            },
        });
        let sample = figures(&job).unwrap();
        assert_eq!(sample.get("cpu_us_per_op"), Some(500.0));
        assert_eq!(sample.get("voluntary_per_op"), Some(0.05));
        assert_eq!(sample.get("p999_us"), Some(3.0));
        assert!(figures(&serde_json::json!({})).is_none());
    }
}
