//! Why an order failed, in words for the administrator.

use instant_acme::{Error, Problem};

use crate::fault::Fault;
use crate::folder::FolderError;

/// What every type of problem begins with (RFC 8555 §6.7).
const PROBLEM_PREFIX: &str = "urn:ietf:params:acme:error:";
/// A detail of the authority is shown up to this length.
const DETAIL_CHARS_MAX: usize = 500;

/// Why an order failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OrderError {
    #[error("The authority cannot be reached: {0}.")]
    Unreachable(String),
    #[error("The authority answered with something that is not ACME: {0}.")]
    Garbled(String),
    #[error("The authority wants fewer requests: {detail}", detail = detail(.0))]
    RateLimited(Box<Problem>),
    #[error("The authority refused: {detail}", detail = detail(.0))]
    Refused(Box<Problem>),
    #[error("The authority could not verify {name} by {kind}: {detail}", detail = detail(problem))]
    Challenge { name: String, kind: String, problem: Box<Problem> },
    #[error("The authority offers no way to prove control of {0} that this server knows (HTTP-01, TLS-ALPN-01).")]
    NoChallenge(String),
    #[error("The authority did not finish the order in time.")]
    TimedOut,
    #[error("The authority finished the order and gave no certificate.")]
    NoCertificate,
    #[error("The authority issued a certificate that clients would refuse: {words}", words = words(.0))]
    BadCertificate(Vec<Fault>),
    #[error("The request cannot be made: {0}.")]
    Generate(#[source] rcgen::Error),
    #[error("{0}.")]
    Folder(#[source] FolderError),
}

impl OrderError {
    /// What the library's error means here.
    pub(super) fn of(error: Error) -> Self {
        match error {
            Error::Api(problem) if is(&problem, "rateLimited") => Self::RateLimited(Box::new(problem)),
            Error::Api(problem) => Self::Refused(Box::new(problem)),
            Error::Other(error) => {
                let mut words = error.to_string();
                let mut source = error.source();
                while let Some(deeper) = source {
                    words = format!("{words}: {deeper}");
                    source = deeper.source();
                }
                Self::Unreachable(shortened(&words))
            }
            error => Self::Garbled(shortened(&error.to_string())),
        }
    }

    /// A stable word for translations.
    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::Unreachable(_) => "unreachable",
            Self::Garbled(_) => "garbled",
            Self::RateLimited(_) => "rate_limited",
            Self::Refused(_) => "refused",
            Self::Challenge { .. } => "challenge_failed",
            Self::NoChallenge(_) => "no_challenge",
            Self::TimedOut => "timed_out",
            Self::NoCertificate => "no_certificate",
            Self::BadCertificate(_) => "bad_certificate",
            Self::Generate(_) => "cannot_generate",
            Self::Folder(_) => "cannot_keep",
        }
    }

    /// Whether the other way to prove control might work.
    pub(crate) const fn is_about_the_challenge(&self) -> bool {
        matches!(self, Self::Challenge { .. })
    }
}

/// Whether the problem is of this type.
pub(super) fn is(problem: &Problem, kind: &str) -> bool {
    problem.r#type.as_deref().and_then(|full| full.strip_prefix(PROBLEM_PREFIX)) == Some(kind)
}

/// The authority's own words and the type of the problem.
fn detail(problem: &Problem) -> String {
    let mut words = problem.detail.clone().unwrap_or_default();
    for part in &problem.subproblems {
        words = format!("{words}; {part}");
    }
    let kind = problem.r#type.as_deref().unwrap_or("no reason given");
    shortened(format!("{words} ({})", kind.strip_prefix(PROBLEM_PREFIX).unwrap_or(kind)).trim_start())
}

fn words(faults: &[Fault]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

/// Text of somebody else: no longer than a log line bears, and without control characters.
fn shortened(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).take(DETAIL_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use instant_acme::{Error, Problem};

    use super::{DETAIL_CHARS_MAX, OrderError};

    fn problem(kind: &str, detail: &str) -> Error {
        let json = serde_json::json!({ "type": format!("urn:ietf:params:acme:error:{kind}"), "detail": detail });
        Error::Api(serde_json::from_value::<Problem>(json).unwrap())
    }

    #[test]
    fn problems_are_told_in_the_words_of_the_authority() {
        let limited = OrderError::of(problem("rateLimited", "too many certificates"));
        assert_eq!(limited.code(), "rate_limited");
        assert_eq!(limited.to_string(), "The authority wants fewer requests: too many certificates (rateLimited)");
        let refused = OrderError::of(problem("rejectedIdentifier", "not\nthis\u{1b}one"));
        assert_eq!(refused.to_string(), "The authority refused: not this one (rejectedIdentifier)");
        let long = OrderError::of(problem("malformed", &"x".repeat(10_000))).to_string();
        assert!(long.chars().count() < DETAIL_CHARS_MAX + 100);
        assert_eq!(OrderError::of(Error::Str("no nonce")).code(), "garbled");
    }
}
