//! Names of users: what may be chosen, and what somebody who signs in may type.

use ruma::{OwnedUserId, ServerName, UserId};
use veche_base::limits::{ID_BYTES_MAX, LOCALPART_BYTES_MAX};

/// What the names of guests begin with, by which everybody sees that they are some. Nobody else gets such a name.
pub(crate) const GUEST_PREFIX: &str = "guest-";

/// The user id a newcomer's name becomes; `None` when the name breaks the
/// [grammar](https://spec.matrix.org/v1.19/appendices/#user-identifiers) or the id would be too long.
///
/// Capitals are refused, not lowered: somebody who types `Alice` should see that the account is `alice`.
pub(crate) fn chosen(name: &str, server: &ServerName) -> Option<OwnedUserId> {
    let grammatical = !name.is_empty()
        && name.len() <= LOCALPART_BYTES_MAX
        && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'=' | b'-' | b'/' | b'+'));
    let id = format!("@{name}:{server}");
    (grammatical && id.len() <= ID_BYTES_MAX).then(|| UserId::parse(&id).ok()).flatten()
}

/// The account somebody means who typed `alice`, `Alice` or `@alice:our.server`; `None` when it cannot be one of ours.
pub(crate) fn typed(text: &str, server: &ServerName) -> Option<OwnedUserId> {
    let text = text.trim();
    let name = match text.strip_prefix('@') {
        Some(id) => {
            let (name, domain) = id.split_once(':')?;
            domain.eq_ignore_ascii_case(server.as_str()).then_some(name)?
        }
        None => text,
    };
    chosen(&name.to_ascii_lowercase(), server)
}

#[cfg(test)]
mod tests {
    use ruma::server_name;

    use super::{chosen, typed};

    #[test]
    fn names_follow_the_grammar() {
        let server = server_name!("ex.org:8443");
        for name in ["alice", "a.b_c=d-e/f+9", &"a".repeat(128)] {
            assert_eq!(chosen(name, server).unwrap().as_str(), format!("@{name}:ex.org:8443"));
        }
        for name in ["", "Alice", "al ice", "al:ice", "@alice", "алиса", "a\0", "a\u{7f}", &"a".repeat(129)] {
            assert_eq!(chosen(name, server), None, "{name:?}");
        }
    }

    #[test]
    fn people_may_type_their_name_or_their_whole_id() {
        let server = server_name!("ex.org");
        for text in ["alice", "Alice", " alice ", "@alice:ex.org", "@Alice:EX.org"] {
            assert_eq!(typed(text, server).unwrap(), "@alice:ex.org", "{text:?}");
        }
        for text in ["", "@alice", "@alice:other.org", "alice:ex.org", "alice@ex.org", "@:ex.org"] {
            assert_eq!(typed(text, server), None, "{text:?}");
        }
    }
}
