//! Slowing down those who guess.
//!
//! Threat: somebody tries passwords against one account, or one password against all accounts.
//! Shared by every way to prove something: password, login token, user-interactive authentication,
//! registration token, refresh token, shared secret.
//!
//! - *Sign-ins* of one account from one address: 5 at once, then 0.003/s. By the pair and not by the
//!   address alone, because a whole office sits behind one address.
//! - *Wrong passwords* for one account from one address: 3 at once, then 0.17/s. Taken before the guess
//!   is looked at and given back when it was right, so that parallel guesses do not get past it.
//! - Addresses from which none of the owner's devices is used share two more allowances: all of them
//!   together for one account 60 at once, then 1/s, which bounds guessing from many addresses; and
//!   each for all accounts 50 at once, then 0.5/s, which bounds one password against all accounts.
//!   Where one of the owner's devices is used, neither holds: a stranger who keeps them empty does not
//!   keep the owner out, and one who guesses in the office does not keep his colleagues out.
//! - *Wrong codes* of a second factor, whose password was right: 5 at once, then one in 10 minutes, for one account from
//!   one address where a device of its owner is used, and from all others together.
//! - *Wrong tokens* (login, registration, shared secret) from one address: 10 at once, then 0.17/s;
//!   counted when wrong, and apart from passwords.
//! - *Unknown refresh tokens* from one address: 200 at once, then 5/s. They have 256 random bits, so
//!   nobody guesses them: an office whose sessions have ended sends them. This bounds work.
//! - *Wrong PINs* of one meeting: 5 at once, then one a minute from one address, and 30 at once, then one in two minutes
//!   from all together: whoever has the link finds a PIN of six digits in the month that a meeting may last once in fifty
//!   times.
//! - *Registrations* from one address: 3 at once, then 0.17/s.
//!
//! IPv6 addresses count by their /64. Nothing is ever locked: every refusal says when to come back.
//! Memory is bounded: allowances that are full again are forgotten, and beyond the bound those that
//! are closest to it.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use veche_base::Clock;
use veche_base::canonical_ip::limit_key;

/// Allowances remembered at once, about 2 MB.
const ALLOWANCES_MAX: usize = 20_000;

/// What is counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Key {
    SignIn(String, IpAddr),
    WrongPassword(String, IpAddr),
    WrongPasswordOfStrangers(String),
    WrongPasswordFrom(IpAddr),
    WrongCode(String, IpAddr),
    WrongCodeOfStrangers(String),
    WrongTokenFrom(IpAddr),
    UnknownRefreshTokenFrom(IpAddr),
    RegistrationFrom(IpAddr),
    WrongPin(u64, IpAddr),
    WrongPinOfAll(u64),
}

/// So many at once, then one every `every`.
struct Rule {
    burst: u32,
    every: Duration,
}

impl Key {
    const fn rule(&self) -> Rule {
        let (burst, every_ms) = match self {
            Self::SignIn(..) => (5, 333_000),
            Self::WrongPassword(..) | Self::RegistrationFrom(_) => (3, 5_880),
            Self::WrongPasswordOfStrangers(_) => (60, 1_000),
            Self::WrongPasswordFrom(_) => (50, 2_000),
            Self::WrongCode(..) | Self::WrongCodeOfStrangers(_) => (5, 600_000),
            Self::WrongTokenFrom(_) => (10, 5_880),
            Self::UnknownRefreshTokenFrom(_) => (200, 200),
            Self::WrongPin(..) => (5, 60_000),
            Self::WrongPinOfAll(_) => (30, 120_000),
        };
        Rule { burst, every: Duration::from_millis(every_ms) }
    }
}

/// Come back later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooFast {
    pub(crate) retry_after: Duration,
}

pub(crate) struct Limiter {
    clock: Arc<dyn Clock>,
    enabled: AtomicBool,
    /// When each allowance will be full again, on the monotonic clock (the generic cell rate algorithm).
    full_at: Mutex<HashMap<Key, Duration>>,
}

/// A guess that was let through. Counts as wrong unless [`Guess::was_right`] is called.
pub(crate) struct Guess<'l> {
    limiter: &'l Limiter,
    /// Given back when it was right.
    taken: Vec<Key>,
    /// Charged when it was wrong.
    address: Option<Key>,
    right: bool,
}

impl Limiter {
    pub(crate) fn new(clock: Arc<dyn Clock>, enabled: bool) -> Self {
        Self { clock, enabled: AtomicBool::new(enabled), full_at: Mutex::new(HashMap::new()) }
    }

    pub(crate) fn set_enabled(&self, enabled: bool) {
        self.enabled.store(enabled, Ordering::Relaxed);
    }

    /// One sign-in to `account` from `ip`.
    pub(crate) fn sign_in(&self, account: &str, ip: IpAddr) -> Result<(), TooFast> {
        self.take(Key::SignIn(account.to_owned(), limit_key(ip)))
    }

    /// One registration from `ip`.
    pub(crate) fn registration(&self, ip: IpAddr) -> Result<(), TooFast> {
        self.take(Key::RegistrationFrom(limit_key(ip)))
    }

    /// A token that somebody shows: a login token, a registration token, the shared secret.
    pub(crate) fn token(&self, ip: IpAddr) -> Result<Guess<'_>, TooFast> {
        self.charged_when_wrong(Key::WrongTokenFrom(limit_key(ip)))
    }

    /// A PIN for a meeting.
    pub(crate) fn pin(&self, meeting: u64, ip: IpAddr) -> Result<Guess<'_>, TooFast> {
        let (one, all) = (Key::WrongPin(meeting, limit_key(ip)), Key::WrongPinOfAll(meeting));
        self.take(one.clone())?;
        if let Err(too_fast) = self.take(all.clone()) {
            self.give_back(&one);
            return Err(too_fast);
        }
        Ok(Guess { limiter: self, taken: vec![one, all], address: None, right: false })
    }

    /// A refresh token that somebody shows.
    pub(crate) fn refresh_token(&self, ip: IpAddr) -> Result<Guess<'_>, TooFast> {
        self.charged_when_wrong(Key::UnknownRefreshTokenFrom(limit_key(ip)))
    }

    /// A password for `account`, from where its owner is known to be or from anywhere.
    pub(crate) fn password(&self, account: &str, ip: IpAddr, known: bool) -> Result<Guess<'_>, TooFast> {
        let ip = limit_key(ip);
        let address = Key::WrongPasswordFrom(ip);
        let mut taken = vec![Key::WrongPassword(account.to_owned(), ip)];
        if !known {
            self.peek(&address)?;
            taken.push(Key::WrongPasswordOfStrangers(account.to_owned()));
        }
        for (number, key) in taken.iter().enumerate() {
            if let Err(too_fast) = self.take(key.clone()) {
                // It is not looked at, so it costs nothing.
                taken[..number].iter().for_each(|key| self.give_back(key));
                return Err(too_fast);
            }
        }
        Ok(Guess { limiter: self, taken, address: Some(address), right: false })
    }

    /// A code for `account`, whose password was right, from where its owner is known to be or from anywhere.
    pub(crate) fn code(&self, account: &str, ip: IpAddr, known: bool) -> Result<Guess<'_>, TooFast> {
        let account = account.to_owned();
        let key = if known { Key::WrongCode(account, limit_key(ip)) } else { Key::WrongCodeOfStrangers(account) };
        self.take(key.clone())?;
        Ok(Guess { limiter: self, taken: vec![key], address: None, right: false })
    }

    fn charged_when_wrong(&self, address: Key) -> Result<Guess<'_>, TooFast> {
        self.peek(&address)?;
        Ok(Guess { limiter: self, taken: Vec::new(), address: Some(address), right: false })
    }

    /// Forgets allowances that are full again.
    pub(crate) fn forget_full(&self) {
        let now = self.clock.monotonic();
        self.lock().retain(|_, full_at| *full_at > now);
    }

    fn take(&self, key: Key) -> Result<(), TooFast> {
        if !self.enabled.load(Ordering::Relaxed) {
            return Ok(());
        }
        let (now, rule) = (self.clock.monotonic(), key.rule());
        let mut full_at = self.lock();
        let next = full_at.get(&key).copied().unwrap_or(now).max(now) + rule.every;
        check(next, now, &rule)?;
        full_at.insert(key, next);
        bound(&mut full_at, now);
        drop(full_at);
        Ok(())
    }

    fn peek(&self, key: &Key) -> Result<(), TooFast> {
        if !self.enabled.load(Ordering::Relaxed) {
            return Ok(());
        }
        let (now, rule) = (self.clock.monotonic(), key.rule());
        let next = self.lock().get(key).copied().unwrap_or(now).max(now) + rule.every;
        check(next, now, &rule)
    }

    /// Counts without refusing: the thing has happened.
    fn charge(&self, key: &Key) {
        if !self.enabled.load(Ordering::Relaxed) {
            return;
        }
        let (now, rule) = (self.clock.monotonic(), key.rule());
        let mut full_at = self.lock();
        let next = full_at.get(key).copied().unwrap_or(now).max(now) + rule.every;
        // Parallel guesses may overdraw; the debt stays bounded so that nobody is shut out for long.
        full_at.insert(key.clone(), next.min(now + rule.every * (rule.burst + 1)));
        bound(&mut full_at, now);
    }

    fn give_back(&self, key: &Key) {
        let rule = key.rule();
        if let Some(full_at) = self.lock().get_mut(key) {
            *full_at = full_at.saturating_sub(rule.every);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Key, Duration>> {
        self.full_at.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Guess<'_> {
    /// Gives back what the guess took.
    pub(crate) fn was_right(mut self) {
        self.right = true;
        self.taken.iter().for_each(|key| self.limiter.give_back(key));
    }
}

impl Drop for Guess<'_> {
    fn drop(&mut self) {
        if let Some(address) = self.address.as_ref().filter(|_| !self.right) {
            self.limiter.charge(address);
        }
    }
}

fn check(next: Duration, now: Duration, rule: &Rule) -> Result<(), TooFast> {
    let debt = next.saturating_sub(now);
    let allowed = rule.every * rule.burst;
    if debt <= allowed { Ok(()) } else { Err(TooFast { retry_after: debt - allowed }) }
}

fn bound(full_at: &mut HashMap<Key, Duration>, now: Duration) {
    if full_at.len() <= ALLOWANCES_MAX {
        return;
    }
    full_at.retain(|_, full_at| *full_at > now);
    if full_at.len() > ALLOWANCES_MAX {
        let mut times: Vec<Duration> = full_at.values().copied().collect();
        let (_, median, _) = times.select_nth_unstable(ALLOWANCES_MAX / 2);
        let median = *median;
        full_at.retain(|_, full_at| *full_at > median);
    }
}

#[cfg(test)]
mod tests;
