//! Who may subscribe to somebody's tracks, as far as it is remembered: a client could write a million bytes of it, and many would
//! keep that for each of their people.
//!
//! What is left out permits nothing.

use livekit_protocol::{SubscriptionPermission, TrackPermission};
use veche_sfu::{PARTICIPANTS_MAX, PUBLICATIONS_PER_PARTICIPANT_MAX};

use super::grants::NAME_CHARS_MAX;

/// Rules of one client: one for everybody who can be there.
const RULES_MAX: usize = PARTICIPANTS_MAX;
/// Bytes of all names in them. Those of Matrix are at most 255 bytes, and most of them short.
const BYTES_MAX: usize = 64 * 1_024;

/// What is remembered of a permission, of somebody who has these tracks.
pub(crate) fn remembered(permission: SubscriptionPermission, has: impl Fn(&str) -> bool) -> SubscriptionPermission {
    let mut bytes = 0;
    let rules = permission.track_permissions.into_iter().filter_map(|rule| {
        let is_name = |text: &str| text.chars().nth(NAME_CHARS_MAX).is_none();
        let (participant_sid, participant_identity) = (rule.participant_sid, rule.participant_identity);
        let mut track_sids: Vec<String> = rule.track_sids.into_iter().filter(|sid| has(sid)).collect();
        track_sids.truncate(PUBLICATIONS_PER_PARTICIPANT_MAX);
        let rule = TrackPermission { participant_sid, all_tracks: rule.all_tracks, track_sids, participant_identity };
        (is_name(&rule.participant_sid) && is_name(&rule.participant_identity)).then_some(rule)
    });
    let fits = |rule: &TrackPermission| {
        bytes += rule.participant_sid.len() + rule.participant_identity.len();
        bytes += rule.track_sids.iter().map(String::len).sum::<usize>();
        bytes <= BYTES_MAX
    };
    let track_permissions = rules.take(RULES_MAX).take_while(fits).collect();
    SubscriptionPermission { all_participants: permission.all_participants, track_permissions }
}

#[cfg(test)]
mod tests {
    use livekit_protocol::{SubscriptionPermission, TrackPermission};
    use prost::Message as _;

    use super::{BYTES_MAX, RULES_MAX, remembered};

    fn rule(identity: &str, tracks: &[&str]) -> TrackPermission {
        let track_sids = tracks.iter().map(|sid| (*sid).to_owned()).collect();
        TrackPermission { participant_identity: identity.to_owned(), track_sids, ..TrackPermission::default() }
    }

    fn kept(rules: Vec<TrackPermission>) -> Vec<TrackPermission> {
        let permission = SubscriptionPermission { all_participants: false, track_permissions: rules };
        remembered(permission, |sid| sid.starts_with("TR_mine")).track_permissions
    }

    #[test]
    fn what_is_meant_is_kept_and_what_means_nothing_is_not() {
        let rules = vec![rule("anna", &["TR_mine1", "TR_other", "TR_mine2"]), rule(&"x".repeat(600), &[])];
        assert_eq!(kept(rules), [rule("anna", &["TR_mine1", "TR_mine2"])]);
        let all = SubscriptionPermission { all_participants: true, ..SubscriptionPermission::default() };
        assert!(remembered(all, |_| false).all_participants);
    }

    #[test]
    fn a_million_bytes_are_not_kept() {
        let many = vec![rule("a", &["TR_mine"; 100]); 5_000];
        let long = vec![rule(&"\u{44f}".repeat(500), &["TR_mine"]); 5_000];
        for (rules, count) in [(many, RULES_MAX), (long, 65)] {
            let kept = kept(rules);
            assert_eq!(kept.len(), count);
            let bytes = SubscriptionPermission { all_participants: false, track_permissions: kept }.encoded_len();
            assert!(bytes < 2 * BYTES_MAX, "{bytes}");
        }
    }
}
