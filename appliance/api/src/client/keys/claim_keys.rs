//! `POST /_matrix/client/v3/keys/claim`.

use std::collections::BTreeMap;

use axum::extract::State;
use ruma::{
    OneTimeKeyId, OwnedUserId,
    api::client::keys::claim_keys::v3::{OneTimeKeys, Request, Response},
    serde::Raw,
};
use veche_homeserver::e2ee::ClaimedKeys;

use crate::{app::App, client::guests, error::ApiError, extract::Ruma, respond::RumaResponse};

/// Takes one one-time key of each named device. Guests take those of the people of their room.
pub(super) async fn claim_keys(State(app): State<App>, req: Ruma<Request>) -> Result<RumaResponse<Response>, ApiError> {
    let company = guests::company(&app, &req.who);
    let is_company = |user: &OwnedUserId| company.as_ref().is_none_or(|company| company.contains(user));
    let wanted = req.body.one_time_keys.into_iter().filter(|(user, _)| is_company(user)).map(|(user, devices)| {
        (user, devices.into_iter().map(|(device, algorithm)| (device, algorithm.to_string())).collect())
    });
    let claimed = app.homeserver.parts.e2ee.claim_keys(wanted.collect()).await?;
    Ok(RumaResponse(response(claimed)?))
}

fn response(claimed: ClaimedKeys) -> Result<Response, ApiError> {
    let mut users = BTreeMap::new();
    for (user, devices) in claimed {
        let mut keys = OneTimeKeys::new();
        for (device, (key_id, key)) in devices {
            let key_id = OneTimeKeyId::parse(key_id).map_err(ApiError::internal)?;
            keys.insert(device, BTreeMap::from([(key_id, Raw::from_json(key))]));
        }
        users.insert(user, keys);
    }
    Ok(Response::new(users))
}
