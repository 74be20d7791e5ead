//! What the administrator, the log and the metrics are told about the certificate.

use serde::{Deserialize, Serialize};

use crate::x509::{Facts, UnixSeconds};

const DAY_SECS: i64 = 24 * 60 * 60;
/// This server's clock may be behind the authority's by this much before a certificate counts as not valid yet.
const CLOCK_SKEW_SECS: i64 = 60 * 60;

/// Where a certificate comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// The server's own small authority.
    Own,
    /// An administrator's upload.
    Uploaded,
    /// An ACME directory.
    Acme,
}

impl SourceKind {
    /// The word for logs and JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Uploaded => "uploaded",
            Self::Acme => "acme",
        }
    }
}

/// How near the end of the certificate in use is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Alarm {
    /// Nothing to do.
    Fine,
    /// At most 21 days are left.
    Days21,
    /// At most 14 days are left.
    Days14,
    /// At most 7 days are left.
    Days7,
    /// At most 3 days are left.
    Days3,
    /// It has expired, or is not valid yet: clients refuse it.
    Invalid,
}

impl Alarm {
    /// The alarm for a certificate at this time.
    ///
    /// A certificate that renews itself is no reason to worry while that works: below 63 days of lifetime it would have less than
    /// 21 left on every renewal. It alarms when a renewal has failed, or should have happened a day ago.
    pub(crate) fn of(facts: &Facts, now: UnixSeconds, renewal: Renewal) -> Self {
        if now + CLOCK_SKEW_SECS < facts.not_before || now > facts.not_after {
            return Self::Invalid;
        }
        let is_on_its_way = match renewal {
            Renewal::ByHand => false,
            Renewal::ByItself { failures } => failures == 0 && now < renewal_time(facts) + DAY_SECS,
        };
        if is_on_its_way {
            return Self::Fine;
        }
        let left = facts.not_after - now;
        let levels = [(3, Self::Days3), (7, Self::Days7), (14, Self::Days14), (21, Self::Days21)];
        levels.into_iter().find(|(days, _)| left <= days * DAY_SECS).map_or(Self::Fine, |(_, level)| level)
    }

    /// The level for the metric: 0 is fine, 1 to 4 are 21 to 3 days, 5 is invalid.
    pub const fn level(self) -> i64 {
        match self {
            Self::Fine => 0,
            Self::Days21 => 1,
            Self::Days14 => 2,
            Self::Days7 => 3,
            Self::Days3 => 4,
            Self::Invalid => 5,
        }
    }
}

/// Who renews a certificate.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Renewal {
    /// The administrator.
    ByHand,
    /// The server, which has failed this often in a row.
    ByItself { failures: u32 },
}

/// When a certificate is to be renewed: at two thirds of its lifetime.
pub(crate) const fn renewal_time(facts: &Facts) -> UnixSeconds {
    facts.not_before + facts.not_after.saturating_sub(facts.not_before) / 3 * 2
}

/// What went wrong last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastError {
    /// A stable word for translations.
    pub code: String,
    /// Plain English, with what the other side said.
    pub words: String,
    /// When, in Unix seconds.
    pub at: i64,
}

/// Root of the server's own authority. Times are Unix seconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RootStatus {
    /// SHA-256 of its DER in hex, to compare after installing it.
    pub fingerprint_sha256: String,
    /// Valid from.
    pub not_before: i64,
    /// Valid until.
    pub not_after: i64,
}

/// Everything there is to know about the certificate in use. Times are Unix seconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Where the settings say that it comes from.
    pub wanted: SourceKind,
    /// Where the one in use comes from: the own authority's while there is no other.
    pub in_use: SourceKind,
    /// The names it lists.
    pub names: Vec<String>,
    /// Public names of this server that it does not list.
    pub missing_names: Vec<String>,
    /// Who signed it.
    pub issuer: String,
    /// SHA-256 of its DER in hex.
    pub fingerprint_sha256: String,
    /// Valid from.
    pub not_before: i64,
    /// Valid until.
    pub not_after: i64,
    /// When the next renewal will be tried, if the server renews it.
    pub next_try: Option<i64>,
    /// Renewals that have failed since the last success.
    pub failures: u32,
    /// Whether the next try goes to the directory for tests, so that rate limits are not used up.
    pub next_is_staging: bool,
    /// What went wrong since the last success.
    pub last_error: Option<LastError>,
    /// How near the end is.
    pub alarm: Alarm,
    /// The own authority's root, which a closed network installs.
    pub own_root: RootStatus,
}

#[cfg(test)]
mod tests {
    use super::{Alarm, DAY_SECS, Renewal, renewal_time};
    use crate::own::tests::facts_between;

    #[test]
    fn alarms_rise_at_21_14_7_and_3_days() {
        let facts = facts_between(0, 90 * DAY_SECS);
        let at = |days_left: i64| Alarm::of(&facts, (90 - days_left) * DAY_SECS, Renewal::ByHand);
        let expected = [
            (90, Alarm::Fine),
            (22, Alarm::Fine),
            (21, Alarm::Days21),
            (15, Alarm::Days21),
            (14, Alarm::Days14),
            (8, Alarm::Days14),
            (7, Alarm::Days7),
            (4, Alarm::Days7),
            (3, Alarm::Days3),
            (0, Alarm::Days3),
            (-1, Alarm::Invalid),
            (91, Alarm::Invalid),
        ];
        for (days_left, alarm) in expected {
            assert_eq!(at(days_left), alarm, "{days_left} days left");
        }
        let levels: Vec<i64> = expected.iter().map(|(_, alarm)| alarm.level()).collect();
        assert_eq!(levels, [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]);
    }

    #[test]
    fn certificates_that_renew_themselves_alarm_only_when_that_fails() {
        // Six days, as some authorities issue: every day of it is below 21.
        let facts = facts_between(0, 6 * DAY_SECS);
        assert_eq!(renewal_time(&facts), 4 * DAY_SECS);
        let at = |day: i64, failures: u32| Alarm::of(&facts, day * DAY_SECS, Renewal::ByItself { failures });
        assert_eq!(at(1, 0), Alarm::Fine);
        assert_eq!(at(4, 0), Alarm::Fine);
        assert_eq!(at(4, 1), Alarm::Days3);
        assert_eq!(at(5, 0), Alarm::Days3);
        assert_eq!(at(7, 0), Alarm::Invalid);
    }
}
