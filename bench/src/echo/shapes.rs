//! The shapes of load and server, and the grammar of their names.
//!
//! `echo64p16k4w8x` is 64 connections, 16 requests in flight on each, messages of 4 KiB, 8 worker
//! threads of which 2 should run, server on CPU 0 and load on CPU 1. What is missing in a name
//! has its usual value: one in flight, 64 bytes, 2 workers, nothing pinned. `s` at the end puts
//! both on CPU 0: the path of the software alone, without the price of waking a CPU.

/// One shape of load and server.
#[derive(Clone)]
pub(super) struct Shape {
    pub(super) name: String,
    pub(super) about: String,
    pub(super) connections: u32,
    pub(super) in_flight: u32,
    pub(super) message_bytes: usize,
    /// Requests per second in an open loop; else a closed loop.
    pub(super) pace: Option<u32>,
    pub(super) place: Place,
    pub(super) workers: usize,
    pub(super) concurrency: usize,
}

#[derive(Clone, Copy)]
pub(super) enum Place {
    Anywhere,
    Apart,
    OneCpu,
}

impl Place {
    pub(super) fn server_cpu(self) -> Option<usize> {
        match self {
            Self::Anywhere => None,
            Self::Apart | Self::OneCpu => Some(0),
        }
    }

    pub(super) fn load_cpu(self) -> Option<usize> {
        match self {
            Self::Anywhere => None,
            Self::Apart => Some(1),
            Self::OneCpu => Some(0),
        }
    }

    fn letter(self) -> &'static str {
        match self {
            Self::Anywhere => "",
            Self::Apart => "x",
            Self::OneCpu => "s",
        }
    }

    fn about(self) -> &'static str {
        match self {
            Self::Anywhere => "nothing pinned",
            Self::Apart => "server on CPU 0, load on CPU 1",
            Self::OneCpu => "server and load on CPU 0",
        }
    }
}

pub(super) fn all() -> Vec<Shape> {
    let mut shapes = Vec::new();
    for workers in [2, 8] {
        for message_bytes in [64, 4096] {
            for in_flight in [1, 16] {
                for connections in [1, 64, 1000] {
                    // With one connection apart, waking the other CPU is all that counts.
                    let places: &[Place] = match (connections, workers, message_bytes, in_flight) {
                        (1, 2, 64, 1) => &[Place::Anywhere, Place::OneCpu, Place::Apart],
                        (1, ..) => &[Place::Anywhere, Place::OneCpu],
                        _ => &[Place::Anywhere, Place::Apart],
                    };
                    shapes.extend(places.iter().map(|&place| {
                        closed(workers, message_bytes, in_flight, connections, place)
                    }));
                }
            }
        }
    }
    for place in [Place::Anywhere, Place::Apart, Place::OneCpu] {
        let letter = place.letter();
        shapes.push(paced(&format!("paced20k{letter}"), 20_000, 64, place));
        shapes.push(paced(&format!("paced500{letter}"), 500, 1, place));
    }
    shapes
}

fn closed(
    workers: usize,
    message_bytes: usize,
    in_flight: u32,
    connections: u32,
    place: Place,
) -> Shape {
    let in_flight_name = if in_flight > 1 {
        format!("p{in_flight}")
    } else {
        String::new()
    };
    let size_name = if message_bytes > 64 { "k4" } else { "" };
    let workers_name = if workers > 2 {
        format!("w{workers}")
    } else {
        String::new()
    };
    Shape {
        name: format!(
            "echo{connections}{in_flight_name}{size_name}{workers_name}{}",
            place.letter()
        ),
        about: format!(
            "{connections} connections, {in_flight} in flight on each, {message_bytes} bytes, \
             {workers} workers (concurrency 2), {}",
            place.about()
        ),
        connections,
        in_flight,
        message_bytes,
        pace: None,
        place,
        workers,
        concurrency: 2,
    }
}

fn paced(name: &str, pace: u32, connections: u32, place: Place) -> Shape {
    Shape {
        name: name.to_owned(),
        about: format!(
            "{pace} requests/s over {connections} connections, open loop, 64 bytes, 8 workers \
             (concurrency 2), {}; ratios of server CPU",
            place.about()
        ),
        pace: Some(pace),
        ..closed(8, 64, 1, connections, place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_shapes_have_the_same_name() {
        let shapes = all();
        let mut names: Vec<&str> = shapes.iter().map(|shape| &*shape.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), shapes.len());
        assert!(names.contains(&"echo64p16k4w8x") && names.contains(&"echo1s"));
    }
}
