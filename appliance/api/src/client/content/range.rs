//! Which part of a file a request asks for (RFC 9110, section 14).

/// What to answer with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// 200 with everything.
    Whole,
    /// 206 with these bytes.
    Part {
        /// The first one.
        start: u64,
        /// After the last one.
        end: u64,
    },
    /// 416: there are no such bytes.
    Nothing,
}

/// Reads a `Range` header. What is not understood, and several ranges at once, are answered with everything, as the
/// RFC allows.
pub(super) fn wanted(range: Option<&str>, length: u64) -> Wanted {
    range.and_then(|range| parse(range, length)).unwrap_or(Wanted::Whole)
}

fn parse(range: &str, length: u64) -> Option<Wanted> {
    let (unit, set) = range.split_once('=')?;
    let (first, last) = set.trim().split_once('-')?;
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return None;
    }
    let (start, end) = match (first, last) {
        ("", last) => (length.saturating_sub(number(last)?), length),
        (first, "") => (number(first)?, length),
        (first, last) => {
            let (first, last) = (number(first)?, number(last)?);
            if last < first {
                return None;
            }
            (first, last.saturating_add(1).min(length))
        }
    };
    Some(if start < end { Wanted::Part { start, end } } else { Wanted::Nothing })
}

/// Digits and nothing else; a number too large for us is past the end of every file.
fn number(digits: &str) -> Option<u64> {
    let only_digits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    only_digits.then(|| digits.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::{Wanted, wanted};

    #[test]
    fn ranges_are_read_as_the_rfc_says() {
        let part = |start, end| Wanted::Part { start, end };
        for (range, length, expected) in [
            (None, 10, Wanted::Whole),
            (Some("bytes=0-3"), 10, part(0, 4)),
            (Some("bytes=3-"), 10, part(3, 10)),
            (Some("bytes=-3"), 10, part(7, 10)),
            (Some("bytes=-30"), 10, part(0, 10)),
            (Some("bytes=9-9"), 10, part(9, 10)),
            (Some("bytes=0-99"), 10, part(0, 10)),
            (Some("Bytes = 1-2"), 10, part(1, 3)),
            (Some("bytes=0-18446744073709551615"), 10, part(0, 10)),
            (Some("bytes=10-"), 10, Wanted::Nothing),
            (Some("bytes=10-12"), 10, Wanted::Nothing),
            (Some("bytes=-0"), 10, Wanted::Nothing),
            (Some("bytes=0-"), 0, Wanted::Nothing),
            (Some("bytes=99999999999999999999999-"), 10, Wanted::Nothing),
            (Some("bytes=3-2"), 10, Wanted::Whole),
            (Some("bytes=0-1,4-5"), 10, Wanted::Whole),
            (Some("bytes=-"), 10, Wanted::Whole),
            (Some("bytes="), 10, Wanted::Whole),
            (Some("bytes=a-b"), 10, Wanted::Whole),
            (Some("bytes=+1-2"), 10, Wanted::Whole),
            (Some("rows=0-3"), 10, Wanted::Whole),
            (Some("0-3"), 10, Wanted::Whole),
        ] {
            assert_eq!(wanted(range, length), expected, "{range:?} of {length}");
        }
    }
}
