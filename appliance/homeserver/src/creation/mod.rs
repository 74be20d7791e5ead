//! New rooms: presets, the order of the first events, and the replacement of a room by a newer version of itself.

mod aliases;
mod encryption;
mod events;
mod state;
mod successor;
mod upgrade;

pub use self::{aliases::AliasError, state::SetStateError, upgrade::UpgradeError};

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use ruma::{
    OwnedEventId, OwnedRoomAliasId, OwnedRoomId, OwnedUserId, RoomVersionId, UserId,
    events::{TimelineEventType, room::member::MembershipState},
};
use serde_json::{Map, Value};
use veche_rooms::{NewEvent, room_versions};
use veche_store::{
    Error,
    records::aliases::{Alias, AliasKey, PublicRoomKey, RoomAliasKey},
};

use crate::{
    core::Core,
    membership::member_event,
    profiles::Profiles,
    rooms::Rooms,
    timeline::{Draft, DraftError, Timeline},
};

use veche_base::limits::{CREATE_ROOM_INVITES_MAX as INVITES_MAX, ROOMS_PER_USER_MAX};

/// Why a room was not made.
#[derive(Debug, thiserror::Error)]
pub enum CreateRoomError {
    /// The room version is not one of ours.
    #[error("this room version is not supported")]
    UnsupportedVersion,
    /// The request contradicts itself or the room's rules.
    #[error("{0}")]
    InvalidState(String),
    /// Not everybody can be invited who should be.
    #[error("{0}")]
    Forbidden(String),
    /// The request is not a valid one.
    #[error("{0}")]
    Invalid(String),
    /// Somebody who should be invited takes no invites.
    #[error("{0} does not accept invites")]
    InviteBlocked(OwnedUserId),
    /// The creator or somebody invited has as many rooms as one may have.
    #[error("nobody may be in more than {ROOMS_PER_USER_MAX} rooms")]
    TooManyRooms,
    /// The alias belongs to another room.
    #[error("this address is taken")]
    AliasTaken,
    /// The store failed or refused.
    #[error(transparent)]
    Internal(#[from] Error),
}

impl From<DraftError> for CreateRoomError {
    fn from(error: DraftError) -> Self {
        match error {
            DraftError::Forbidden(why) => Self::InvalidState(why),
            DraftError::Invalid(why) => Self::Invalid(why),
            DraftError::NotFederated(_) => Self::Forbidden(error.to_string()),
            DraftError::TooLarge => Self::Invalid("one of the room's events is larger than 65,535 bytes".to_owned()),
            DraftError::Taken => Self::AliasTaken,
            DraftError::InviteBlocked(user) => Self::InviteBlocked(user),
            DraftError::TooManyRooms => Self::TooManyRooms,
            DraftError::Internal(error) => Self::Internal(error),
        }
    }
}

/// The starting rules of a room (spec: `preset` of `POST /createRoom`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preset {
    /// By invitation.
    Private,
    /// By invitation, and everybody invited has the creator's power.
    TrustedPrivate,
    /// Anybody may join.
    Public,
}

/// What a new room shall be.
pub struct NewRoom {
    /// Who makes it.
    pub creator: OwnedUserId,
    /// The version, or the default one.
    pub version: Option<RoomVersionId>,
    /// The starting rules.
    pub preset: Preset,
    /// Whether the directory lists it.
    pub listed: bool,
    /// The part of its alias before the colon.
    pub alias_localpart: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// Its topic.
    pub topic: Option<String>,
    /// Whom to invite.
    pub invites: Vec<OwnedUserId>,
    /// Extra keys of the create event.
    pub creation_content: Map<String, Value>,
    /// State events that follow the preset's.
    pub initial_state: Vec<NewEvent>,
    /// Changes to the default power levels.
    pub power_levels: Option<Map<String, Value>>,
    /// Whether the invites say that this is a direct chat.
    pub is_direct: bool,
    /// The room it replaces.
    pub predecessor: Option<Predecessor>,
}

/// A room that another one takes the place of.
pub struct Predecessor {
    /// The room.
    pub room_id: OwnedRoomId,
    /// Its last event.
    pub event_id: Option<OwnedEventId>,
}

/// Makes rooms.
pub struct Creation {
    pub(crate) core: Arc<Core>,
    pub(crate) rooms: Arc<Rooms>,
    pub(crate) timeline: Arc<Timeline>,
    pub(crate) profiles: Arc<Profiles>,
    /// When the newest room was made, unix milliseconds.
    newest_ms: AtomicU64,
    /// The policy on encryption: whether rooms by invitation are encrypted from end to end.
    encrypts_private: AtomicBool,
}

impl Creation {
    /// Over these parts.
    pub fn new(core: Arc<Core>, rooms: Arc<Rooms>, timeline: Arc<Timeline>, profiles: Arc<Profiles>) -> Self {
        let (newest_ms, encrypts_private) = (AtomicU64::new(0), AtomicBool::new(false));
        Self { core, rooms, timeline, profiles, newest_ms, encrypts_private }
    }

    /// Makes a room with all its first events in one commit.
    pub async fn create(&self, new: NewRoom) -> Result<OwnedRoomId, CreateRoomError> {
        let version = new.version.clone().unwrap_or_else(|| self.core.settings.default_room_version.clone());
        if !room_versions::is_supported(&version) {
            return Err(CreateRoomError::UnsupportedVersion);
        }
        if new.invites.len() > INVITES_MAX {
            return Err(CreateRoomError::Invalid(format!("more than {INVITES_MAX} invites")));
        }
        let alias = new.alias_localpart.as_deref().map(|localpart| self.local_alias(localpart)).transpose()?;
        if let Some(alias) = &alias
            && self.alias_target(alias)?.is_some()
        {
            return Err(CreateRoomError::AliasTaken);
        }
        let id = (!room_versions::room_id_is_create_hash(&version)).then(|| self.fresh_room_id());
        let mut draft = self.timeline.draft_room(version.clone(), id);
        draft.at(self.unique_ms());
        self.push_foundation(&mut draft, &new, &version)?;
        self.push_settings(&mut draft, &new, alias.as_ref())?;
        self.push_invites(&mut draft, &new)?;
        self.push_directory(&mut draft, alias, new.listed, &new.creator);
        let (room, _) = draft.commit().await?;
        Ok(room.id.clone())
    }

    /// Create event, the creator's membership and the power levels: what every room begins with.
    fn push_foundation(
        &self,
        draft: &mut Draft<'_>,
        new: &NewRoom,
        version: &RoomVersionId,
    ) -> Result<(), CreateRoomError> {
        let creators = events::additional_creators(new, version)?;
        draft.push(&new.creator, events::create(new, version, &creators))?;
        let content = self.profiles.member_content(&new.creator)?;
        draft.push(&new.creator, member_event(&new.creator, &MembershipState::Join, content, None))?;
        draft.push(&new.creator, events::power_levels(new, version, &creators)?)?;
        Ok(())
    }

    fn push_settings(
        &self,
        draft: &mut Draft<'_>,
        new: &NewRoom,
        alias: Option<&OwnedRoomAliasId>,
    ) -> Result<(), CreateRoomError> {
        let given: BTreeSet<(String, String)> = new
            .initial_state
            .iter()
            .map(|event| (event.kind.to_string(), event.state_key.clone().unwrap_or_default()))
            .collect();
        let canonical = alias.map(|alias| events::canonical_alias(alias));
        let preset = events::preset(new.preset).into_iter().chain(self.encryption(new));
        for event in canonical.into_iter().chain(preset) {
            // What the client states itself stands instead of the preset's.
            if !given.contains(&(event.kind.to_string(), String::new())) {
                draft.push(&new.creator, event)?;
            }
        }
        for event in &new.initial_state {
            if matches!(event.kind, TimelineEventType::RoomCreate | TimelineEventType::RoomMember) {
                return Err(CreateRoomError::Invalid(format!("{} cannot be part of initial_state", event.kind)));
            }
            draft.push(&new.creator, event.clone())?;
        }
        if let Some(name) = &new.name {
            draft.push(&new.creator, events::text(TimelineEventType::RoomName, "name", name))?;
        }
        if let Some(topic) = &new.topic {
            draft.push(&new.creator, events::topic(topic))?;
        }
        Ok(())
    }

    fn push_invites(&self, draft: &mut Draft<'_>, new: &NewRoom) -> Result<(), CreateRoomError> {
        let unique: BTreeSet<&OwnedUserId> = new.invites.iter().collect();
        for user in unique {
            if *user == new.creator {
                return Err(CreateRoomError::Invalid("the creator of a room cannot be invited to it".to_owned()));
            }
            let mut content = self.profiles.member_content(user)?;
            if new.is_direct {
                content.insert("is_direct".to_owned(), Value::Bool(true));
            }
            draft.push(&new.creator, member_event(user, &MembershipState::Invite, content, None))?;
        }
        Ok(())
    }

    /// Address and listing go to disk with the room: either all of it exists or nothing.
    fn push_directory(&self, draft: &mut Draft<'_>, alias: Option<OwnedRoomAliasId>, listed: bool, creator: &UserId) {
        let Some(room_id) = draft.room_id().cloned() else { return };
        let creator = creator.to_owned();
        draft.also(move |txn, room| {
            if let Some(alias) = alias {
                let key = AliasKey { alias: alias.clone() };
                if txn.get(&key)?.is_some() {
                    return Err(DraftError::Taken);
                }
                txn.put(&key, &Alias { room_id: room_id.clone(), creator });
                txn.put(&RoomAliasKey { room, alias }, &());
            }
            if listed {
                txn.put(&PublicRoomKey { room_id }, &());
            }
            Ok(())
        });
    }

    fn local_alias(&self, localpart: &str) -> Result<OwnedRoomAliasId, CreateRoomError> {
        let valid =
            !localpart.is_empty() && !localpart.contains([':', '\0', '#']) && !localpart.contains(char::is_whitespace);
        OwnedRoomAliasId::try_from(format!("#{localpart}:{}", self.core.server_name))
            .ok()
            .filter(|_| valid)
            .ok_or_else(|| CreateRoomError::Invalid("this is not a valid room address".to_owned()))
    }

    /// The time for a room's first events, later than that of every room before: since version 12 a room's id is the
    /// hash of its create event, and two equal requests in one millisecond would make one room of two.
    fn unique_ms(&self) -> u64 {
        let now_ms = self.core.clock.wall_ms();
        let later = |newest: u64| now_ms.max(newest + 1);
        let newest = self.newest_ms.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |newest| Some(later(newest)));
        newest.map_or(now_ms, later)
    }

    fn fresh_room_id(&self) -> OwnedRoomId {
        let local = veche_base::random_token(&*self.core.entropy, 18);
        OwnedRoomId::try_from(format!("!{local}:{}", self.core.server_name)).expect("letters and a valid server name")
    }
}

/// Whether this user may be given creator's power in this version (v12) or level 100 (older ones).
pub(crate) fn is_trusted_invitee(new: &NewRoom, user: &UserId) -> bool {
    new.preset == Preset::TrustedPrivate && new.invites.iter().any(|invited| invited == user)
}
