//! LiveKit's API for servers (`RoomService`), as far as it is spoken: what is asked of a room from outside, and how it is read
//! and answered. Who may ask is the caller's to decide; [`super::serve`] does it.

use std::fmt;

use livekit_protocol::{
    DeleteRoomRequest, DeleteRoomResponse, ListParticipantsRequest, ListParticipantsResponse, ListRoomsRequest,
    ListRoomsResponse, MuteRoomTrackRequest, MuteRoomTrackResponse, ParticipantInfo, RemoveParticipantResponse,
    RoomParticipantIdentity, SendDataRequest, SendDataResponse, UpdateParticipantRequest,
};
use prost::Message;
use serde::Serialize;
use serde::de::DeserializeOwned;
use veche_sfu::PARTICIPANTS_MAX;

use super::grants::NAME_CHARS_MAX;

/// The longest message to a call, as LiveKit advises for reliable ones.
pub const SENT_DATA_BYTES_MAX: usize = 15 * 1_024;

/// Methods that LiveKit's server has and this one does not.
const NOT_SERVED: [&str; 5] =
    ["ForwardParticipant", "MoveParticipant", "PerformRpc", "UpdateRoomMetadata", "UpdateSubscriptions"];

/// How bodies are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyFormat {
    /// `application/protobuf`.
    Protobuf,
    /// `application/json`: protobuf's own mapping, with names in either case.
    Json,
}

/// What somebody asks of a room.
#[derive(Clone, Debug, PartialEq)]
pub struct ServiceRequest {
    pub(crate) format: BodyFormat,
    pub(crate) asked: Asked,
    pub(crate) may_publish: bool,
    shown: Vec<String>,
}

/// The methods that are served.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Asked {
    ListRooms(ListRoomsRequest),
    ListParticipants(ListParticipantsRequest),
    GetParticipant(RoomParticipantIdentity),
    RemoveParticipant(RoomParticipantIdentity),
    MutePublishedTrack(MuteRoomTrackRequest),
    UpdateParticipant(Box<UpdateParticipantRequest>),
    SendData(SendDataRequest),
    DeleteRoom(DeleteRoomRequest),
}

/// Whom a request is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Concern<'a> {
    /// Whatever rooms there are.
    Rooms,
    /// A room as a whole; whether everybody in it is to be sent out.
    Room {
        /// Its name.
        room: &'a str,
        /// Whether it is ended.
        is_ended: bool,
    },
    /// Somebody in a room; whether something is done to him, and he is not only looked at.
    Participant {
        /// The room's name.
        room: &'a str,
        /// Who.
        identity: &'a str,
        /// Whether something is changed.
        is_changed: bool,
    },
}

/// Why something that was asked of a room was not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ServiceError {
    /// LiveKit knows no such method either.
    #[error("there is no such method")]
    NoMethod,
    /// LiveKit does, and we do not serve it.
    #[error("this server does not serve this method")]
    NotServed,
    /// Nobody makes rooms but those who may be in them, by joining.
    #[error("a call is opened by joining it")]
    NoCreation,
    /// The body is no message of this method.
    #[error("the body cannot be read")]
    Unreadable,
    /// It says something that cannot be.
    #[error("{0}")]
    Invalid(&'static str),
    /// Nobody is in such a room.
    #[error("there is no such room")]
    NoRoom,
    /// Nobody with this identity is in the room.
    #[error("participant does not exist")]
    NoParticipant,
    /// He has no such track.
    #[error("track is not found")]
    NoTrack,
    /// Nobody's microphone is opened by somebody else.
    #[error("remote unmute not enabled")]
    NoUnmuting,
}

/// Where the answer goes.
pub(crate) struct Reply(Box<dyn FnOnce(Result<Vec<u8>, ServiceError>) + Send>);

impl Reply {
    pub(crate) fn new(take: Box<dyn FnOnce(Result<Vec<u8>, ServiceError>) + Send>) -> Self {
        Self(take)
    }

    pub(crate) fn send(self, outcome: Result<Vec<u8>, ServiceError>) {
        (self.0)(outcome);
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply").finish_non_exhaustive()
    }
}

impl ServiceRequest {
    /// Whether a method is served, before anything else is looked at.
    ///
    /// # Errors
    /// [`ServiceError`] if it is not.
    pub fn check_method(method: &str) -> Result<(), ServiceError> {
        match method {
            "ListRooms" | "ListParticipants" | "GetParticipant" | "RemoveParticipant" | "MutePublishedTrack"
            | "UpdateParticipant" | "SendData" | "DeleteRoom" => Ok(()),
            "CreateRoom" => Err(ServiceError::NoCreation),
            _ if NOT_SERVED.contains(&method) => Err(ServiceError::NotServed),
            _ => Err(ServiceError::NoMethod),
        }
    }

    /// Reads the body of a method.
    ///
    /// # Errors
    /// [`ServiceError`] if the method is not served, or the body is none of it or beyond a limit.
    pub fn read(method: &str, format: BodyFormat, body: &[u8]) -> Result<Self, ServiceError> {
        Self::check_method(method)?;
        let asked = match method {
            "ListRooms" => Asked::ListRooms(parse(format, body)?),
            "ListParticipants" => Asked::ListParticipants(parse(format, body)?),
            "GetParticipant" => Asked::GetParticipant(parse(format, body)?),
            "RemoveParticipant" => Asked::RemoveParticipant(parse(format, body)?),
            "MutePublishedTrack" => Asked::MutePublishedTrack(parse(format, body)?),
            "UpdateParticipant" => Asked::UpdateParticipant(Box::new(parse(format, body)?)),
            "SendData" => Asked::SendData(parse(format, body)?),
            _ => Asked::DeleteRoom(parse(format, body)?),
        };
        asked.check()?;
        Ok(Self { format, asked, may_publish: false, shown: Vec::new() })
    }

    /// Whom it is about.
    #[must_use]
    pub fn concern(&self) -> Concern<'_> {
        match &self.asked {
            Asked::ListRooms(_) => Concern::Rooms,
            Asked::ListParticipants(request) => Concern::Room { room: &request.room, is_ended: false },
            Asked::SendData(request) => Concern::Room { room: &request.room, is_ended: false },
            Asked::DeleteRoom(request) => Concern::Room { room: &request.room, is_ended: true },
            Asked::GetParticipant(request) => about(&request.room, &request.identity, false),
            Asked::RemoveParticipant(request) => about(&request.room, &request.identity, true),
            Asked::MutePublishedTrack(request) => about(&request.room, &request.identity, true),
            Asked::UpdateParticipant(request) => about(&request.room, &request.identity, true),
        }
    }

    /// Whether something happens to the room or to somebody in it, so that it is worth a line in the log.
    #[must_use]
    pub fn is_act(&self) -> bool {
        !matches!(self.asked, Asked::ListRooms(_) | Asked::ListParticipants(_) | Asked::GetParticipant(_))
    }

    /// Lets a listing of rooms show this one. Without this it shows none.
    #[must_use]
    pub fn showing(mut self, room: &str) -> Self {
        self.shown.push(room.to_owned());
        self
    }

    /// Whether this room is to be listed.
    pub(crate) fn is_listed(&self, room: &str) -> bool {
        let Asked::ListRooms(ListRoomsRequest { names }) = &self.asked else { return false };
        let is_it = |name: &String| name == room;
        self.shown.iter().any(is_it) && (names.is_empty() || names.iter().any(is_it))
    }

    /// Lets a change of rights go as far as sending sound, pictures and data. Without this it takes that away.
    #[must_use]
    pub fn with_publishing(self, may_publish: bool) -> Self {
        Self { may_publish, ..self }
    }

    /// The answer where nobody is in the room.
    pub(crate) fn nobody(&self) -> Result<Vec<u8>, ServiceError> {
        match &self.asked {
            Asked::ListParticipants(_) => Ok(self.participants(Vec::new())),
            _ => Err(ServiceError::NoRoom),
        }
    }

    pub(crate) fn rooms(&self, rooms: Vec<livekit_protocol::Room>) -> Vec<u8> {
        self.write(&ListRoomsResponse { rooms })
    }

    pub(crate) fn participants(&self, participants: Vec<ParticipantInfo>) -> Vec<u8> {
        self.write(&ListParticipantsResponse { participants })
    }

    pub(crate) fn participant(&self, participant: &ParticipantInfo) -> Vec<u8> {
        self.write(participant)
    }

    pub(crate) fn track(&self, track: livekit_protocol::TrackInfo) -> Vec<u8> {
        self.write(&MuteRoomTrackResponse { track: Some(track) })
    }

    /// The answer to what is only done.
    pub(crate) fn done(&self) -> Vec<u8> {
        match &self.asked {
            Asked::RemoveParticipant(_) => self.write(&RemoveParticipantResponse {}),
            Asked::SendData(_) => self.write(&SendDataResponse {}),
            _ => self.write(&DeleteRoomResponse {}),
        }
    }

    fn write<M: Message + Serialize>(&self, message: &M) -> Vec<u8> {
        match self.format {
            BodyFormat::Protobuf => message.encode_to_vec(),
            BodyFormat::Json => serde_json::to_vec(message).expect("messages can be written as JSON"),
        }
    }
}

fn about<'a>(room: &'a str, identity: &'a str, is_changed: bool) -> Concern<'a> {
    Concern::Participant { room, identity, is_changed }
}

impl Asked {
    /// Everything that has a length is as long as it may be.
    fn check(&self) -> Result<(), ServiceError> {
        let is_name = |text: &str| !text.is_empty() && text.chars().nth(NAME_CHARS_MAX).is_none();
        let room = |room: &str| is_name(room).then_some(()).ok_or(ServiceError::Invalid("room is empty or too long"));
        let person = |identity: &str| {
            is_name(identity).then_some(()).ok_or(ServiceError::Invalid("identity is empty or too long"))
        };
        match self {
            Self::ListRooms(_) => Ok(()),
            Self::ListParticipants(request) => room(&request.room),
            Self::DeleteRoom(request) => room(&request.room),
            Self::GetParticipant(request) | Self::RemoveParticipant(request) => {
                room(&request.room).and(person(&request.identity))
            }
            Self::MutePublishedTrack(request) => room(&request.room).and(person(&request.identity)),
            Self::UpdateParticipant(request) => {
                if request.permission.as_ref().is_some_and(|permission| permission.hidden) {
                    return Err(ServiceError::Invalid("nobody is hidden in a call"));
                }
                room(&request.room).and(person(&request.identity))
            }
            Self::SendData(request) => {
                let is_too_long = request.data.len() > SENT_DATA_BYTES_MAX
                    || request.destination_identities.len() > PARTICIPANTS_MAX
                    || request.topic.as_deref().is_some_and(|topic| topic.chars().nth(NAME_CHARS_MAX).is_some());
                if is_too_long {
                    return Err(ServiceError::Invalid("data, its topic or its destinations are too long"));
                }
                room(&request.room)
            }
        }
    }
}

fn parse<M: Message + Default + DeserializeOwned>(format: BodyFormat, body: &[u8]) -> Result<M, ServiceError> {
    match format {
        BodyFormat::Protobuf => M::decode(body).map_err(|_| ServiceError::Unreadable),
        BodyFormat::Json => serde_json::from_slice(body).map_err(|_| ServiceError::Unreadable),
    }
}
