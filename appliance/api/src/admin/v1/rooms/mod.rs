//! Rooms, as far as administrators may know of them: what they are called, who is in them, how they are protected. Never
//! what is said.

mod close;
mod get;
mod list;
mod members;
mod put_settings;

use ruma::room::JoinRuleSummary;
use schemars::JsonSchema;
use serde::Serialize;
use veche_directory::Grant;
use veche_homeserver::overview::RoomOverview;

use crate::app::App;
use crate::typed::{Operation, Typed};

/// Registers the area.
pub(super) fn register(typed: Typed<App>) -> Typed<App> {
    let get = |id, path, summary| Operation::get(id, path, summary).grant(Grant::Rooms);
    let close = Operation::post(
        "rooms.close",
        "/api/admin/v1/rooms/{room_id}/close",
        "Closes a room for good: everybody is put out and nobody comes back or reads it; needs a fresh proof",
    );
    let settings =
        Operation::put("rooms.put_settings", "/api/admin/v1/rooms/{room_id}/settings", "Changes how a room is listed");
    typed
        .add(get("rooms.list", "/api/admin/v1/rooms", "Rooms, in pages"), list::list)
        .add(get("rooms.get", "/api/admin/v1/rooms/{room_id}", "One room"), get::get)
        .add(get("rooms.members", "/api/admin/v1/rooms/{room_id}/members", "Who is in a room"), members::members)
        .add(settings.grant(Grant::Rooms), put_settings::put_settings)
        .add(close.grant(Grant::Rooms).fresh(), close::close)
}

/// Who may come into a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "JoinRule")]
enum JoinRuleName {
    /// Anybody.
    Public,
    /// Who is invited.
    Invite,
    /// Who is invited, and who asks and is let in.
    Knock,
    /// Who is in another room.
    Restricted,
    /// Who is in another room, and who asks and is let in.
    KnockRestricted,
}

/// A room.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Room")]
struct RoomShown {
    room_id: String,
    name: Option<String>,
    topic: Option<String>,
    avatar_url: Option<String>,
    canonical_alias: Option<String>,
    /// Every address of it on this server.
    aliases: Vec<String>,
    /// Holds rooms and no talk.
    space: bool,
    version: String,
    creator: String,
    created_ms: u64,
    /// When its newest event was made.
    active_ms: u64,
    joined: u64,
    invited: u64,
    /// How many of those in it are guests or users of other servers.
    external: u64,
    /// The algorithm, if it is encrypted from end to end.
    encryption: Option<String>,
    join_rule: JoinRuleName,
    /// `invited`, `joined`, `shared` or `world_readable`.
    history_visibility: String,
    guests_may_join: bool,
    /// Whether the directory lists it.
    listed: bool,
    /// Whether users of other servers may ever come in.
    federated: bool,
    /// The room that has taken its place.
    successor: Option<String>,
}

impl From<RoomOverview> for RoomShown {
    fn from(room: RoomOverview) -> Self {
        let space = room.is_space();
        let summary = room.summary;
        Self {
            room_id: summary.room_id.to_string(),
            name: summary.name,
            topic: summary.topic,
            avatar_url: summary.avatar_url.map(|url| url.to_string()),
            canonical_alias: summary.canonical_alias.map(|alias| alias.to_string()),
            aliases: room.aliases.iter().map(ToString::to_string).collect(),
            space,
            version: summary.room_version.map(|version| version.to_string()).unwrap_or_default(),
            creator: room.creator.to_string(),
            created_ms: room.created_ms,
            active_ms: room.active_ms,
            joined: summary.num_joined_members.into(),
            invited: room.invited,
            external: room.external,
            encryption: summary.encryption.map(|algorithm| algorithm.to_string()),
            join_rule: match summary.join_rule {
                JoinRuleSummary::Public => JoinRuleName::Public,
                JoinRuleSummary::Knock => JoinRuleName::Knock,
                JoinRuleSummary::Restricted(_) => JoinRuleName::Restricted,
                JoinRuleSummary::KnockRestricted(_) => JoinRuleName::KnockRestricted,
                _ => JoinRuleName::Invite,
            },
            history_visibility: room.history_visibility,
            guests_may_join: summary.guest_can_join,
            listed: room.listed,
            federated: room.federated,
            successor: room.successor.map(|room| room.to_string()),
        }
    }
}
