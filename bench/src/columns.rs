//! The figures that every row has, and what the tables call them.

/// A figure in a table.
pub(crate) struct Column {
    /// Its name in a [`Sample`](crate::sample::Sample) and in the JSON.
    pub(crate) key: &'static str,
    pub(crate) head: String,
    pub(crate) decimals: usize,
}

impl Column {
    pub(crate) fn new(key: &'static str, head: impl Into<String>, decimals: usize) -> Self {
        Self {
            key,
            head: head.into(),
            decimals,
        }
    }
}

/// What every row has, for operations of that name. A figure that a contender cannot give is
/// left open in its row.
pub(crate) fn standard(op: &str) -> Vec<Column> {
    vec![
        Column::new("ops_per_s", format!("{op}/s"), 0),
        Column::new("cpu_us_per_op", format!("CPU µs/{op}"), 3),
        Column::new("user_us_per_op", "user", 3),
        Column::new("system_us_per_op", "system", 3),
        Column::new("voluntary_per_op", format!("vol/{op}"), 3),
        Column::new("wakeups_per_op", "wakes", 3),
        Column::new("involuntary_per_op", "invol", 3),
        Column::new("p50_us", "p50 µs", 2),
        Column::new("p99_us", "p99", 2),
        Column::new("p999_us", "p99.9", 2),
        Column::new("peak_rss_mib", "peak MiB", 1),
    ]
}

/// [`standard`] and more.
pub(crate) fn with(op: &str, more: &[(&'static str, &str, usize)]) -> Vec<Column> {
    let more = more
        .iter()
        .map(|&(key, head, decimals)| Column::new(key, head, decimals));
    standard(op).into_iter().chain(more).collect()
}
