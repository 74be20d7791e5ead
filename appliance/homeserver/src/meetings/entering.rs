//! The door: knocking, letting in, refusing, coming in.

use std::time::Duration;

use ruma::{OwnedRoomId, RoomId, UserId};
use serde_json::{Map, Value};
use veche_base::limits::GUEST_NAME_BYTES_MAX;
use veche_base::{Secret, random_token};
use veche_directory::{Caller as Origin, Gone, Language, MeetError, Meeting, SignedIn};
use veche_store::Error;

use super::{
    LinkError, Meetings, Waiting,
    lobby::{Caller, Verdict},
    may_invite,
};
use crate::{
    membership::{MemberAction, MembershipError},
    profiles::{DISPLAY_NAME, SetProfileError},
    rooms::FindRoomError,
};

/// 256 bits.
const TICKET_CHARS: usize = 43;

/// How long a request waits for something to happen at the door.
const WAIT: Duration = Duration::from_secs(25);

/// Somebody at the door.
#[derive(Debug, Clone)]
pub struct Knock {
    /// What his link ends with.
    pub token: String,
    /// What he calls himself.
    pub name: String,
    /// The PIN, if he knows one.
    pub pin: Option<Secret<String>>,
    /// In which language the room is told that he is a guest.
    pub language: Option<Language>,
}

/// Why somebody cannot even wait.
#[derive(Debug, thiserror::Error)]
pub enum KnockError {
    /// The name is empty, too long, or has characters that cannot be seen.
    #[error("unusable name")]
    Name,
    /// Too many are waiting.
    #[error("too many people are waiting")]
    Crowded,
    /// The link or the PIN is no good.
    #[error(transparent)]
    Meet(#[from] MeetError),
}

/// What came of waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entered {
    /// Nothing yet: to be asked again.
    Waits,
    /// He may come in.
    LetIn,
}

/// Why somebody who has knocked is not in.
#[derive(Debug, thiserror::Error)]
pub enum EnterError {
    /// Nobody with this ticket waits: he has come in already, or the server was restarted. He may knock again.
    #[error("nobody waits with this ticket")]
    Unknown,
    /// Somebody in the room does not want him in.
    #[error("you were not let in")]
    Refused,
    /// Whoever would invite him may not do so any more.
    #[error("nobody is there who could let you in")]
    NoHost,
    /// The meeting takes nobody.
    #[error(transparent)]
    Meet(#[from] MeetError),
    /// The store failed, or refused what it was asked.
    #[error("a guest could not be brought into the room: {0}")]
    Internal(String),
}

/// Why nothing was said to somebody at the door.
#[derive(Debug, thiserror::Error)]
pub enum AdmitError {
    /// He has gone, or somebody else has answered him.
    #[error("nobody of that number waits")]
    Gone,
    /// See [`LinkError`].
    #[error(transparent)]
    Link(#[from] LinkError),
}

impl Meetings {
    /// What a link leads to, for whoever has it.
    pub async fn about(&self, token: &str, from: &Origin) -> Result<Meeting, MeetError> {
        let meeting = self.core.directory.meeting(token, from).await?;
        // A room that an administrator has closed has no meeting.
        self.rooms.find(&meeting.room_id).map(|_| meeting).map_err(|_| MeetError::Ended)
    }

    /// Takes somebody to the door. What is answered he shows when he asks whether he may come in.
    pub async fn knock(&self, knock: Knock, from: &Origin) -> Result<Secret<String>, KnockError> {
        let name = shown_name(&knock.name, knock.language).ok_or(KnockError::Name)?;
        let meeting = self.core.directory.check_pin(&knock.token, knock.pin, from).await?;
        if meeting.guests >= meeting.guests_max {
            return Err(MeetError::Full.into());
        }
        let verdict = if meeting.lobby { Verdict::None } else { Verdict::LetIn(meeting.made_by) };
        let ticket = random_token(&*self.core.entropy, TICKET_CHARS);
        let now = self.core.clock.monotonic();
        self.lobby
            .knock(ticket.clone(), meeting.meeting_id, meeting.room_id, name, verdict, now)
            .map_err(|_| KnockError::Crowded)?;
        Ok(Secret::new(ticket))
    }

    /// Waits until something is said to the one with this ticket, for a while.
    pub async fn wait(&self, ticket: &str) -> Result<Entered, EnterError> {
        let mut changes = self.lobby.listen();
        let mut late = std::pin::pin!(tokio::time::sleep(WAIT));
        loop {
            let caller = self.lobby.see(ticket, self.core.clock.monotonic()).ok_or(EnterError::Unknown)?;
            match caller.verdict {
                Verdict::LetIn(_) => return Ok(Entered::LetIn),
                Verdict::Refused => {
                    self.lobby.take(ticket);
                    return Err(EnterError::Refused);
                }
                Verdict::None => self.core.directory.check_meeting(caller.meeting).await?,
            }
            tokio::select! {
                () = late.as_mut() => return Ok(Entered::Waits),
                changed = changes.changed() => if changed.is_err() { return Ok(Entered::Waits) },
            }
        }
    }

    /// Brings the one with this ticket into the room, if he may come: once. To be run to its end.
    pub async fn enter(&self, ticket: &str, from: &Origin) -> Result<(SignedIn, OwnedRoomId), EnterError> {
        let caller = self.lobby.take(ticket).ok_or(EnterError::Unknown)?;
        let Verdict::LetIn(by) = &caller.verdict else { return Err(EnterError::Unknown) };
        let room = match self.rooms.find(&caller.room) {
            Ok(room) => room,
            Err(FindRoomError::Unknown) => return Err(MeetError::Ended.into()),
            Err(FindRoomError::Internal(error)) => return Err(error.into()),
        };
        if !may_invite(&room, by) {
            return Err(EnterError::NoHost);
        }
        let directory = &self.core.directory;
        let signed_in = directory.make_guest(caller.meeting, &caller.name, by, from).await?;
        self.visited.write().unwrap_or_else(std::sync::PoisonError::into_inner).insert(room.short);
        if let Err(error) = self.seat(&caller, by, &signed_in.user_id).await {
            directory.dismiss_guest(&signed_in.user_id, Gone::NotIn).await.map_err(MeetError::from)?;
            return Err(error);
        }
        Ok((signed_in, caller.room))
    }

    /// Those at the door of a room, once there is other news of them than `known`, or after a while. What is answered
    /// first is to be said as `known` the next time.
    pub async fn waiting(&self, by: &UserId, room_id: &RoomId, known: u64) -> Result<(u64, Vec<Waiting>), LinkError> {
        let mut changes = self.lobby.listen();
        let before = *changes.borrow_and_update();
        if before == known {
            // Whoever is not let in on this hears so before he waits.
            self.inviting(room_id, by)?;
            let _nothing_happened = tokio::time::timeout(WAIT, changes.changed()).await;
        }
        self.inviting(room_id, by)?;
        let count = *changes.borrow_and_update();
        Ok((count, self.lobby.waiting(room_id, self.core.clock.monotonic())))
    }

    /// Lets somebody in who waits.
    pub async fn admit(&self, by: &UserId, room_id: &RoomId, id: u64) -> Result<(), AdmitError> {
        self.inviting(room_id, by)?;
        let now = self.core.clock.monotonic();
        let let_in = self.lobby.decide(room_id, id, Verdict::LetIn(by.to_owned()), now);
        std::future::ready(let_in.map(|_| ()).ok_or(AdmitError::Gone)).await
    }

    /// Refuses somebody who waits.
    pub async fn refuse(&self, by: &UserId, room_id: &RoomId, id: u64) -> Result<(), AdmitError> {
        self.inviting(room_id, by)?;
        let refused = self.lobby.decide(room_id, id, Verdict::Refused, self.core.clock.monotonic());
        let Caller { meeting, name, .. } = refused.ok_or(AdmitError::Gone)?;
        Ok(self.core.directory.record_refusal(meeting, &name, by).await.map_err(LinkError::from)?)
    }

    async fn seat(&self, caller: &Caller, by: &UserId, user: &UserId) -> Result<(), EnterError> {
        self.profiles.set(user, DISPLAY_NAME, Some(Value::String(caller.name.clone()))).await?;
        self.members.change(&caller.room, by, user, MemberAction::Invite, None).await?;
        Ok(self.members.join(&caller.room, user, None, Map::new()).await?)
    }
}

/// What the room calls a guest; `None` when the name is none. That he is one is said in the name, for clients that have no
/// other sign for it.
fn shown_name(name: &str, language: Option<Language>) -> Option<String> {
    let name = name.trim();
    let unseen = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    let is_good = !name.is_empty() && name.len() <= GUEST_NAME_BYTES_MAX && !name.chars().any(unseen);
    let word = if language == Some(Language::Ru) { "гость" } else { "guest" };
    is_good.then(|| format!("{name} ({word})"))
}

impl From<Error> for EnterError {
    fn from(error: Error) -> Self {
        Self::Internal(error.to_string())
    }
}

impl From<SetProfileError> for EnterError {
    fn from(error: SetProfileError) -> Self {
        Self::Internal(error.to_string())
    }
}

impl From<MembershipError> for EnterError {
    fn from(error: MembershipError) -> Self {
        match error {
            // Between the look at his rights and the invite they were taken from him.
            MembershipError::Forbidden(_) => Self::NoHost,
            MembershipError::UnknownRoom => Self::Meet(MeetError::Ended),
            error => Self::Internal(error.to_string()),
        }
    }
}
