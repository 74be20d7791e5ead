//! Meetings: links by which people without an account come into one room for a while.
//!
//! A guest has an account like everybody, which no password opens, which is his for one meeting, and which is deactivated
//! when he goes or the meeting is over. Who may make a meeting or let somebody in is for the owner of conversations to know;
//! what is kept here is the link, the PIN, how many may come and until when. All of it is in the journal.

use std::time::Duration;

use ruma::{OwnedRoomId, OwnedUserId, RoomId, UserId};
use serde_json::{Value, json};
use veche_base::limits::{
    DISPLAY_NAME_BYTES_MAX, GUESTS_PER_MEETING_MAX, MEETING_SECS_MAX, MEETING_SECS_MIN, MEETINGS_PER_ROOM_MAX,
    PIN_DIGITS_MAX, PIN_DIGITS_MIN,
};
use veche_base::{Secret, random_token};
use veche_store::sql::accounts::{self, Kind, NewAccount};
use veche_store::sql::journal::{self, Act};
use veche_store::sql::meetings::{self, Guest, Meeting, MeetingId};
use veche_store::sql::{Tx, View};

use crate::StoreError;
use crate::account::deactivate;
use crate::directory::Directory;
use crate::limiter::TooFast;
use crate::registry::Change;
use crate::requester::Caller;
use crate::sign_in::{SignedIn, sign_in};
use crate::tokens::{Token, TokenKind, lookup_hash};
use crate::username::GUEST_PREFIX;

/// Characters of a guest's name behind what all of them begin with; 80 bits, so that none comes twice.
const NAME_CHARS: usize = 16;

/// Whoever follows the link of a meeting that is over is told so for this long.
const REMEMBERED_MS: u64 = 30 * 24 * 60 * 60 * 1_000;

/// A meeting that somebody wants.
#[derive(Debug, Clone)]
pub struct NewMeeting {
    /// The room that guests shall come into.
    pub room_id: OwnedRoomId,
    /// What guests are told that it is.
    pub title: String,
    /// Who wants it.
    pub made_by: OwnedUserId,
    /// What guests have to know beside the link.
    pub pin: Option<Secret<String>>,
    /// Whether somebody in the room lets each guest in.
    pub lobby: bool,
    /// Guests at one time.
    pub guests_max: u64,
    /// For how long.
    pub lifetime_secs: u64,
}

/// Why a meeting was not made.
#[derive(Debug, thiserror::Error)]
pub enum NewMeetingError {
    /// The title is empty or too long (`M_INVALID_PARAM`).
    #[error("unusable title")]
    Title,
    /// The PIN is not one of 6 to 12 digits (`M_INVALID_PARAM`).
    #[error("unusable PIN")]
    Pin,
    /// Too short or too long (`M_INVALID_PARAM`).
    #[error("unusable lifetime")]
    Lifetime,
    /// Nobody, or too many (`M_INVALID_PARAM`).
    #[error("unusable number of guests")]
    Guests,
    /// End some first (`M_LIMIT_EXCEEDED`).
    #[error("too many meetings in this room")]
    TooMany,
    /// The database failed.
    #[error(transparent)]
    Internal(#[from] StoreError),
}

/// Why nobody comes in by a link.
#[derive(Debug, thiserror::Error)]
pub enum MeetError {
    /// No link of ours (`M_NOT_FOUND`).
    #[error("unknown link")]
    Unknown,
    /// Its time is over (`M_FORBIDDEN`).
    #[error("expired link")]
    Expired,
    /// Somebody has ended it (`M_FORBIDDEN`).
    #[error("the meeting was ended")]
    Ended,
    /// As many guests are there as may be (`M_FORBIDDEN`).
    #[error("the meeting is full")]
    Full,
    /// The PIN is missing or another one (`M_FORBIDDEN`).
    #[error("wrong PIN")]
    WrongPin,
    /// Too many wrong links or PINs (`M_LIMIT_EXCEEDED`).
    #[error("too many attempts")]
    TooFast {
        /// When it is worth trying again.
        retry_after: Duration,
    },
    /// The database failed.
    #[error(transparent)]
    Internal(#[from] StoreError),
}

/// Why a guest is not there any more; a word of the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gone {
    /// He has left the room or signed out, or somebody has put him out.
    Left,
    /// Nothing was heard of him for a while.
    Silent,
    /// He could not be brought into the room.
    NotIn,
    /// The meeting is over.
    Over,
}

impl Gone {
    const fn word(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Silent => "silent",
            Self::NotIn => "not_in",
            Self::Over => "over",
        }
    }
}

/// A guest who is there, and when something was last heard of him.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenGuest {
    /// His account.
    pub user_id: OwnedUserId,
    /// The one room that he may be in.
    pub room_id: OwnedRoomId,
    /// On the wall clock; `None` when he is signed in no more.
    pub seen_ms: Option<u64>,
}

impl Directory {
    /// Makes a meeting. What is answered beside it is the end of its link, which is told this once.
    pub async fn make_meeting(&self, new: NewMeeting) -> Result<(Meeting, Secret<String>), NewMeetingError> {
        let title = new.title.trim().to_owned();
        check(&new, &title)?;
        let pin_hash = match new.pin {
            Some(pin) => Some(self.passwords.hash(pin).await.map_err(StoreError::from)?),
            None => None,
        };
        let token = Token::make(TokenKind::Meeting, &*self.entropy);
        let now_ms = self.clock.wall_ms();
        let stored = meetings::NewMeeting {
            token_hash: token.hash,
            room_id: new.room_id,
            title,
            made_by: new.made_by,
            pin_hash,
            lobby: new.lobby,
            guests_max: new.guests_max,
            created_ms: now_ms,
            expires_ms: now_ms + new.lifetime_secs * 1_000,
        };
        let detail = json!({
            "room_id": stored.room_id, "pin": stored.pin_hash.is_some(), "lobby": stored.lobby,
            "guests_max": stored.guests_max, "expires_ms": stored.expires_ms,
        });
        let mut act = self.acted(stored.made_by.as_str(), "meeting.create", "", detail);
        let made = self
            .sql
            .write(move |tx| {
                if meetings::of_room(tx, &stored.room_id)?.len() >= MEETINGS_PER_ROOM_MAX {
                    return Err(NewMeetingError::TooMany);
                }
                let id = meetings::create(tx, &stored)?;
                act.target = id.0.to_string();
                journal::append(tx, &act)?;
                Ok(known(tx, id)?)
            })
            .await?;
        self.meetings_changed.notify_one();
        Ok((made, token.plain))
    }

    /// The meetings of a room that are not over, the oldest first.
    pub async fn meetings(&self, room: &RoomId) -> Result<Vec<Meeting>, StoreError> {
        let (room, now_ms) = (room.to_owned(), self.clock.wall_ms());
        let mut all = self.sql.read(move |view| meetings::of_room(view, &room)).await?;
        all.retain(|meeting| now_ms < meeting.expires_ms);
        Ok(all)
    }

    /// Ends a meeting of this room: its link is good for nothing more, and its guests are gone. `false` when there is
    /// none such, or it was over before.
    pub async fn end_meeting(&self, by: &UserId, room: &RoomId, id: MeetingId) -> Result<bool, StoreError> {
        let (room, now_ms) = (room.to_owned(), self.clock.wall_ms());
        let act = self.acted(by.as_str(), "meeting.end", &id.0.to_string(), json!({ "room_id": room }));
        self.commit(move |tx, changes| {
            let of_room = meetings::get(tx, id)?.is_some_and(|meeting| meeting.room_id == room);
            if !of_room || !meetings::end(tx, id, now_ms)? {
                return Ok(false);
            }
            journal::append(tx, &act)?;
            send_home(tx, changes, id, now_ms)?;
            Ok(true)
        })
        .await
    }

    /// The meeting whose link ends with this token, while it is good.
    pub async fn meeting(&self, token: &str, caller: &Caller) -> Result<Meeting, MeetError> {
        Ok(self.meeting_and_pin(token, caller).await?.0)
    }

    /// The meeting that somebody wants to come into, who has to know its PIN. Guesses are slowed down.
    pub async fn check_pin(
        &self,
        token: &str,
        pin: Option<Secret<String>>,
        caller: &Caller,
    ) -> Result<Meeting, MeetError> {
        let (meeting, pin_hash) = self.meeting_and_pin(token, caller).await?;
        let Some(pin_hash) = pin_hash else { return Ok(meeting) };
        let pin = pin.filter(|pin| pin.expose().len() <= PIN_DIGITS_MAX).ok_or(MeetError::WrongPin)?;
        let guess = self.limiter.pin(meeting.meeting_id.0, caller.ip)?;
        if !self.passwords.verify(Some(pin_hash), pin).await.map_err(StoreError::from)? {
            return Err(MeetError::WrongPin);
        }
        guess.was_right();
        Ok(meeting)
    }

    /// Whether a meeting that somebody waits for is still to be waited for.
    pub async fn check_meeting(&self, id: MeetingId) -> Result<(), MeetError> {
        let found = self.sql.read(move |view| meetings::get(view, id)).await?;
        open(found, self.clock.wall_ms()).map(|_| ())
    }

    /// Makes the account of a guest whom somebody lets in, and signs him in. He is in no room yet.
    pub async fn make_guest(
        &self,
        id: MeetingId,
        name: &str,
        by: &UserId,
        caller: &Caller,
    ) -> Result<SignedIn, MeetError> {
        let local = random_token(&*self.entropy, NAME_CHARS).to_ascii_lowercase();
        let user_id = UserId::parse(format!("@{GUEST_PREFIX}{local}:{}", self.server_name()))
            .map_err(|error| StoreError::Engine(error.to_string()))?;
        let wish = self.wish(None, None, false, caller).map_err(|_| StoreError::Engine("no device".to_owned()))?;
        let now_ms = self.clock.wall_ms();
        let detail = json!({ "meeting": id.0, "name": name });
        let act = self.acted(by.as_str(), "guest.admit", user_id.as_str(), detail);
        self.commit(move |tx, changes| {
            let meeting = open(meetings::get(tx, id)?, now_ms)?;
            if meeting.guests >= meeting.guests_max {
                return Err(MeetError::Full);
            }
            let new = NewAccount {
                user_id: user_id.clone(),
                kind: Kind::Guest,
                password_hash: None,
                admin: false,
                created_ms: now_ms,
            };
            if !accounts::create(tx, &new)? {
                return Err(StoreError::Engine("the name of a guest comes twice".to_owned()).into());
            }
            meetings::add_guest(tx, &user_id, id)?;
            journal::append(tx, &act)?;
            changes.extend(accounts::get(tx, &user_id)?.map(Change::Account));
            changes.extend(meetings::guest(tx, &user_id)?.map(Change::Guest));
            let signed_in = sign_in(tx, changes, user_id, wish).map_err(StoreError::from)?;
            signed_in.map_err(|_| StoreError::Engine("a new account was refused".to_owned()).into())
        })
        .await
    }

    /// Writes down that somebody was not let in.
    pub async fn record_refusal(&self, id: MeetingId, name: &str, by: &UserId) -> Result<(), StoreError> {
        let act = self.acted(by.as_str(), "guest.refuse", &id.0.to_string(), json!({ "name": name }));
        self.sql.write(move |tx| journal::append(tx, &act)).await
    }

    /// A guest is gone: his account is deactivated, and what he has left is forgotten. Twice does no harm.
    pub async fn dismiss_guest(&self, user: &UserId, gone: Gone) -> Result<(), StoreError> {
        let (user, now_ms) = (user.to_owned(), self.clock.wall_ms());
        self.commit(move |tx, changes| match meetings::guest(tx, &user)? {
            Some(guest) => dismiss(tx, changes, &guest, gone, now_ms),
            None => Ok(()),
        })
        .await
    }

    /// Every guest who is there, or should not be any more.
    pub async fn guests(&self) -> Result<Vec<SeenGuest>, StoreError> {
        let guests = self.sql.read(meetings::guests).await?;
        Ok(guests
            .into_iter()
            .map(|Guest { user_id, room_id, .. }| {
                let seen = self.registry.sessions(&user_id).iter().map(|session| session.last_seen.at_ms).max();
                SeenGuest { user_id, room_id, seen_ms: seen }
            })
            .collect())
    }

    /// Ends the meetings whose time is over, and forgets those of long ago. Answers how long until the next one is.
    pub async fn end_due_meetings(&self) -> Result<Option<Duration>, StoreError> {
        let now_ms = self.clock.wall_ms();
        let next_ms = self
            .commit(move |tx, changes| -> Result<_, StoreError> {
                for meeting in meetings::due(tx, now_ms)? {
                    meetings::end(tx, meeting.meeting_id, now_ms)?;
                    let target = meeting.meeting_id.0.to_string();
                    journal::append(
                        tx,
                        &system(now_ms, "meeting.expire", &target, json!({ "room_id": meeting.room_id })),
                    )?;
                    send_home(tx, changes, meeting.meeting_id, now_ms)?;
                }
                meetings::forget_ended(tx, now_ms.saturating_sub(REMEMBERED_MS))?;
                meetings::next_due(tx)
            })
            .await?;
        Ok(next_ms.map(|next_ms| Duration::from_millis(next_ms.saturating_sub(now_ms))))
    }

    /// Ends when there is a new meeting; for the one worker that ends them.
    pub async fn meetings_changed(&self) {
        self.meetings_changed.notified().await;
    }

    /// Whether this is the account of a guest.
    pub fn is_guest(&self, user: &UserId) -> bool {
        self.registry.is_account(user, |account| account.kind == Kind::Guest)
    }

    async fn meeting_and_pin(&self, token: &str, caller: &Caller) -> Result<(Meeting, Option<String>), MeetError> {
        let guess = self.limiter.token(caller.ip)?;
        let hash = lookup_hash(token).ok_or(MeetError::Unknown)?;
        let found = self.sql.read(move |view| meetings::by_token(view, &hash)).await?;
        let (meeting, pin_hash) = found.ok_or(MeetError::Unknown)?;
        guess.was_right();
        Ok((open(Some(meeting), self.clock.wall_ms())?, pin_hash))
    }

    fn acted(&self, actor: &str, action: &str, target: &str, detail: Value) -> Act {
        Act { actor: actor.to_owned(), ..system(self.clock.wall_ms(), action, target, detail) }
    }
}

fn system(at_ms: u64, action: &str, target: &str, detail: Value) -> Act {
    Act { at_ms, actor: "system".to_owned(), action: action.to_owned(), target: target.to_owned(), detail }
}

fn known(view: &View<'_>, id: MeetingId) -> Result<Meeting, StoreError> {
    meetings::get(view, id)?.ok_or_else(|| StoreError::Corrupt("a meeting that was just made is gone".to_owned()))
}

/// The meeting, unless it is over.
fn open(meeting: Option<Meeting>, now_ms: u64) -> Result<Meeting, MeetError> {
    let meeting = meeting.ok_or(MeetError::Unknown)?;
    if meeting.expires_ms <= now_ms {
        return Err(MeetError::Expired);
    }
    if meeting.ended_ms.is_some() { Err(MeetError::Ended) } else { Ok(meeting) }
}

/// The meeting is over for all its guests.
fn send_home(tx: &Tx<'_>, changes: &mut Vec<Change>, id: MeetingId, now_ms: u64) -> Result<(), StoreError> {
    for guest in meetings::guests_of(tx, id)? {
        dismiss(tx, changes, &guest, Gone::Over, now_ms)?;
    }
    Ok(())
}

/// Nothing of his profile stays: he was somebody for this meeting only.
fn dismiss(tx: &Tx<'_>, changes: &mut Vec<Change>, guest: &Guest, gone: Gone, now_ms: u64) -> Result<(), StoreError> {
    let Guest { user_id, meeting_id, .. } = guest;
    meetings::remove_guest(tx, user_id)?;
    deactivate(tx, changes, user_id, false, now_ms)?;
    let detail = json!({ "meeting": meeting_id.0, "why": gone.word() });
    journal::append(tx, &system(now_ms, "guest.leave", user_id.as_str(), detail))
}

fn check(new: &NewMeeting, title: &str) -> Result<(), NewMeetingError> {
    if title.is_empty() || title.len() > DISPLAY_NAME_BYTES_MAX || title.chars().any(char::is_control) {
        return Err(NewMeetingError::Title);
    }
    let is_pin = |pin: &Secret<String>| {
        let digits = pin.expose();
        (PIN_DIGITS_MIN..=PIN_DIGITS_MAX).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    if !new.pin.as_ref().is_none_or(is_pin) {
        return Err(NewMeetingError::Pin);
    }
    if !(MEETING_SECS_MIN..=MEETING_SECS_MAX).contains(&new.lifetime_secs) {
        return Err(NewMeetingError::Lifetime);
    }
    if !(1..=GUESTS_PER_MEETING_MAX).contains(&new.guests_max) {
        return Err(NewMeetingError::Guests);
    }
    Ok(())
}

impl From<TooFast> for MeetError {
    fn from(too_fast: TooFast) -> Self {
        Self::TooFast { retry_after: too_fast.retry_after }
    }
}
