//! LiveKit's API for servers: who may ask what, and the way to the SFU's thread and back.

use std::sync::Arc;

use tokio::sync::oneshot;
use tracing::{debug, info, warn};
use veche_api::room_service::{RoomService, TwirpAnswer, TwirpCode, TwirpError, TwirpRequest};
use veche_calls::{AdministerError, Administrator, Calls};
use veche_media_driver::{BodyFormat, Concern, ServiceError, ServiceRequest, SfuHandle};

/// See the module.
pub(super) struct Administration {
    sfu: SfuHandle,
    calls: Arc<Calls>,
}

impl Administration {
    pub(super) fn new(sfu: SfuHandle, calls: Arc<Calls>) -> Self {
        Self { sfu, calls }
    }

    /// The request as far as its bearer may have it.
    fn allowed(&self, who: &Administrator, request: ServiceRequest) -> Result<ServiceRequest, AdministerError> {
        match request.concern() {
            Concern::Rooms => {
                who.may_list()?;
                Ok(request.showing(&who.call))
            }
            Concern::Room { room, is_ended } => {
                who.may_administer(room)?;
                if is_ended {
                    self.calls.may_end(who)?;
                }
                Ok(request)
            }
            Concern::Participant { room, identity, is_changed } => {
                who.may_administer(room)?;
                let may_publish = is_changed && self.calls.may_act_on(who, identity)?;
                Ok(request.with_publishing(may_publish))
            }
        }
    }

    async fn answer(&self, asked: TwirpRequest<'_>) -> Result<Vec<u8>, TwirpError> {
        let method = asked.method;
        ServiceRequest::check_method(method).map_err(not_served)?;
        let who = self.calls.administrator(asked.token).map_err(|error| not_allowed(&error))?;
        let format = if asked.is_json { BodyFormat::Json } else { BodyFormat::Protobuf };
        let request = ServiceRequest::read(method, format, asked.body).map_err(not_served)?;
        let request = self.allowed(&who, request).map_err(|error| not_allowed(&error))?;
        let line = request.is_act().then(|| match request.concern() {
            Concern::Participant { identity, .. } => identity.to_owned(),
            Concern::Room { .. } | Concern::Rooms => String::new(),
        });
        let (reply, answered) = oneshot::channel();
        // Whoever has asked may not wait any longer.
        let take = Box::new(move |outcome| drop(reply.send(outcome)));
        self.sfu.serve(request, take).map_err(|error| TwirpError::new(TwirpCode::Unavailable, error.to_string()))?;
        let stopped = |_| TwirpError::new(TwirpCode::Unavailable, "the server stops");
        let body = answered.await.map_err(stopped)?.map_err(not_served)?;
        if let Some(identity) = line {
            let (user_id, room_id) = (&who.holder.user_id, &who.holder.room_id);
            info!(%user_id, %room_id, method, identity, "a call was administered");
        }
        Ok(body)
    }
}

impl RoomService for Administration {
    fn serve<'a>(&'a self, request: TwirpRequest<'a>) -> TwirpAnswer<'a> {
        Box::pin(self.answer(request))
    }
}

fn not_allowed(error: &AdministerError) -> TwirpError {
    let code = match error {
        AdministerError::Token(reason) => {
            debug!(%reason, "a token to administer a call was refused");
            return TwirpError::new(TwirpCode::Unauthenticated, "invalid token");
        }
        AdministerError::NotGranted | AdministerError::NotAllowed => TwirpCode::PermissionDenied,
        AdministerError::Internal(error) => {
            warn!(%error, "whether somebody may administer a call cannot be read");
            return TwirpError::new(TwirpCode::Internal, "the server has failed");
        }
    };
    TwirpError::new(code, error.to_string())
}

fn not_served(error: ServiceError) -> TwirpError {
    let code = match error {
        ServiceError::NoMethod => TwirpCode::BadRoute,
        ServiceError::NotServed => TwirpCode::Unimplemented,
        ServiceError::NoCreation => TwirpCode::PermissionDenied,
        ServiceError::Unreadable => TwirpCode::Malformed,
        ServiceError::Invalid(_) => TwirpCode::InvalidArgument,
        ServiceError::NoRoom | ServiceError::NoParticipant | ServiceError::NoTrack => TwirpCode::NotFound,
        ServiceError::NoUnmuting => TwirpCode::FailedPrecondition,
    };
    TwirpError::new(code, error.to_string())
}
