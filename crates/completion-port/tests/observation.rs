//! Threads that block in what is none of the library's: their slots go to others (S-067), and come
//! back (S-068).

mod common;

use std::io::{Read, Write};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Barrier, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use common::process::has_run_alone;
use common::raw::{in_forked_child, is_resident};
use common::{eventually, take, until_waiting, wait};
use completion_port::{CompletionPort, Deadline, engine_report};

/// Whether threads can be observed here at all; says so if not.
fn is_possible() -> bool {
    let by = engine_report().observes_by;
    if by.is_none() {
        println!("skipped: nothing in /proc tells which threads run");
    }
    by.is_some()
}

/// A block that is over soon.
fn nap() {
    thread::sleep(Duration::from_micros(300)); // not for order: it is the block
}

/// Holds the only slot of a port in `block` until `release` is called; meanwhile another thread
/// must get the next packet.
fn a_blocked_handler_is_replaced(block: impl FnOnce() + Send, release: impl FnOnce()) {
    if !is_possible() {
        return;
    }
    let port = CompletionPort::new(1).unwrap();
    let entered = Barrier::new(2);
    thread::scope(|scope| {
        port.post(0, 0, 1).unwrap();
        let first = scope.spawn(|| {
            assert_eq!(take(&port).token(), Some(1));
            entered.wait();
            block();
            // Back from the block it asks for the next.
            take(&port).token()
        });
        entered.wait();
        let second = scope.spawn(|| take(&port).token());
        until_waiting(&port, 1);
        port.post(0, 0, 2).unwrap();
        assert_eq!(
            second.join().unwrap(),
            Some(2),
            "the first is still blocked"
        );
        assert!(port.snapshot().counters.observed_blocked > 0);
        release();
        port.post(0, 0, 3).unwrap();
        assert_eq!(first.join().unwrap(), Some(3));
    });
}

#[test]
fn s_067_a_read_from_a_pipe() {
    a_blocked_reader_is_replaced();
}

#[test]
fn s_067_a_foreign_lock() {
    let lock = Mutex::new(());
    let held = Mutex::new(Some(lock.lock().unwrap()));
    a_blocked_handler_is_replaced(
        || drop(lock.lock().unwrap()),
        || drop(held.lock().unwrap().take()),
    );
}

#[test]
fn s_067_a_sleep() {
    let over = AtomicBool::new(false);
    a_blocked_handler_is_replaced(
        || {
            while !over.load(Ordering::SeqCst) {
                thread::sleep(Duration::from_millis(20)); // not for order: it is the block
            }
        },
        || over.store(true, Ordering::SeqCst),
    );
}

#[test]
fn s_068_a_thread_that_resumes_counts_again() {
    if !is_possible() {
        return;
    }
    let port = CompletionPort::new(1).unwrap();
    let (mut reader, mut writer) = std::io::pipe().unwrap();
    let stop = AtomicBool::new(false);
    let spin = || {
        while !stop.load(Ordering::SeqCst) {
            std::hint::spin_loop();
        }
    };
    thread::scope(|scope| {
        let (port, spin) = (&port, &spin);
        port.post(0, 0, 1).unwrap();
        let first = scope.spawn(move || {
            take(port);
            reader.read_exact(&mut [0]).unwrap();
            spin();
        });
        eventually("the handler runs", || port.snapshot().running == 1);
        let second = scope.spawn(move || {
            take(port);
            spin();
        });
        until_waiting(port, 1);
        port.post(0, 0, 2).unwrap();
        eventually("the second is released", || {
            port.snapshot().counters.hand_overs == 1
        });
        // A third waits, and a packet for it; the first resumes beside the second.
        let third = scope.spawn(move || take(port).token());
        until_waiting(port, 1);
        port.post(0, 0, 3).unwrap();
        writer.write_all(b"x").unwrap();
        eventually("the first counts again", || port.snapshot().running == 2);
        let now = port.snapshot();
        assert_eq!((now.queued, now.waiting, now.limit), (1, 1, 1));
        assert_eq!(now.counters.observed_running, 1);
        stop.store(true, Ordering::SeqCst);
        for thread in [first, second] {
            thread.join().unwrap();
        }
        assert_eq!(third.join().unwrap(), Some(3));
    });
}

#[test]
fn s_073_s_074_threads_that_spin_or_are_starved_of_a_processor_are_not_blocked() {
    if !is_possible() {
        return;
    }
    // Twice as many spinning threads as processors: half of them starve at any moment.
    let processors = thread::available_parallelism().unwrap().get();
    let port = CompletionPort::new(2 * processors).unwrap();
    let over = AtomicBool::new(false);
    let spinning = AtomicUsize::new(0);
    thread::scope(|scope| {
        for token in 0..2 * processors {
            port.post(0, 0, token).unwrap();
            scope.spawn(|| {
                wait(&port).unwrap();
                spinning.fetch_add(1, Ordering::SeqCst);
                while !over.load(Ordering::SeqCst) {
                    std::hint::spin_loop();
                }
            });
        }
        eventually("all spin", || {
            spinning.load(Ordering::SeqCst) == 2 * processors
        });
        let waiter = scope.spawn(|| port.get(Deadline::Never).unwrap().token());
        until_waiting(&port, 1);
        port.post(0, 0, 99).unwrap();
        // For a longer look.
        let asked = std::env::var("COMPLETION_PORT_TEST_SPIN_S").ok();
        let seconds = asked.and_then(|word| word.parse().ok()).unwrap_or(1.5);
        let end = Instant::now() + Duration::from_secs_f64(seconds);
        while Instant::now() < end {
            let now = port.snapshot();
            assert_eq!((now.counters.observed_blocked, now.queued), (0, 1));
            thread::sleep(Duration::from_millis(5)); // not for order: between two looks
        }
        // But it is told that they keep a packet waiting.
        assert!(port.snapshot().counters.starved > 0);
        over.store(true, Ordering::SeqCst);
        assert_eq!(waiter.join().unwrap(), Some(99));
    });
}

#[test]
fn a_port_that_does_not_observe_waits_for_the_handler() {
    let builder = CompletionPort::builder().concurrency(1).observe(false);
    let port = builder.build().unwrap();
    let (mut reader, mut writer) = std::io::pipe().unwrap();
    thread::scope(|scope| {
        let port = &port;
        port.post(0, 0, 1).unwrap();
        scope.spawn(move || {
            take(port);
            reader.read_exact(&mut [0]).unwrap();
        });
        eventually("the handler runs", || port.snapshot().running == 1);
        port.post(0, 0, 2).unwrap();
        assert!(port.get(Duration::from_millis(100)).is_err());
        assert_eq!(port.snapshot().counters.observed_blocked, 0);
        writer.write_all(b"x").unwrap();
        assert_eq!(take(port).token(), Some(2));
    });
}

fn a_blocked_reader_is_replaced() {
    let (mut reader, mut writer) = std::io::pipe().unwrap();
    a_blocked_handler_is_replaced(
        move || reader.read_exact(&mut [0]).unwrap(),
        move || writer.write_all(b"x").unwrap(),
    );
}

#[test]
fn a_forked_child_is_observed_like_its_parent() {
    if has_run_alone(module_path!(), "a_forked_child_is_observed_like_its_parent") {
        return;
    }
    // The parent's observer runs, and the child does not have it.
    a_blocked_reader_is_replaced();
    let code = in_forked_child(|| {
        a_blocked_reader_is_replaced();
        0
    });
    assert_eq!(code, 0, "the child's end");
    a_blocked_reader_is_replaced();
}

#[test]
fn a_thousand_threads_block_and_each_is_noticed() {
    const THREADS: usize = 1_000;
    if !is_possible() {
        return;
    }
    let port = CompletionPort::new(2).unwrap();
    let (inside, gate) = (AtomicUsize::new(0), Mutex::new(()));
    let closed = gate.lock().unwrap();
    thread::scope(|scope| {
        for _ in 0..THREADS {
            let work = || {
                wait(&port).unwrap();
                inside.fetch_add(1, Ordering::SeqCst);
                drop(gate.lock().unwrap());
            };
            let builder = thread::Builder::new().stack_size(64 << 10);
            builder.spawn_scoped(scope, work).unwrap();
        }
        for number in 0..THREADS {
            port.post(0, number, 0).unwrap();
        }
        // With a limit of 2, only because those before are seen to block.
        eventually("all are inside", || {
            inside.load(Ordering::SeqCst) == THREADS
        });
        assert!(port.snapshot().counters.observed_blocked >= THREADS as u64 - 2);
        drop(closed);
    });
}

#[test]
fn many_threads_that_block_in_turn_lose_no_packet() {
    const PACKETS: usize = 400;
    let port = CompletionPort::new(2).unwrap();
    let taken = AtomicUsize::new(0);
    let lock = Mutex::new(());
    thread::scope(|scope| {
        for _ in 0..12 {
            scope.spawn(|| {
                while let Ok(packet) = wait(&port) {
                    match packet.bytes() % 3 {
                        0 => thread::sleep(Duration::from_millis(2)), // not for order: a block
                        1 => drop(lock.lock().map(|_guard| thread::yield_now())),
                        _ => port.blocking(nap),
                    }
                    if taken.fetch_add(1, Ordering::SeqCst) + 1 == PACKETS {
                        port.close();
                    }
                }
            });
        }
        for number in 0..PACKETS {
            port.post(0, number, 0).unwrap();
        }
    });
    assert_eq!(taken.load(Ordering::SeqCst), PACKETS);
}

/// Touches much of the stack; returns the address of a byte far down.
#[inline(never)]
fn use_stack() -> usize {
    let deep = [1u8; 256 * 1024];
    std::hint::black_box(&deep).as_ptr().addr()
}

/// How a page of a thread that used it once stands after the thread has waited: whether it is
/// resident.
fn page_of_a_parked_thread(builder: completion_port::Builder, until: fn(usize) -> bool) {
    let port = builder.build().unwrap();
    thread::scope(|scope| {
        let (says, address) = std::sync::mpsc::channel();
        let port = &port;
        scope.spawn(move || {
            says.send(use_stack()).unwrap();
            take(port);
        });
        let address = address.recv().unwrap();
        until_waiting(port, 1);
        eventually("the page stands as it should", || until(address));
        port.post(0, 0, 0).unwrap();
    });
}

#[test]
fn a_thread_that_waits_for_long_gives_its_unused_stack_back() {
    let builder = CompletionPort::builder().trim_stacks_after(Duration::from_millis(10));
    page_of_a_parked_thread(builder, |address| !is_resident(address));
    // Nobody asked for it here.
    page_of_a_parked_thread(CompletionPort::builder(), is_resident);
}
