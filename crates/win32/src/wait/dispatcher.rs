//! Who waits for what, and what becomes of them when something happens.
//!
//! A *wait* is for one or several sources; each of them is a *block* of the wait, which stands in
//! the queue of its source. One lock is around it all. It is taken only where somebody waits, or
//! is about to; see [`Source`] for the rest.
//!
//! # Invariants
//!
//! 1. A source with blocks in its queue is watched: nothing happens to it outside the lock.
//! 2. Outside the lock, no wait is there whose condition holds: whoever makes one hold satisfies
//!    it before it leaves the lock, the oldest wait first.
//! 3. A wait for all takes everything in one step, or nothing.
//! 4. A wait is satisfied or withdrawn, never both: either removes it, under the lock.
//! 5. Nobody is woken and nothing is called under the lock.

use std::collections::VecDeque;
use std::sync::Arc;

use parking_lot::Mutex;
use slab::Slab;

use super::Target;
use super::source::{NOBODY, Rule, Source};
use crate::thread::Thread;

/// How a wait ended well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// Which of the things, by its place among them; 0 if all were waited for.
    pub(crate) index: u32,
    /// Among what was taken is a mutex whose owner has died.
    pub(crate) abandoned: bool,
}

/// `WAIT_ABANDONED_0`.
const ABANDONED: u32 = 0x80;

impl Outcome {
    /// What `WaitForMultipleObjects` returns.
    pub(crate) fn code(self) -> u32 {
        if self.abandoned {
            ABANDONED + self.index
        } else {
            self.index
        }
    }

    /// The outcome that a thread was told by its code.
    pub(crate) fn of_code(code: u32) -> Self {
        Self {
            index: code % ABANDONED,
            abandoned: code >= ABANDONED,
        }
    }
}

/// What is done when a wait that no thread waits in is satisfied. Runs on the thread that made
/// it so, outside the lock; it must not block.
pub(crate) type Call = Box<dyn FnOnce(Outcome) + Send>;

/// Who is told.
pub(super) enum Who {
    /// It keeps what it waits for.
    Thread(Arc<Thread>),
    /// With what is waited for, so that it is never dropped under the lock.
    Call(Call, #[expect(dead_code, reason = "kept, not read")] Target),
}

impl Who {
    /// The thread that would own a mutex.
    fn thread(&self) -> Option<&Arc<Thread>> {
        match self {
            Self::Thread(thread) => Some(thread),
            Self::Call(..) => None,
        }
    }
}

struct Wait {
    who: Who,
    all: bool,
    /// Tells the wait from others that had or will have its place.
    serial: u64,
    /// The first of its blocks; they are linked in the order of their indexes.
    first: u32,
}

struct Block {
    target: Target,
    wait: u32,
    index: u32,
    /// The next block of the same wait.
    sibling: u32,
    /// Neighbours in the queue of the source.
    older: u32,
    newer: u32,
}

struct Dispatcher {
    waits: Slab<Wait>,
    blocks: Slab<Block>,
    serial: u64,
}

static DISPATCHER: Mutex<Dispatcher> = Mutex::new(Dispatcher {
    waits: Slab::new(),
    blocks: Slab::new(),
    serial: 0,
});

/// Those to be told after the lock has been left.
#[must_use]
#[derive(Default)]
struct Fired(VecDeque<(Who, Outcome)>);

impl Fired {
    fn tell(self) {
        for (who, outcome) in self.0 {
            match who {
                // Its outcome was stored under the lock.
                Who::Thread(thread) => thread.unpark(),
                Who::Call(call, _) => call(outcome),
            }
        }
    }
}

/// A wait that was not satisfied at once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Listed {
    place: u32,
    serial: u64,
}

impl Dispatcher {
    fn block(&self, place: u32) -> &Block {
        &self.blocks[place as usize]
    }

    /// The blocks of a wait.
    fn blocks_of(&self, wait: &Wait) -> impl Iterator<Item = &Block> {
        let first = (wait.first != NOBODY).then_some(wait.first);
        let places = std::iter::successors(first, |&place| {
            let next = self.block(place).sibling;
            (next != NOBODY).then_some(next)
        });
        places.map(|place| self.block(place))
    }

    /// Whether the wait's condition holds, and if so takes what it takes.
    fn try_satisfy(&self, wait: &Wait) -> Option<Outcome> {
        let thread = wait.who.thread();
        let mut blocks = self.blocks_of(wait);
        if wait.all {
            let ready = blocks.all(|block| block.target.is_ready(thread));
            let targets = self.blocks_of(wait).map(|block| &block.target);
            return ready.then(|| take_all(targets, thread));
        }
        let block = blocks.find(|block| block.target.is_ready(thread))?;
        Some(Outcome {
            index: block.index,
            abandoned: block.target.take(thread),
        })
    }

    /// Something has happened to the source: satisfies whom that satisfies.
    fn settle(&mut self, source: &Source, fired: &mut Fired) {
        let mut place = source.oldest();
        while place != NOBODY {
            if source.rule() != Rule::Ask && source.count() == 0 {
                return;
            }
            let id = self.block(place).wait;
            // Of the same wait there may be several, which will all be gone.
            let mut next = self.block(place).newer;
            while next != NOBODY && self.block(next).wait == id {
                next = self.block(next).newer;
            }
            if let Some(outcome) = self.try_satisfy(&self.waits[id as usize]) {
                let who = self.remove(id);
                if let Who::Thread(thread) = &who {
                    thread.satisfied(outcome);
                }
                fired.0.push_back((who, outcome));
            }
            place = next;
        }
    }

    /// Adds a wait to the queues of its sources.
    fn add(&mut self, targets: &[Target], all: bool, who: Who) -> Listed {
        self.serial += 1;
        let serial = self.serial;
        let id = self.waits.insert(Wait {
            who,
            all,
            serial,
            first: NOBODY,
        });
        let id = u32::try_from(id).expect("fewer waits than that");
        let mut first = NOBODY;
        // From the last to the first, so that each knows its successor.
        for (index, target) in targets.iter().enumerate().rev() {
            let source = target.source();
            let older = source.newest();
            let place = self.blocks.insert(Block {
                target: target.clone(),
                wait: id,
                index: index as u32,
                sibling: first,
                older,
                newer: NOBODY,
            });
            first = u32::try_from(place).expect("fewer blocks than that");
            match older {
                NOBODY => source.set_oldest(first),
                older => self.blocks[older as usize].newer = first,
            }
            source.set_newest(first);
        }
        self.waits[id as usize].first = first;
        Listed { place: id, serial }
    }

    /// Takes a wait out of all queues.
    fn remove(&mut self, id: u32) -> Who {
        let wait = self.waits.remove(id as usize);
        let mut place = wait.first;
        while place != NOBODY {
            let block = self.blocks.remove(place as usize);
            let source = block.target.source();
            match block.older {
                NOBODY => source.set_oldest(block.newer),
                older => self.blocks[older as usize].newer = block.newer,
            }
            match block.newer {
                NOBODY => source.set_newest(block.older),
                newer => self.blocks[newer as usize].older = block.older,
            }
            relax(&block.target);
            place = block.sibling;
        }
        wait.who
    }
}

/// If nobody waits for it any more, it need not be watched.
fn relax(target: &Target) {
    if target.source().oldest() == NOBODY {
        target.unwatch();
    }
}

fn take_all<'t>(
    targets: impl Iterator<Item = &'t Target>,
    thread: Option<&Arc<Thread>>,
) -> Outcome {
    // Every one is taken, whatever the others were.
    let abandoned = targets.fold(false, |any, target| target.take(thread) | any);
    Outcome {
        index: 0,
        abandoned,
    }
}

/// Takes what a wait for these would take, if it need not wait.
fn try_now(targets: &[Target], all: bool, thread: Option<&Arc<Thread>>) -> Option<Outcome> {
    if all {
        let ready = targets.iter().all(|target| target.is_ready(thread));
        return ready.then(|| take_all(targets.iter(), thread));
    }
    let index = targets.iter().position(|target| target.is_ready(thread))?;
    Some(Outcome {
        index: index as u32,
        abandoned: targets[index].take(thread),
    })
}

/// Satisfies a wait at once, or else does nothing.
pub(super) fn attempt(targets: &[Target], all: bool, thread: &Arc<Thread>) -> Option<Outcome> {
    let _lock = DISPATCHER.lock();
    targets.iter().for_each(Target::watch);
    let outcome = try_now(targets, all, Some(thread));
    targets.iter().for_each(relax);
    outcome
}

/// Satisfies a wait at once, or lists it. A thread that is listed finds its outcome in itself.
pub(super) fn begin(targets: &[Target], all: bool, who: Who) -> Result<(Outcome, Who), Listed> {
    let mut dispatcher = DISPATCHER.lock();
    targets.iter().for_each(Target::watch);
    // A wait for nothing is a sleep.
    if !targets.is_empty()
        && let Some(outcome) = try_now(targets, all, who.thread())
    {
        targets.iter().for_each(relax);
        return Ok((outcome, who));
    }
    if let Who::Thread(thread) = &who {
        thread.begin_wait();
    }
    targets.iter().for_each(Target::listen);
    Err(dispatcher.add(targets, all, who))
}

/// Ends the wait of a thread that has had enough; the outcome, if it was satisfied before.
pub(super) fn withdraw(listed: Listed, thread: &Thread) -> Option<Outcome> {
    let mut dispatcher = DISPATCHER.lock();
    let outcome = thread.outcome();
    if outcome.is_none() {
        dispatcher.remove(listed.place);
    }
    outcome
}

/// A wait that ends in a call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Registered(Option<Listed>);

impl Registered {
    /// Has something done when the target is signaled; within this call if it is already.
    pub(crate) fn new(target: Target, call: Call) -> Self {
        let targets = std::slice::from_ref(&target);
        match begin(targets, false, Who::Call(call, target.clone())) {
            Ok((outcome, Who::Call(call, _))) => {
                call(outcome);
                Self(None)
            }
            Ok((_, Who::Thread(_))) => unreachable!("it was a call"),
            Err(listed) => Self(Some(listed)),
        }
    }

    /// Calls it off: true if the call will not come, false if it has come or is on its way.
    pub(crate) fn cancel(self) -> bool {
        let Some(listed) = self.0 else { return false };
        let mut dispatcher = DISPATCHER.lock();
        let wait = dispatcher.waits.get(listed.place as usize);
        if wait.is_none_or(|wait| wait.serial != listed.serial) {
            return false;
        }
        let who = dispatcher.remove(listed.place);
        drop(dispatcher);
        // Outside the lock: destructors may signal something.
        drop(who);
        true
    }
}

/// Changes the count of a source that may be watched.
#[cold]
pub(super) fn change(source: &Source, to: impl FnOnce(u32) -> u32) {
    step(source, |_, _| {
        source.set_count(to(source.count()));
    });
}

/// See [`Source::pulse`].
pub(super) fn pulse(source: &Source) {
    step(source, |dispatcher, fired| {
        source.set_count(1);
        dispatcher.settle(source, fired);
        source.set_count(0);
    });
}

/// One step under the lock, and what follows from it.
fn step<T>(source: &Source, run: impl FnOnce(&mut Dispatcher, &mut Fired) -> T) -> T {
    let mut fired = Fired::default();
    let mut dispatcher = DISPATCHER.lock();
    source.watch();
    let result = run(&mut dispatcher, &mut fired);
    dispatcher.settle(source, &mut fired);
    if source.oldest() == NOBODY {
        source.unwatch();
    }
    drop(dispatcher);
    fired.tell();
    result
}

/// Something whose state is elsewhere, or kept beside its source, is about to change or has.
pub(super) fn changed<T>(source: &Source, run: impl FnOnce() -> T) -> T {
    step(source, |_, _| run())
}
