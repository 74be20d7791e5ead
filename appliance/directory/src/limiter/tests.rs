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

fn address(number: u8) -> IpAddr {
    IpAddr::from([10, 0, 0, number])
}

/// How many wrong passwords are looked at when nobody waits.
fn wrong(limiter: &Limiter, account: &str, ip: IpAddr, known: bool) -> usize {
    (0..1_000).map_while(|_| limiter.password(account, ip, known).ok().map(drop)).count()
}

#[test]
fn parallel_guesses_at_one_account_are_counted_before_they_are_looked_at() {
    let (_clock, limiter) = limiter();
    let guesses: Vec<_> = (0..100).filter_map(|_| limiter.password("alice", HOME, false).ok()).collect();
    assert_eq!(guesses.len(), 3);
    let guesses: Vec<_> = (0..100).filter_map(|number| limiter.password("bob", address(number), false).ok()).collect();
    assert_eq!(guesses.len(), 60, "from as many addresses as one likes");
}

#[test]
fn strangers_do_not_keep_the_owner_out() {
    let (_clock, limiter) = limiter();
    for number in 0..100 {
        wrong(&limiter, "alice", address(number), false);
    }
    assert!(limiter.password("alice", AWAY, false).is_err());
    limiter.password("alice", HOME, true).unwrap().was_right();
}

#[test]
fn who_guesses_in_the_office_does_not_keep_his_colleagues_out() {
    let (clock, limiter) = limiter();
    assert_eq!(wrong(&limiter, "alice", HOME, true), 3, "one who forgot his password");
    for newcomer in ["bob", "carol", "dave"] {
        limiter.password(newcomer, HOME, false).unwrap().was_right();
    }
    let tried: usize = (0..100).map(|number| wrong(&limiter, &format!("user{number}"), HOME, false)).sum();
    assert_eq!(tried, 47, "one password against all accounts");
    let too_fast = limiter.password("bob", HOME, false).err().unwrap();
    limiter.password("erin", HOME, true).unwrap().was_right();
    limiter.password("bob", AWAY, false).unwrap().was_right();
    clock.advance(too_fast.retry_after);
    limiter.password("bob", HOME, false).unwrap().was_right();
}

#[test]
fn right_guesses_and_those_not_looked_at_cost_nothing() {
    let (_clock, limiter) = limiter();
    for _ in 0..100 {
        limiter.password("alice", HOME, false).unwrap().was_right();
        limiter.token(HOME).unwrap().was_right();
        limiter.refresh_token(HOME).unwrap().was_right();
    }
    for _ in 0..200 {
        wrong(&limiter, "alice", HOME, false);
    }
    assert_eq!(wrong(&limiter, "bob", HOME, false), 3, "the address paid for three guesses");
    let strangers: usize = (0..100).map(|number| wrong(&limiter, "alice", address(number), false)).sum();
    assert_eq!(strangers, 57, "and so did the account");
}

#[test]
fn wrong_tokens_do_not_count_as_wrong_passwords_nor_as_one_another() {
    let (_clock, limiter) = limiter();
    let tokens = (0..1_000).map_while(|_| limiter.token(HOME).ok().map(drop)).count();
    let refreshes = (0..1_000).map_while(|_| limiter.refresh_token(HOME).ok().map(drop)).count();
    assert_eq!((tokens, refreshes), (10, 200));
    assert_eq!(wrong(&limiter, "alice", HOME, false), 3);
    limiter.token(AWAY).unwrap().was_right();
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
        drop(limiter.password("alice", HOME, false).unwrap());
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
