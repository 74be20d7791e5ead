use std::time::Duration;

use ruma::{OwnedRoomId, RoomId};
use serde_json::{Value, json, value::to_raw_value};

use crate::{
    creation::Preset,
    filter::FilterDefinition,
    membership::MemberAction,
    sync::{SyncRequest, SyncToken},
    testing::{House, device, user},
};

/// Alice, who invites, and bob, who reads.
struct Reader(House);

impl Reader {
    async fn new() -> Self {
        let house = House::new().await;
        house.sign_in("bob", "B").await;
        Self(house)
    }

    /// What bob is told: the rooms he is invited to, those he is no longer in, and where he goes on.
    async fn told(&self, since: Option<SyncToken>) -> (Vec<OwnedRoomId>, Vec<OwnedRoomId>, Option<SyncToken>) {
        let request = SyncRequest {
            user: user("bob"),
            device: device("B"),
            since,
            filter: FilterDefinition::default(),
            full_state: false,
            state_after: true,
            timeout: Duration::ZERO,
        };
        let (update, next) = self.0.server.sync.poll(&request).await.unwrap();
        for left in &update.left {
            assert!(
                left.timeline.events.is_empty() && left.state.is_empty(),
                "nothing has happened in {}",
                left.room_id
            );
        }
        let invited = update.invited.into_iter().map(|invited| invited.room_id).collect();
        (invited, update.left.into_iter().map(|left| left.room_id).collect(), Some(next))
    }

    async fn invite(&self, room: &RoomId) {
        let (alice, bob) = (user("alice"), user("bob"));
        self.0.server.members.change(room, &alice, &bob, MemberAction::Invite, None).await.unwrap();
    }

    async fn say(&self, kind: &str, content: Value) {
        let content = to_raw_value(&content).unwrap();
        self.0.server.parts.account_data.set(&user("bob"), None, kind, &content).await.unwrap();
    }

    async fn take_invites(&self, takes: bool) {
        let config = if takes { json!({}) } else { json!({ "default_action": "block" }) };
        self.say("m.invite_permission_config", config).await;
    }
}

#[tokio::test]
async fn who_takes_no_invites_is_shown_none_until_he_takes_them_again() {
    let reader = Reader::new().await;
    let room = reader.0.room(&user("alice"), Preset::Private).await;
    reader.invite(&room).await;
    let room = [room];
    let (invited, left, before) = reader.told(None).await;
    assert_eq!((&*invited, &*left), (&room[..], &[][..]));
    reader.take_invites(false).await;
    let (invited, left, hidden) = reader.told(before).await;
    assert_eq!((&*invited, &*left), (&[][..], &room[..]));
    let (invited, left, _) = reader.told(None).await;
    assert_eq!((invited.len(), left.len()), (0, 0), "who starts anew has nothing to lose");
    let (invited, left, hidden_still) = reader.told(hidden).await;
    assert_eq!((invited.len(), left.len()), (0, 0));
    reader.take_invites(true).await;
    // Also to one who has missed that it was hidden.
    for since in [before, hidden, hidden_still, None] {
        let (invited, left, after) = reader.told(since).await;
        assert_eq!((&*invited, &*left), (&room[..], &[][..]));
        let (invited, left, _) = reader.told(after).await;
        assert_eq!((invited.len(), left.len()), (0, 0), "once");
    }
}

#[tokio::test]
async fn an_invite_that_comes_hidden_takes_away_what_the_client_had_of_the_room() {
    let reader = Reader::new().await;
    let (alice, bob) = (user("alice"), user("bob"));
    let (house, members) = (&reader.0, &reader.0.server.members);
    let rooms = [house.room(&alice, Preset::Public).await, house.room(&alice, Preset::Private).await];
    let [public, knocked] = &rooms;
    house.join(public, &bob).await;
    house.set_state(knocked, &alice, "m.room.join_rules", json!({ "join_rule": "knock" })).await;
    members.knock(knocked, &bob, None).await.unwrap();
    let unknown = house.room(&alice, Preset::Private).await;
    reader.say("m.ignored_user_list", json!({ "ignored_users": { alice.as_str(): {} } })).await;
    let (_, _, since) = reader.told(None).await;
    members.change(public, &alice, &bob, MemberAction::Kick, None).await.unwrap();
    for room in [public, knocked, &unknown] {
        reader.invite(room).await;
    }
    let (invited, mut left, since) = reader.told(since).await;
    let mut expected = rooms.to_vec();
    left.sort();
    expected.sort();
    assert_eq!((invited.len(), left), (0, expected), "the one he never heard of is not named");
    let (invited, left, _) = reader.told(since).await;
    assert_eq!((invited.len(), left.len()), (0, 0));
}
