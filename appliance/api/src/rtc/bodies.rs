//! What clients send when they ask for a token, and whom it proves them to be.

use ruma::{OwnedDeviceId, OwnedRoomId, OwnedServerName, OwnedUserId};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use veche_calls::{MemberName, Wish};

use super::sfu_url;
use crate::access::Requester;
use crate::app::App;
use crate::error::ApiError;
use crate::extract::Plain;

/// A proof of who somebody is, as the homeserver gives it out (`POST /user/{userId}/openid/request_token`).
#[derive(Deserialize)]
pub(super) struct Proof {
    access_token: String,
    matrix_server_name: OwnedServerName,
}

impl Proof {
    /// Whom it proves somebody to be, if it is ours and still good.
    pub(super) async fn user(&self, app: &App) -> Result<OwnedUserId, ApiError> {
        let is_ours = self.matrix_server_name == app.gate.settings.server_name;
        let user = if is_ours { app.directory.check_openid_token(&self.access_token).await? } else { None };
        user.ok_or_else(unproved)
    }
}

/// 401 as the service elsewhere says it.
fn unproved() -> ApiError {
    ApiError::new(http::StatusCode::UNAUTHORIZED, "M_UNAUTHORIZED", "The request could not be authorized")
}

/// How somebody names himself in a call.
#[derive(Deserialize)]
pub(super) struct Member {
    id: String,
    claimed_user_id: Option<OwnedUserId>,
    claimed_device_id: Option<OwnedDeviceId>,
}

/// Who asks the service for what.
#[derive(Deserialize)]
pub(super) struct Proved {
    room_id: OwnedRoomId,
    slot_id: String,
    openid_token: Proof,
    member: Member,
    delay_id: Option<String>,
}

impl Proved {
    /// What he wants, and the leaving that he hands over.
    pub(super) async fn wish(self, app: &App) -> Result<(Wish, Option<String>), ApiError> {
        let user_id = self.openid_token.user(app).await?;
        let Member { id, claimed_user_id, claimed_device_id } = self.member;
        if claimed_user_id.is_some_and(|claimed| claimed != user_id) {
            return Err(unproved());
        }
        let device_id = claimed_device_id.ok_or_else(|| ApiError::bad_json("member names no claimed_device_id"))?;
        let (room_id, slot_id, member) = (self.room_id, self.slot_id, MemberName::WithDevice(id));
        Ok((Wish { user_id, device_id, room_id, slot_id, member }, given(self.delay_id)))
    }
}

/// Who asks his homeserver for what. The form of the proposal names the member by his id alone, that of matrix-js-sdk as
/// the service wants it.
#[derive(Deserialize)]
pub(super) struct Asked {
    server_name: Option<OwnedServerName>,
    url: Option<String>,
    room_id: OwnedRoomId,
    slot_id: String,
    member: Option<Member>,
    member_id: Option<String>,
    delay_id: Option<String>,
}

impl Asked {
    /// What he wants, and the leaving that he hands over.
    pub(super) fn wish(self, app: &App, who: &Requester) -> Result<(Wish, Option<String>), ApiError> {
        if self.server_name.is_some_and(|name| name != app.gate.settings.server_name) {
            // As the proposal says it of every server that could not be asked: this one asks none.
            let words = "This server does not federate";
            return Err(ApiError::new(http::StatusCode::BAD_GATEWAY, "M_UNKNOWN", words));
        }
        let is_ours = |url: &String| url.trim_end_matches('/') == sfu_url(app);
        if !self.url.as_ref().is_none_or(is_ours) {
            return Err(ApiError::invalid_param("url is no SFU of this server"));
        }
        let own = || who.device_id.clone();
        let (device_id, member) = match (self.member, self.member_id) {
            (Some(Member { claimed_user_id: Some(claimed), .. }), _) if claimed != who.user_id => {
                return Err(ApiError::forbidden("A token is given to the user it is for"));
            }
            (Some(Member { id, claimed_device_id: Some(device), .. }), _) => (device, MemberName::WithDevice(id)),
            (Some(Member { id, claimed_device_id: None, .. }), _) | (None, Some(id)) => (own(), MemberName::Alone(id)),
            (None, None) => return Err(ApiError::bad_json("neither member nor member_id is there")),
        };
        let (user_id, room_id, slot_id) = (who.user_id.clone(), self.room_id, self.slot_id);
        Ok((Wish { user_id, device_id, room_id, slot_id, member }, given(self.delay_id)))
    }
}

/// What the oldest clients send.
#[derive(Deserialize)]
pub(super) struct Legacy {
    room: OwnedRoomId,
    openid_token: Proof,
    device_id: OwnedDeviceId,
    delay_id: Option<String>,
}

impl Legacy {
    /// What he wants, and the leaving that he hands over.
    pub(super) async fn wish(self, app: &App) -> Result<(Wish, Option<String>), ApiError> {
        let user_id = self.openid_token.user(app).await?;
        let slot_id = veche_calls::LEGACY_SLOT.to_owned();
        let (device_id, room_id, member) = (self.device_id, self.room, MemberName::Legacy);
        Ok((Wish { user_id, device_id, room_id, slot_id, member }, given(self.delay_id)))
    }
}

/// Some clients send an empty id where they have none.
fn given(delay_id: Option<String>) -> Option<String> {
    delay_id.filter(|delay_id| !delay_id.is_empty())
}

/// The body, of which fields that we do not know are passed over. What clients say of the delayed event besides its id (its
/// delay, where it was scheduled) is known better here.
pub(super) fn read<T: DeserializeOwned>(req: &Plain) -> Result<T, ApiError> {
    serde_json::from_slice(&req.bytes).map_err(|error| ApiError::bad_json(error.to_string()))
}
