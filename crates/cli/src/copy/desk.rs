//! What is to be done next, and the right to do it.
//!
//! Tasks lie on a stack, so that what was found last is done first: a tree is then copied branch
//! by branch, and what is known of it but not done yet stays small. For each task that somebody
//! may take, the port holds one posted packet; which thread gets that, and how many run at once,
//! is the port's business.
//!
//! # Lanes
//!
//! A lane is the right to have one transfer between a file and its copy under way. It stands for
//! all that such a transfer takes: a buffer, and its share of the descriptors. There is a fixed
//! number of them. A batch of files that finds none is put aside, without a packet, until one is
//! free.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use completion_port::CompletionPort;

use super::folder::{Folder, Name, lock};
use super::transfer::Transfer;
use super::walk::Batch;

/// The packet that stands for a task. Completions need no key: they carry their transfer.
pub(super) const TURN: usize = 1;

/// Something to be done.
#[derive(Debug)]
pub(super) enum Task {
    /// Copy a directory.
    Folder { parent: Arc<Folder>, name: Name },
    /// Copy some of a directory's entries.
    Entries(Batch),
    /// Carry pieces of a large file. The lane for it is taken already.
    Lane(Arc<Transfer>),
}

/// What may be used at once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Threads that work.
    pub(super) threads: usize,
    /// Transfers under way.
    pub(super) lanes: usize,
    /// Batches of entries waiting.
    pub(super) batches: usize,
    /// Folders kept open for a next use.
    pub(super) folders: usize,
}

/// The descriptors of a thread that walks.
const WALKING: usize = 7;

impl Limits {
    /// For so many threads, and a process that may have so many descriptors open.
    ///
    /// A transfer has two files open, and two directories that nobody else may use any more; a
    /// batch and a folder two directories each. So at most a quarter of all is used, and 256. A
    /// thread that walks has three pairs of directories open for a moment: the one that it works
    /// in, and two while it goes down to another; and the library looks after it by one more. They
    /// may use half of all.
    pub(super) fn new(threads: usize, descriptors: usize) -> Self {
        let threads = threads.min(descriptors / (2 * WALKING)).max(1);
        let descriptors = (descriptors / 4).clamp(16, 256);
        Self {
            threads,
            lanes: (threads * 4).max(8).min(descriptors / 8),
            batches: (threads * 2).min(descriptors / 8),
            folders: descriptors / 16,
        }
    }

    /// How many lanes one file may have, so that one large file does not keep out all others.
    pub(super) fn lanes_of_file(&self) -> usize {
        (self.lanes / 2).clamp(1, 8)
    }
}

#[derive(Debug, Default)]
struct Papers {
    /// For each of these a packet is under way.
    tasks: VecDeque<Task>,
    /// How many of them are batches.
    batches: usize,
    /// These wait for a lane.
    put_aside: Vec<Batch>,
    lanes: usize,
    buffers: Vec<Vec<u8>>,
}

/// Tasks, lanes and spare buffers. Made once, used by all threads.
#[derive(Debug)]
pub(super) struct Desk {
    papers: Mutex<Papers>,
    limits: Limits,
    port: CompletionPort,
}

impl Desk {
    pub(super) fn new(port: CompletionPort, limits: Limits) -> Self {
        let papers = Papers {
            lanes: limits.lanes,
            ..Papers::default()
        };
        Self {
            papers: Mutex::new(papers),
            limits,
            port,
        }
    }

    /// Has somebody do a task.
    pub(super) fn add(&self, task: Task) {
        let mut papers = lock(&self.papers);
        papers.batches += usize::from(matches!(task, Task::Entries(_)));
        match task {
            // Below the rest, so that a large file does not keep out small ones.
            Task::Lane(_) => papers.tasks.push_front(task),
            Task::Folder { .. } | Task::Entries(_) => papers.tasks.push_back(task),
        }
        drop(papers);
        self.post();
    }

    /// A closed port means that everything is over, tasks and all.
    fn post(&self) {
        let _ = self.port.post(TURN, 0, 0);
    }

    /// The task for a packet.
    pub(super) fn take(&self) -> Option<Task> {
        let mut papers = lock(&self.papers);
        let task = papers.tasks.pop_back();
        papers.batches -= usize::from(matches!(task, Some(Task::Entries(_))));
        task
    }

    /// Whether so many batches wait that whoever finds more had better copy them himself.
    pub(super) fn is_full(&self) -> bool {
        let papers = lock(&self.papers);
        papers.batches + papers.put_aside.len() >= self.limits.batches
    }

    /// Takes a lane for the next entry of a batch. If none is free, the batch is put aside until
    /// one is, and if too many wait already, its descriptors are closed meanwhile: of those that
    /// are put aside there may be as many as there are folders.
    pub(super) fn lane_or_wait(&self, mut batch: Batch) -> Option<Batch> {
        let mut papers = lock(&self.papers);
        if papers.lanes > 0 {
            papers.lanes -= 1;
            return Some(batch);
        }
        let is_full = papers.batches + papers.put_aside.len() >= self.limits.batches;
        let closed = if is_full { batch.pair.take() } else { None };
        papers.put_aside.push(batch);
        drop(papers);
        drop(closed);
        None
    }

    /// Takes up to so many lanes more.
    pub(super) fn more_lanes(&self, lanes_max: usize) -> usize {
        let mut papers = lock(&self.papers);
        let lanes = papers.lanes.min(lanes_max);
        papers.lanes -= lanes;
        lanes
    }

    /// How many lanes one file may have.
    pub(super) fn lanes_of_file(&self) -> usize {
        self.limits.lanes_of_file()
    }

    /// Gives a lane back.
    pub(super) fn return_lane(&self) {
        lock(&self.papers).lanes += 1;
        self.resume();
    }

    /// Has a batch that was put aside gone on with, if there is one and a lane for it. To be
    /// called also by a batch that ends without having taken the lane that it was resumed for.
    pub(super) fn resume(&self) {
        let mut papers = lock(&self.papers);
        if papers.lanes == 0 {
            return;
        }
        let Some(batch) = papers.put_aside.pop() else {
            return;
        };
        papers.tasks.push_back(Task::Entries(batch));
        papers.batches += 1;
        drop(papers);
        self.post();
    }

    /// An empty buffer that has been used before, if there is one.
    pub(super) fn spare_buffer(&self) -> Option<Vec<u8>> {
        lock(&self.papers).buffers.pop()
    }

    /// Keeps a buffer for another use. There are never more than lanes and threads together.
    pub(super) fn keep_buffer(&self, buffer: Vec<u8>) {
        lock(&self.papers).buffers.push(buffer);
    }
}

#[cfg(test)]
mod tests {
    use super::super::folder::Pair;
    use super::*;

    #[test]
    fn few_descriptors_are_not_used_up() {
        for threads in [1, 4, 200] {
            for descriptors in [64, 256, 1024, 1 << 20] {
                let limits = Limits::new(threads, descriptors);
                // Standard streams, roots, what tells of an interruption, a port, its engine.
                let others = 15;
                let open = 6 * limits.lanes
                    + 2 * limits.batches
                    + 2 * limits.folders
                    + others
                    + WALKING * limits.threads;
                assert!(limits.threads > 0 && limits.threads <= threads);
                assert!(limits.lanes > 0 && limits.batches > 0 && limits.folders > 0);
                assert!(
                    open <= descriptors.max(64),
                    "{limits:?} of {descriptors}: {open}"
                );
                assert!((1..=limits.lanes).contains(&limits.lanes_of_file()));
            }
        }
    }

    #[test]
    fn batches_that_wait_for_a_lane_keep_few_descriptors() {
        let dir = std::fs::File::open("/").unwrap();
        let limits = Limits::new(1, 64);
        let desk = Desk::new(CompletionPort::new(0).unwrap(), limits);
        assert_eq!(desk.more_lanes(usize::MAX), limits.lanes);
        let waiting = 5 * limits.batches;
        for _ in 0..waiting {
            let pair = Arc::new(Pair {
                from: dir.try_clone().unwrap().into(),
                to: dir.try_clone().unwrap().into(),
            });
            let batch = Batch {
                folder: Folder::root(Arc::clone(&pair), "a".into(), "b".into(), 1),
                pair: Some(pair),
                entries: Vec::new(),
            };
            assert!(desk.lane_or_wait(batch).is_none());
        }
        let papers = lock(&desk.papers);
        let open = papers.put_aside.iter().filter(|it| it.pair.is_some());
        assert_eq!(open.count(), limits.batches);
        assert_eq!(papers.put_aside.len(), waiting);
    }
}
