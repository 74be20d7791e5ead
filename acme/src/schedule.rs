//! When the next order is tried, and where: pure, with time as an argument, and kept on disk.
//!
//! A failure must not use up the authority's rate limits (Let's Encrypt blocks a name after five failed validations in an
//! hour): each further try waits longer, and after a failure the next one goes to the directory for tests. Only a success
//! there leads back to the real one. The state survives a restart, so that a server that restarts in a loop does not
//! order in a loop.

use serde::{Deserialize, Serialize};

use crate::source::{AcmeSettings, ChallengeKind};
use crate::status::{LastError, renewal_time};
use crate::transport::RETRY_AFTER_SECS_MAX;
use crate::x509::{Facts, UnixSeconds};

/// After the first failure, the second, and so on; the last one from then on. In seconds.
const DELAYS_SECS: [i64; 7] = [
    5 * 60,       // a hiccup of the network
    15 * 60,      // a server that restarts
    60 * 60,      // the window of failed validations at Let's Encrypt
    3 * 60 * 60,  // something a person has to mend: a port, a record
    6 * 60 * 60,  //
    12 * 60 * 60, //
    24 * 60 * 60, // once a day for ever: 30 tries in the last third of 90 days
];

/// A wait is made longer by up to this share of itself, so that many servers do not come back at once.
const JITTER_PERCENT: i64 = 25;

/// Which directory an order goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Stage {
    /// The one whose certificates are used.
    Production,
    /// The one for tests.
    Staging,
}

/// A failure as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Failure {
    pub(crate) code: String,
    pub(crate) words: String,
    pub(crate) at: UnixSeconds,
}

impl Failure {
    pub(crate) fn told(&self) -> LastError {
        LastError { code: self.code.clone(), words: self.words.clone(), at: self.at }
    }
}

/// What is known about the orders to one directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Schedule {
    /// The directory that all this is about.
    pub(crate) directory_url: String,
    /// Failures since the last certificate.
    pub(crate) failures: u32,
    /// No order before this time.
    pub(crate) wait_until: UnixSeconds,
    /// Where the next order goes.
    pub(crate) stage: Stage,
    /// How control is proved next.
    pub(crate) challenge: ChallengeKind,
    /// The last failure since the last certificate.
    pub(crate) last_failure: Option<Failure>,
    /// Whether the certificate in hand is from this directory and need not be replaced before its time.
    pub(crate) has_certificate: bool,
}

impl Schedule {
    /// Nothing was tried yet.
    pub(crate) fn new(settings: &AcmeSettings) -> Self {
        Self {
            directory_url: settings.directory_url.clone(),
            failures: 0,
            wait_until: 0,
            stage: Stage::Production,
            challenge: settings.challenge,
            last_failure: None,
            has_certificate: false,
        }
    }

    /// When the next order is due. `current` is the certificate in hand, if it still has the right names.
    pub(crate) fn due_at(&self, now: UnixSeconds, current: Option<&Facts>) -> UnixSeconds {
        let wanted_at = match current {
            Some(facts) if self.has_certificate => renewal_time(facts),
            _ => now,
        };
        // A wait longer than any that is ever set means that the clock was set back.
        let longest = i64::try_from(RETRY_AFTER_SECS_MAX).unwrap_or(i64::MAX) / 100 * (100 + JITTER_PERCENT);
        let wait_until = if self.wait_until - now > longest { now } else { self.wait_until };
        wanted_at.max(wait_until)
    }

    /// An order begins. If it is cut off, for example by a restart, this is how long the next one waits.
    pub(crate) fn began(&mut self, now: UnixSeconds) {
        self.wait_until = now + DELAYS_SECS[0];
    }

    /// The certificate in hand is to be replaced at once.
    pub(crate) fn hurry(&mut self) {
        self.has_certificate = false;
        self.wait_until = 0;
    }

    /// An order has failed. `asked_secs` is the patience the directory asked for, `random` any number.
    pub(crate) fn failed(&mut self, failure: Failure, asked_secs: u64, random: u32, settings: &AcmeSettings) {
        let step = usize::try_from(self.failures).unwrap_or(usize::MAX).min(DELAYS_SECS.len() - 1);
        let asked = i64::try_from(asked_secs.min(RETRY_AFTER_SECS_MAX)).unwrap_or(0);
        let delay = DELAYS_SECS[step].max(asked);
        let jitter = delay * JITTER_PERCENT / 100 * i64::from(random % 1_000) / 1_000;
        self.wait_until = failure.at + delay + jitter;
        self.failures = self.failures.saturating_add(1);
        self.stage = if settings.staging_url.is_some() { Stage::Staging } else { Stage::Production };
        self.last_failure = Some(failure);
    }

    /// The other way to prove control is tried next, because this one was refused.
    pub(crate) fn change_challenge(&mut self) {
        self.challenge = self.challenge.other();
    }

    /// The order to the directory for tests went well: the real one is due at once.
    pub(crate) fn rehearsed(&mut self) {
        self.stage = Stage::Production;
        self.wait_until = 0;
    }

    /// A certificate was issued.
    pub(crate) fn succeeded(&mut self) {
        self.failures = 0;
        self.wait_until = 0;
        self.stage = Stage::Production;
        self.last_failure = None;
        self.has_certificate = true;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{DELAYS_SECS, Failure, Schedule, Stage};
    use crate::own::tests::facts_between;
    use crate::source::{AcmeSettings, ChallengeKind};

    const DAY_SECS: i64 = 24 * 60 * 60;

    fn failure(at: i64) -> Failure {
        Failure { code: "refused".to_owned(), words: "no".to_owned(), at }
    }

    #[test]
    fn certificate_is_renewed_at_two_thirds_and_missing_ones_at_once() {
        let mut schedule = Schedule::new(&AcmeSettings::lets_encrypt());
        let facts = facts_between(1_000, 1_000 + 90 * DAY_SECS);
        assert_eq!(schedule.due_at(5_000, None), 5_000);
        assert_eq!(schedule.due_at(5_000, Some(&facts)), 5_000, "it is from somewhere else");
        schedule.succeeded();
        assert_eq!(schedule.due_at(5_000, Some(&facts)), 1_000 + 60 * DAY_SECS);
        assert_eq!(schedule.due_at(5_000, None), 5_000);
    }

    #[test]
    fn failures_wait_longer_each_time_and_go_to_staging_first() {
        let settings = AcmeSettings::lets_encrypt();
        let mut schedule = Schedule::new(&settings);
        assert_eq!(schedule.stage, Stage::Production);
        let mut now = 1_800_000_000;
        for delay in DELAYS_SECS.into_iter().chain([DAY_SECS]) {
            schedule.failed(failure(now), 0, 0, &settings);
            assert_eq!(schedule.due_at(now, None), now + delay);
            assert_eq!(schedule.stage, Stage::Staging);
            now += delay;
        }
        schedule.rehearsed();
        assert_eq!((schedule.due_at(now, None), schedule.stage), (now, Stage::Production));
        assert_eq!(schedule.failures, 8, "a rehearsal is no certificate");
        // The real directory refuses although the rehearsal went well: a day again, and staging first.
        schedule.failed(failure(now), 0, 999, &settings);
        let wait = schedule.due_at(now, None) - now;
        assert!(wait > DAY_SECS && wait <= DAY_SECS * 5 / 4, "{wait}");
        assert_eq!(schedule.stage, Stage::Staging);
        schedule.succeeded();
        assert_eq!((schedule.failures, schedule.stage, schedule.last_failure), (0, Stage::Production, None));
    }

    #[test]
    fn directories_without_a_double_are_asked_again_themselves() {
        let settings = AcmeSettings::directory("https://ca.example.org/directory");
        let mut schedule = Schedule::new(&settings);
        schedule.failed(failure(0), 0, 0, &settings);
        assert_eq!(schedule.stage, Stage::Production);
        schedule.change_challenge();
        assert_eq!(schedule.challenge, ChallengeKind::TlsAlpn01);
        schedule.change_challenge();
        assert_eq!(schedule.challenge, ChallengeKind::Http01);
    }

    #[test]
    fn patience_that_is_asked_for_is_given_within_reason() {
        let settings = AcmeSettings::lets_encrypt();
        let mut schedule = Schedule::new(&settings);
        let now = 1_800_000_000;
        schedule.failed(failure(now), 36 * 60 * 60, 0, &settings);
        assert_eq!(schedule.due_at(now, None), now + 36 * 60 * 60);
        schedule.failed(failure(now), u64::MAX, 0, &settings);
        assert_eq!(schedule.due_at(now, None), now + 7 * DAY_SECS);
        // Less than the table says is no reason to hurry.
        schedule.failed(failure(now), 1, 0, &settings);
        assert_eq!(schedule.due_at(now, None), now + DELAYS_SECS[2]);
        // The clock was a year ahead when it failed.
        assert_eq!(schedule.due_at(now - 365 * DAY_SECS, None), now - 365 * DAY_SECS);
    }

    #[test]
    fn state_survives_the_disk() {
        let settings = AcmeSettings::lets_encrypt();
        let mut schedule = Schedule::new(&settings);
        schedule.failed(failure(7), 0, 5, &settings);
        let text = serde_json::to_string(&schedule).unwrap();
        assert_eq!(serde_json::from_str::<Schedule>(&text).unwrap(), schedule);
    }

    proptest! {
        #[test]
        fn no_number_of_failures_and_no_time_breaks_it(failures in 0_u32.., asked: u64, random: u32, at in 0..1_i64 << 50) {
            let settings = AcmeSettings::lets_encrypt();
            let mut schedule = Schedule { failures, ..Schedule::new(&settings) };
            schedule.failed(failure(at), asked, random, &settings);
            let wait = schedule.due_at(at, None) - at;
            prop_assert!((DELAYS_SECS[0]..=7 * DAY_SECS * 5 / 4).contains(&wait));
        }
    }
}
