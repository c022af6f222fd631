//! The clauses of the contract, one by one, and what the scheduler promises besides them.

use super::super::state::{Next, STALE_NS, Seat, Seen, State, Wakes, Watch};

/// Packets are numbers; a thread's waker is its name.
type Port = State<u32, char>;

/// What a step gives to a thread: packets, or what else it is told.
type Told = Result<Vec<u32>, Next>;

fn told(next: Next, packets: Vec<u32>) -> Told {
    assert_eq!(next == Next::Took, !packets.is_empty());
    if next == Next::Took {
        Ok(packets)
    } else {
        Err(next)
    }
}

/// Who is woken, by name; `!` is the kick of the driver.
fn woken_by(wakes: Wakes<char>) -> String {
    let mut names: Vec<char> = wakes.first.into_iter().chain(wakes.more).collect();
    names.sort_unstable();
    names.extend(wakes.driver.then_some('!'));
    names.into_iter().collect()
}

fn enter_for(port: &mut Port, seat: Seat, max: usize) -> Told {
    let mut packets = Vec::new();
    let (next, wakes) = port.enter(seat, max, &mut packets);
    assert_eq!(woken_by(wakes), "");
    told(next, packets)
}

fn enter(port: &mut Port, seat: Seat) -> Told {
    enter_for(port, seat, 1)
}

fn wakes(port: &mut Port, seat: Seat) -> Told {
    let mut packets = Vec::new();
    let next = port.woken(seat, 1, &mut packets);
    told(next, packets)
}

fn times_out(port: &mut Port, seat: Seat) -> Told {
    let mut packets = Vec::new();
    let next = port.timeout(seat, 1, &mut packets);
    told(next, packets)
}

fn comes_back(port: &mut Port, seat: Seat, mut events: Vec<u32>) -> (Told, String) {
    let mut packets = Vec::new();
    let (next, wakes) = port.harvested(seat, &mut events, 1, &mut packets);
    if port.owes() {
        port.owe_since(0);
    }
    (told(next, packets), woken_by(wakes))
}

fn post(port: &mut Port, packet: u32) -> String {
    woken_by(port.post(packet).expect("the port is open"))
}

/// A new thread that waits.
fn waiter(port: &mut Port, name: char) -> Seat {
    let seat = port.bind(name);
    assert_eq!(enter(port, seat), Err(Next::Park));
    seat
}

/// A new thread that runs with a packet.
fn runner(port: &mut Port, name: char) -> Seat {
    let seat = port.bind(name);
    post(port, 0);
    assert_eq!(enter(port, seat), Ok(vec![0]));
    seat
}

/// A port with an engine.
fn drivable(limit: usize) -> Port {
    let mut port = Port::new(limit);
    assert_eq!(woken_by(port.set_drivable()), "");
    port
}

#[test]
fn s_030_closing_calls_every_waiter_out() {
    let mut port = Port::new(2);
    let seats = ['A', 'B', 'C'].map(|name| waiter(&mut port, name));
    let (packets, called) = port.close();
    assert!(packets.is_empty());
    assert_eq!(woken_by(called), "ABC");
    for seat in seats {
        assert_eq!(wakes(&mut port, seat), Err(Next::Closed));
    }
    assert!(port.closed);
}

#[test]
fn s_031_a_packet_that_comes_after_the_close_is_given_back() {
    let mut port = drivable(2);
    let a = runner(&mut port, 'A');
    let driver = port.bind('D');
    assert_eq!(enter(&mut port, driver), Err(Next::Drive));
    drop(port.close());
    assert_eq!(port.post(1).err(), Some(1));
    assert_eq!(port.post_deferred(a, 2).err(), Some(2));
    let mut many = vec![3, 4];
    assert_eq!(woken_by(port.post_many(&mut many)), "");
    assert_eq!(many, [3, 4]);
    let (mut events, mut out) = (vec![5], Vec::new());
    let (next, _) = port.harvested(driver, &mut events, 1, &mut out);
    assert_eq!((next, events, out), (Next::Closed, vec![5], vec![]));
    assert_eq!(port.queued(), 0);
}

#[test]
fn s_032_a_wait_that_begins_after_the_close_ends_at_once() {
    let mut port = Port::new(1);
    let a = port.bind('A');
    drop(port.close());
    assert_eq!(enter(&mut port, a), Err(Next::Closed));
    assert_eq!(port.bound(), 0);
}

#[test]
fn s_033_packets_that_nobody_took_go_with_the_port() {
    let mut port = Port::new(1);
    runner(&mut port, 'A');
    (1..=3).for_each(|packet| drop(post(&mut port, packet)));
    let (packets, _) = port.close();
    assert_eq!(packets, [1, 2, 3]);
    assert_eq!(port.queued(), 0);
}

#[test]
fn s_034_a_packet_in_hand_survives_the_close() {
    let mut port = Port::new(1);
    let a = waiter(&mut port, 'A');
    let b = waiter(&mut port, 'B');
    post(&mut port, 1);
    let (_, called) = port.close();
    assert_eq!(woken_by(called), "A", "B has been called already");
    assert_eq!(wakes(&mut port, b), Ok(vec![1]));
    assert_eq!(wakes(&mut port, a), Err(Next::Closed));
    assert_eq!(enter(&mut port, b), Err(Next::Closed));
}

#[test]
fn s_040_packets_leave_in_order() {
    let mut port = Port::new(1);
    let a = port.bind('A');
    post(&mut port, 1);
    assert_eq!(woken_by(port.post_many(&mut vec![2, 3])), "");
    post(&mut port, 4);
    for packet in 1..=4 {
        assert_eq!(enter(&mut port, a), Ok(vec![packet]));
    }
}

#[test]
fn s_042_newest_waiter_gets_the_oldest_packet() {
    let mut port = Port::new(3);
    let a = waiter(&mut port, 'A');
    let b = waiter(&mut port, 'B');
    assert_eq!(post(&mut port, 3), "B");
    assert_eq!(post(&mut port, 4), "A");
    assert_eq!(post(&mut port, 5), "");
    assert_eq!(wakes(&mut port, a), Ok(vec![4]));
    assert_eq!(wakes(&mut port, b), Ok(vec![3]));
    let main = port.bind('M');
    assert_eq!(enter(&mut port, main), Ok(vec![5]));
}

#[test]
fn s_042_a_waiter_that_gave_up_in_between_does_not_disturb_the_order() {
    let mut port = Port::new(9);
    let seats = ['A', 'B', 'C', 'D'].map(|name| waiter(&mut port, name));
    assert_eq!(times_out(&mut port, seats[1]), Err(Next::TimedOut));
    assert_eq!(times_out(&mut port, seats[3]), Err(Next::TimedOut));
    assert_eq!(enter(&mut port, seats[1]), Err(Next::Park));
    assert_eq!(
        [1, 2, 3, 4].map(|packet| post(&mut port, packet)),
        ["B", "C", "A", ""]
    );
}

#[test]
fn s_043_a_running_thread_goes_on_with_the_next_packet() {
    let mut port = Port::new(1);
    let a = runner(&mut port, 'A');
    waiter(&mut port, 'B');
    for packet in 1..=3 {
        assert_eq!(post(&mut port, packet), "", "A has the only slot");
        assert_eq!(enter(&mut port, a), Ok(vec![packet]));
    }
    assert_eq!(port.counters.thread_wakes, 0);
}

#[test]
fn s_044_a_packet_goes_directly_to_a_waiter() {
    let mut port = Port::new(1);
    let a = waiter(&mut port, 'A');
    assert_eq!(post(&mut port, 1), "A");
    assert_eq!(port.queued(), 0, "S-046: what is handed over is not queued");
    assert_eq!((port.counters.packets, port.counters.hand_overs), (1, 1));
    // Whoever comes before A has woken finds nothing.
    let b = port.bind('B');
    assert_eq!(enter(&mut port, b), Err(Next::Park));
    assert_eq!(wakes(&mut port, a), Ok(vec![1]));
}

#[test]
fn s_047_nobody_returns_for_nothing() {
    let mut port = Port::new(1);
    let a = waiter(&mut port, 'A');
    assert_eq!(wakes(&mut port, a), Err(Next::Park));
    assert_eq!(post(&mut port, 1), "A", "it has kept its place");
}

#[test]
fn s_060_nobody_runs_at_first() {
    let mut port = Port::new(1);
    let a = port.bind('A');
    assert_eq!(
        (port.active(), port.bound()),
        (0, 1),
        "S-061: binding does not count"
    );
    post(&mut port, 1);
    assert_eq!(enter(&mut port, a), Ok(vec![1]));
    assert_eq!(port.active(), 1);
}

#[test]
fn s_062_a_thread_that_asks_again_gives_its_slot_back() {
    let mut port = Port::new(1);
    let a = runner(&mut port, 'A');
    waiter(&mut port, 'B');
    assert_eq!(enter(&mut port, a), Err(Next::Park));
    assert_eq!((port.active(), port.waiting()), (0, 2));
    assert_eq!(post(&mut port, 1), "A");
}

#[test]
fn s_063_a_thread_that_turns_to_another_port_releases_a_waiter() {
    let mut port = Port::new(1);
    let a = runner(&mut port, 'A');
    let b = waiter(&mut port, 'B');
    assert_eq!(post(&mut port, 1), "");
    assert_eq!(woken_by(port.leave(a)), "B");
    assert_eq!(wakes(&mut port, b), Ok(vec![1]));
}

#[test]
fn s_064_a_thread_that_timed_out_counts_as_running() {
    let mut port = Port::new(1);
    let a = waiter(&mut port, 'A');
    assert_eq!(times_out(&mut port, a), Err(Next::TimedOut));
    assert_eq!((port.active(), port.waiting()), (1, 0));
    waiter(&mut port, 'B');
    assert_eq!(
        post(&mut port, 1),
        "",
        "A occupies the slot until it asks again"
    );
    assert_eq!(enter(&mut port, a), Ok(vec![1]));
}

#[test]
fn s_064_a_packet_in_hand_wins_over_the_deadline() {
    let mut port = Port::new(1);
    let a = waiter(&mut port, 'A');
    post(&mut port, 1);
    assert_eq!(times_out(&mut port, a), Ok(vec![1]));
    assert_eq!(port.active(), 1);
}

#[test]
fn s_065_the_giver_counts_the_thread() {
    let mut port = Port::new(1);
    waiter(&mut port, 'A');
    waiter(&mut port, 'B');
    assert_eq!(post(&mut port, 1), "B");
    assert_eq!(port.active(), 1, "although B has not woken yet");
    assert_eq!(post(&mut port, 2), "");
    assert_eq!(port.queued(), 1);
}

#[test]
fn s_066_a_wait_may_time_out_while_packets_are_queued() {
    let mut port = Port::new(1);
    runner(&mut port, 'A');
    post(&mut port, 2);
    post(&mut port, 3);
    let b = waiter(&mut port, 'B');
    assert_eq!(times_out(&mut port, b), Err(Next::TimedOut));
    assert_eq!(port.queued(), 2);
}

#[test]
fn s_067_a_thread_that_blocks_releases_a_waiter() {
    let mut port = Port::new(1);
    let a = runner(&mut port, 'A');
    let b = waiter(&mut port, 'B');
    post(&mut port, 1);
    let (blocked, called) = port.block(a);
    assert!(blocked);
    assert_eq!(woken_by(called), "B");
    assert_eq!(wakes(&mut port, b), Ok(vec![1]));
    let (again, called) = port.block(a);
    assert!(!again, "only the outermost scope gives the slot up");
    assert_eq!(woken_by(called), "");
}

/// What the observer sees of a seat now; whom that wakes.
fn see(port: &mut Port, seat: Seat, seen: Seen) -> String {
    let epoch = port.epoch(seat);
    woken_by(port.seen(seat, epoch, seen))
}

#[test]
fn s_067_a_thread_that_is_seen_to_block_releases_a_waiter_and_counts_again_when_it_runs() {
    let mut port = Port::new(1);
    let a = runner(&mut port, 'A');
    let b = waiter(&mut port, 'B');
    assert_eq!(post(&mut port, 1), "");
    assert!(port.is_under_observation());
    assert_eq!(see(&mut port, a, Seen::Blocked), "B");
    assert_eq!(wakes(&mut port, b), Ok(vec![1]));
    assert_eq!(port.active(), 1);
    assert_eq!(see(&mut port, a, Seen::Running), "");
    // S-068: over the limit, and nothing new is released.
    assert_eq!(port.active(), 2);
    waiter(&mut port, 'C');
    assert_eq!(post(&mut port, 2), "");
}

#[test]
fn s_067_what_was_seen_before_a_threads_last_call_says_nothing() {
    let mut port = Port::new(1);
    let a = runner(&mut port, 'A');
    waiter(&mut port, 'B');
    post(&mut port, 1);
    post(&mut port, 2);
    let before = port.epoch(a);
    assert_eq!(enter(&mut port, a), Ok(vec![1]));
    assert_eq!(woken_by(port.seen(a, before, Seen::Blocked)), "");
    assert_eq!(port.active(), 1);
    // The short way to a packet is a call as well.
    let before = port.epoch(a);
    assert_eq!(port.take_next(a), Some(2));
    post(&mut port, 3);
    assert_eq!(woken_by(port.seen(a, before, Seen::Blocked)), "");
    // And so is a scope: what sleeps there was seen to, and is over.
    let before = port.epoch(a);
    assert_eq!(woken_by(port.block(a).1), "B");
    port.unblock(a);
    assert_eq!(woken_by(port.seen(a, before, Seen::Blocked)), "");
    assert_eq!(port.active(), 2);
}

#[test]
fn s_067_a_thread_on_its_way_to_its_packet_is_no_suspect() {
    let mut port = Port::new(1);
    let a = waiter(&mut port, 'A');
    assert_eq!(post(&mut port, 1), "A");
    let mut suspects = Vec::new();
    let _ = port.suspects(&mut suspects);
    assert!(suspects.is_empty(), "it still sleeps, but not in a handler");
    assert_eq!(wakes(&mut port, a), Ok(vec![1]));
    let _ = port.suspects(&mut suspects);
    assert_eq!(suspects.len(), 1);
}

#[test]
fn an_observed_thread_that_begins_a_scope_counts_when_the_scope_ends() {
    let mut port = Port::new(1);
    let a = runner(&mut port, 'A');
    let b = waiter(&mut port, 'B');
    post(&mut port, 1);
    assert_eq!(see(&mut port, a, Seen::Blocked), "B");
    assert_eq!(wakes(&mut port, b), Ok(vec![1]));
    assert!(port.block(a).0);
    assert_eq!(port.active(), 1);
    port.unblock(a);
    assert_eq!(port.active(), 2);
}

#[test]
fn nobody_is_observed_without_a_backlog() {
    let mut port = Port::new(1);
    let a = runner(&mut port, 'A');
    post(&mut port, 1);
    assert!(!port.is_under_observation(), "nobody waits");
    assert_eq!(enter(&mut port, a), Ok(vec![1]));
    waiter(&mut port, 'B');
    assert!(!port.is_under_observation(), "nothing is queued");
    post(&mut port, 2);
    assert!(port.is_under_observation());
    assert!(!port.end_observation(false), "not while there is a backlog");
    assert_eq!(enter(&mut port, a), Ok(vec![2]));
    assert!(port.end_observation(false));
    assert!(!port.is_under_observation());
}

#[test]
fn an_observer_that_dozes_is_called_by_the_next_backlog() {
    let mut port = Port::new(1);
    let a = runner(&mut port, 'A');
    waiter(&mut port, 'B');
    post(&mut port, 1);
    assert!(!port.doze(), "not while there is a backlog");
    // B takes the packet of A, who blocks, and then there is no backlog.
    drop(port.seen(a, port.epoch(a), Seen::Blocked));
    assert!(port.doze());
    assert!(!port.observation_begins(), "for nothing");
    post(&mut port, 2);
    waiter(&mut port, 'C');
    assert!(port.is_under_observation() && !port.is_dozed_over());
}

#[test]
fn a_port_that_must_not_be_observed_is_not() {
    let mut port = Port::new(1);
    port.observable = false;
    runner(&mut port, 'A');
    waiter(&mut port, 'B');
    post(&mut port, 1);
    assert!(!port.is_under_observation());
}

#[test]
fn s_068_a_thread_resumes_over_the_limit_and_nothing_is_released_until_it_is_below() {
    let mut port = Port::new(1);
    let a = runner(&mut port, 'A');
    let b = waiter(&mut port, 'B');
    post(&mut port, 1);
    drop(port.block(a));
    assert_eq!(wakes(&mut port, b), Ok(vec![1]));
    port.unblock(a);
    assert_eq!(port.active(), 2);
    waiter(&mut port, 'C');
    assert_eq!(post(&mut port, 2), "");
    // One of the two comes back: the other still has the slot, so it waits beside a packet.
    assert_eq!(enter(&mut port, b), Err(Next::Park));
    assert_eq!((port.active(), port.queued()), (1, 1));
    assert_eq!(enter(&mut port, a), Ok(vec![2]));
}

#[test]
fn s_068_resuming_changes_nothing_for_a_thread_that_took_a_packet_meanwhile() {
    let mut port = Port::new(2);
    let a = runner(&mut port, 'A');
    drop(port.block(a));
    post(&mut port, 1);
    assert_eq!(enter(&mut port, a), Ok(vec![1]));
    port.unblock(a);
    assert_eq!(port.active(), 1);
}

#[test]
fn s_069_a_thread_that_exits_releases_a_waiter() {
    let mut port = Port::new(1);
    let a = runner(&mut port, 'A');
    waiter(&mut port, 'B');
    post(&mut port, 1);
    assert_eq!(woken_by(port.leave(a)), "B");
    assert_eq!((port.active(), port.bound()), (1, 1));
}

#[test]
fn s_069_a_blocked_thread_that_exits_had_given_its_slot_already() {
    let mut port = Port::new(1);
    let a = runner(&mut port, 'A');
    drop(port.block(a));
    runner(&mut port, 'B');
    waiter(&mut port, 'C');
    post(&mut port, 1);
    assert_eq!(woken_by(port.leave(a)), "");
    assert_eq!(port.active(), 1);
}

#[test]
fn s_070_closing_unbinds_its_threads() {
    let mut port = Port::new(2);
    let a = runner(&mut port, 'A');
    let b = waiter(&mut port, 'B');
    drop(port.close());
    assert_eq!(wakes(&mut port, b), Err(Next::Closed));
    assert_eq!(enter(&mut port, a), Err(Next::Closed));
    assert_eq!((port.bound(), port.active(), port.waiting()), (0, 0, 0));
}

#[test]
fn s_071_the_posters_own_packet_waits_for_the_poster() {
    let mut port = Port::new(1);
    let a = runner(&mut port, 'A');
    waiter(&mut port, 'B');
    assert_eq!(post(&mut port, 1), "");
    assert_eq!(enter(&mut port, a), Ok(vec![1]));
}

#[test]
fn s_075_several_packets_cost_one_slot() {
    let mut port = Port::new(2);
    let a = port.bind('A');
    (1..=5).for_each(|packet| drop(post(&mut port, packet)));
    assert_eq!(enter_for(&mut port, a, 3), Ok(vec![1, 2, 3]));
    assert_eq!(port.active(), 1);
    // A hand-over takes more as well.
    let mut port = Port::new(1);
    let a = waiter(&mut port, 'A');
    (1..=5).for_each(|packet| drop(post(&mut port, packet)));
    let mut packets = Vec::new();
    assert_eq!(port.woken(a, 3, &mut packets), Next::Took);
    assert_eq!((packets, port.active()), (vec![1, 2, 3], 1));
}

#[test]
fn s_120_a_call_takes_what_there_is_up_to_what_it_asks_for() {
    let mut port = Port::new(1);
    let a = port.bind('A');
    assert_eq!(woken_by(port.post_many(&mut vec![1, 2, 3])), "");
    assert_eq!(enter_for(&mut port, a, 2), Ok(vec![1, 2]));
    assert_eq!(enter_for(&mut port, a, 2), Ok(vec![3]));
}

#[test]
fn posting_many_wakes_as_many_as_may_run() {
    let mut port = Port::new(2);
    for name in ['A', 'B', 'C'] {
        waiter(&mut port, name);
    }
    assert_eq!(woken_by(port.post_many(&mut vec![1, 2, 3])), "BC");
    assert_eq!((port.active(), port.queued()), (2, 1));
}

#[test]
fn a_limit_of_zero_would_let_nobody_run() {
    assert_eq!(Port::new(0).limit(), 1);
}

#[test]
fn one_waiter_at_a_time_drives() {
    let mut port = drivable(2);
    let a = port.bind('A');
    assert_eq!(enter(&mut port, a), Err(Next::Drive));
    let b = waiter(&mut port, 'B');
    assert!(port.is_driver(a) && !port.is_driver(b));
    // Only a thread that could be released drives.
    let mut port = drivable(1);
    runner(&mut port, 'A');
    waiter(&mut port, 'B');
    assert!(port.needs_watch());
}

#[test]
fn a_driver_is_released_as_any_other_waiter_but_kicked() {
    let mut port = drivable(3);
    let a = port.bind('A');
    assert_eq!(enter(&mut port, a), Err(Next::Drive));
    waiter(&mut port, 'B');
    assert_eq!(post(&mut port, 1), "B", "S-042: B is newer");
    assert_eq!(post(&mut port, 2), "!");
    assert_eq!(
        (port.counters.thread_wakes, port.counters.driver_kicks),
        (1, 1)
    );
    assert_eq!(
        comes_back(&mut port, a, vec![]),
        (Ok(vec![2]), String::new())
    );
}

#[test]
fn nobody_drives_until_the_driver_that_was_called_is_back() {
    // Else the kick could reach the other in the engine's wait, and the packet would lie in the
    // hand of a thread that sleeps.
    let mut port = drivable(2);
    let a = port.bind('A');
    assert_eq!(enter(&mut port, a), Err(Next::Drive));
    assert_eq!(post(&mut port, 1), "!");
    let b = waiter(&mut port, 'B');
    assert_eq!(
        comes_back(&mut port, a, vec![]),
        (Ok(vec![1]), String::new())
    );
    assert!(port.needs_watch(), "nobody drives now, and B sleeps");
    assert_eq!(times_out(&mut port, b), Err(Next::TimedOut));
    assert_eq!(enter(&mut port, b), Err(Next::Drive));
}

#[test]
fn a_closed_port_calls_its_driver_by_the_kick() {
    let mut port = drivable(2);
    let a = port.bind('A');
    assert_eq!(enter(&mut port, a), Err(Next::Drive));
    let b = waiter(&mut port, 'B');
    let (_, called) = port.close();
    assert_eq!(woken_by(called), "B!");
    assert_eq!(
        comes_back(&mut port, a, vec![]),
        (Err(Next::Closed), String::new())
    );
    assert_eq!(wakes(&mut port, b), Err(Next::Closed));
}

#[test]
fn the_shell_can_ask_who_is_in_the_engine() {
    let mut port = drivable(2);
    assert!(!port.is_driven());
    let a = port.bind('A');
    assert_eq!(enter(&mut port, a), Err(Next::Drive));
    assert!(port.is_driven() && !port.driver_is_called());
    post(&mut port, 1);
    assert!(port.is_driven() && port.driver_is_called());
    assert_eq!(comes_back(&mut port, a, vec![]).0, Ok(vec![1]));
    assert!(!port.is_driven() && !port.driver_is_called());

    assert_eq!(enter(&mut port, a), Err(Next::Drive));
    drop(port.close());
    assert!(port.driver_is_called() && !port.is_abandoned());
    assert_eq!(comes_back(&mut port, a, vec![]).0, Err(Next::Closed));
    assert!(!port.driver_is_called() && port.is_abandoned());
}

#[test]
fn events_release_one_thread_and_the_driver_makes_room() {
    let mut port = drivable(3);
    let a = port.bind('A');
    assert_eq!(enter(&mut port, a), Err(Next::Drive));
    let b = waiter(&mut port, 'B');
    assert_eq!(
        comes_back(&mut port, a, vec![1, 2]),
        (Err(Next::Park), "B".into())
    );
    assert_eq!(wakes(&mut port, b), Ok(vec![1]));
    assert_eq!(enter(&mut port, b), Ok(vec![2]));
    assert_eq!(enter(&mut port, b), Err(Next::Drive));
}

#[test]
fn eager_events_release_as_many_as_may_run_and_the_driver_drives_on() {
    let mut port = drivable(3);
    port.eager = true;
    let a = port.bind('A');
    assert_eq!(enter(&mut port, a), Err(Next::Drive));
    let [b, c] = ['B', 'C'].map(|name| waiter(&mut port, name));
    assert_eq!(
        comes_back(&mut port, a, vec![1, 2]),
        (Err(Next::Drive), "BC".into())
    );
    assert_eq!(wakes(&mut port, b), Ok(vec![2]));
    assert_eq!(wakes(&mut port, c), Ok(vec![1]));
    assert_eq!(
        comes_back(&mut port, a, vec![3, 4]),
        (Ok(vec![3]), String::new())
    );
}

#[test]
fn a_completion_of_its_own_is_left_for_a_running_thread() {
    let mut port = Port::new(2);
    let a = runner(&mut port, 'A');
    waiter(&mut port, 'B');
    let called = port.post_deferred(a, 1).expect("the port is open");
    assert_eq!(woken_by(called), "");
    assert!(port.owes());
    port.owe_since(5);
    assert!(port.needs_watch());
    assert_eq!(port.counters.deferred, 1);
    assert_eq!(enter(&mut port, a), Ok(vec![1]));
    assert!(!port.owes() && !port.needs_watch(), "it has taken it");
}

#[test]
fn a_completion_that_is_left_too_long_goes_to_a_waiter() {
    let mut port = Port::new(2);
    let a = runner(&mut port, 'A');
    waiter(&mut port, 'B');
    drop(port.post_deferred(a, 1).expect("the port is open"));
    port.owe_since(5);
    let (watch, called) = port.tick(5 + STALE_NS - 1);
    assert_eq!((watch, woken_by(called)), (Watch::Again, String::new()));
    let (watch, called) = port.tick(5 + STALE_NS);
    assert_eq!((watch, woken_by(called)), (Watch::Rest, "B".into()));
    assert_eq!(port.counters.rescues, 1);
}

#[test]
fn a_completion_is_left_only_for_a_thread_that_runs() {
    let mut port = Port::new(2);
    let a = runner(&mut port, 'A');
    waiter(&mut port, 'B');
    drop(port.block(a));
    let called = port.post_deferred(a, 1).expect("the port is open");
    assert_eq!(woken_by(called), "B");
}

#[test]
fn an_engine_without_a_driver_gets_one_from_those_who_wait() {
    let mut port = Port::new(1);
    let a = waiter(&mut port, 'A');
    assert_eq!(woken_by(port.set_drivable()), "A");
    assert_eq!(wakes(&mut port, a), Err(Next::Drive));

    // When a slot becomes free.
    for blocks in [false, true] {
        let mut port = drivable(1);
        let a = runner(&mut port, 'A');
        let b = waiter(&mut port, 'B');
        let called = if blocks {
            port.block(a).1
        } else {
            port.leave(a)
        };
        assert_eq!(woken_by(called), "B");
        assert_eq!(wakes(&mut port, b), Err(Next::Drive));
    }

    // When there has been none for too long.
    let mut port = drivable(2);
    let a = port.bind('A');
    assert_eq!(enter(&mut port, a), Err(Next::Drive));
    let b = waiter(&mut port, 'B');
    assert_eq!(times_out(&mut port, a), Err(Next::TimedOut));
    port.undriven_since(7);
    let (watch, called) = port.tick(7 + STALE_NS - 1);
    assert_eq!((watch, woken_by(called)), (Watch::Again, String::new()));
    let (watch, called) = port.tick(7 + STALE_NS);
    assert_eq!((watch, woken_by(called)), (Watch::Rest, "B".into()));
    assert_eq!(wakes(&mut port, b), Err(Next::Drive));
}

#[test]
fn an_engine_that_no_waiter_may_drive_is_the_monitors() {
    let mut port = drivable(1);
    runner(&mut port, 'A');
    assert_eq!(port.tick(STALE_NS).0, Watch::Adopt, "nobody waits");
    waiter(&mut port, 'B');
    assert_eq!(port.tick(STALE_NS).0, Watch::Adopt, "B may not run");
    drop(port.close());
    assert_eq!(
        port.tick(STALE_NS).0,
        Watch::Rest,
        "S-031: the shell sees to that"
    );
}
