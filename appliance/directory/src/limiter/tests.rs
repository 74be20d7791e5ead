use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use veche_base::testing::ManualClock;

use super::{ALLOWANCES_MAX, Limiter};

const HOME: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
const AWAY: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2));

fn limiter() -> (Arc<ManualClock>, Limiter) {
    let clock = Arc::new(ManualClock::new());
    (Arc::clone(&clock), Limiter::new(clock, true))
}

#[test]
fn five_sign_ins_then_one_every_five_and_a_half_minutes() {
    let (clock, limiter) = limiter();
    for _ in 0..5 {
        limiter.sign_in("alice", HOME).unwrap();
    }
    let too_fast = limiter.sign_in("alice", HOME).unwrap_err();
    assert_eq!(too_fast.retry_after, Duration::from_secs(333));
    limiter.sign_in("bob", HOME).unwrap();
    limiter.sign_in("alice", AWAY).unwrap();
    clock.advance(too_fast.retry_after);
    limiter.sign_in("alice", HOME).unwrap();
    assert!(limiter.sign_in("alice", HOME).is_err());
}

#[test]
fn parallel_guesses_at_one_account_are_counted_before_they_are_looked_at() {
    let (_clock, limiter) = limiter();
    let address = |number: u8| IpAddr::from([10, 0, 0, number]);
    let guesses: Vec<_> =
        (0..100).filter_map(|number| limiter.guess_at("alice", address(number), false).ok()).collect();
    assert_eq!(guesses.len(), 3);
}

#[test]
fn stranger_does_not_keep_the_owner_out() {
    let (_clock, limiter) = limiter();
    while let Ok(guess) = limiter.guess_at("alice", AWAY, false) {
        drop(guess);
    }
    limiter.guess_at("alice", HOME, true).unwrap().was_right();
}

#[test]
fn right_guesses_cost_nothing_and_wrong_ones_count_for_the_address() {
    let (clock, limiter) = limiter();
    for _ in 0..100 {
        limiter.guess_at("alice", HOME, false).unwrap().was_right();
    }
    for account in ["a", "b", "c"] {
        drop(limiter.guess_at(account, HOME, false).unwrap());
    }
    let too_fast = limiter.guess_at("d", HOME, false).err().unwrap();
    assert!(limiter.guess(HOME).is_err(), "one allowance for every way to guess");
    limiter.guess_at("d", AWAY, false).unwrap().was_right();
    clock.advance(too_fast.retry_after);
    limiter.guess_at("d", HOME, false).unwrap().was_right();
}

#[test]
fn one_ipv6_network_is_one_address() {
    let (_clock, limiter) = limiter();
    let address = |text: &str| text.parse::<IpAddr>().unwrap();
    for last in 1..=3 {
        limiter.registration(address(&format!("2001:db8::{last}"))).unwrap();
    }
    assert!(limiter.registration(address("2001:db8::ffff:1")).is_err());
    limiter.registration(address("2001:db8:0:1::1")).unwrap();
}

#[test]
fn nothing_is_counted_while_off() {
    let (_clock, limiter) = limiter();
    limiter.set_enabled(false);
    for _ in 0..100 {
        limiter.sign_in("alice", HOME).unwrap();
        drop(limiter.guess_at("alice", HOME, false).unwrap());
    }
    limiter.set_enabled(true);
    limiter.sign_in("alice", HOME).unwrap();
}

#[test]
fn memory_is_bounded_under_a_flood_of_addresses_and_the_worst_stay_known() {
    let (clock, limiter) = limiter();
    for _ in 0..5 {
        limiter.sign_in("alice", HOME).unwrap();
    }
    for number in 0..100_000_u32 {
        limiter.registration(IpAddr::from(number.to_be_bytes())).unwrap();
    }
    assert!(limiter.lock().len() <= ALLOWANCES_MAX);
    assert!(limiter.sign_in("alice", HOME).is_err());
    clock.advance(Duration::from_secs(3_600));
    limiter.forget_full();
    assert!(limiter.lock().is_empty());
}
