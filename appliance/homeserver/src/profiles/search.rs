//! The search among people: everybody on this server, by name or id.

use ruma::{OwnedUserId, UserId};
use veche_base::limits::USER_SEARCH_RESULTS_MAX;
use veche_store::Error;

use super::{AVATAR_URL, DISPLAY_NAME, Profiles};

/// A person who was found.
pub struct FoundUser {
    /// Who.
    pub user_id: OwnedUserId,
    /// His name.
    pub display_name: Option<String>,
    /// His picture.
    pub avatar_url: Option<String>,
}

/// What a search found.
pub struct Found {
    /// The best matches.
    pub users: Vec<FoundUser>,
    /// Whether there are more.
    pub limited: bool,
}

/// How well a person matches; the lower the better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Match {
    Start,
    Word,
    Inside,
}

impl Profiles {
    /// The active users of this server, other than the one who asks, whose name or id contains `term`, whatever its
    /// case. Guests are not found: they are there for one meeting. Best first: those who begin with it, then those with a word that does.
    pub fn search(&self, asker: &UserId, term: &str, limit: usize) -> Result<Found, Error> {
        let limit = limit.min(USER_SEARCH_RESULTS_MAX);
        let term = term.trim().to_lowercase();
        let mut found = Vec::new();
        for user_id in self.core.directory.local_users() {
            if user_id == asker || self.core.directory.is_guest(&user_id) {
                continue;
            }
            let display_name = self.text(&user_id, DISPLAY_NAME)?;
            let by_name = display_name.as_deref().and_then(|name| matches(&name.to_lowercase(), &term));
            let by_id = matches(user_id.localpart(), &term).or_else(|| matches(user_id.as_str(), &term));
            if let Some(quality) = by_name.into_iter().chain(by_id).min() {
                found.push((quality, display_name, user_id));
            }
        }
        let sort_key = |name: &Option<String>, user: &OwnedUserId| {
            name.as_deref().unwrap_or_else(|| user.localpart()).to_lowercase()
        };
        found.sort_by_cached_key(|(quality, name, user)| (*quality, sort_key(name, user), user.clone()));
        let limited = found.len() > limit;
        found.truncate(limit);
        let mut users = Vec::with_capacity(found.len());
        for (_, display_name, user_id) in found {
            let avatar_url = self.text(&user_id, AVATAR_URL)?;
            users.push(FoundUser { user_id, display_name, avatar_url });
        }
        Ok(Found { users, limited })
    }
}

/// How a text in lower case matches a term in lower case.
fn matches(text: &str, term: &str) -> Option<Match> {
    let at = text.find(term)?;
    if at == 0 {
        return Some(Match::Start);
    }
    let starts_word = |at: usize| text[..at].chars().next_back().is_some_and(|c| !c.is_alphanumeric());
    let word = text.match_indices(term).any(|(at, _)| starts_word(at));
    Some(if word { Match::Word } else { Match::Inside })
}

#[cfg(test)]
mod tests {
    use super::{Match, matches};

    #[test]
    fn beginnings_are_better_than_words_than_insides() {
        for (text, term, quality) in [
            ("anna petrova", "an", Some(Match::Start)),
            ("anna petrova", "pet", Some(Match::Word)),
            ("anna petrova", "rova", Some(Match::Inside)),
            ("анна петрова", "петр", Some(Match::Word)),
            ("anna", "bob", None),
            ("anna", "", Some(Match::Start)),
        ] {
            assert_eq!(matches(text, term), quality, "{term} in {text}");
        }
    }
}
