//! `POST /_matrix/client/v3/keys/query`.

use std::{collections::BTreeMap, future::ready};

use axum::extract::State;
use ruma::{
    OwnedUserId,
    api::client::keys::get_keys::v3::{Request, Response},
    serde::Raw,
};
use serde_json::value::RawValue;

use crate::{app::App, client::guests, error::ApiError, extract::Ruma, respond::RumaResponse};

/// The public keys of users. Everybody who is signed in may ask for everybody's: they are what others need to write
/// to them at all. Guests see those of the people of their room.
pub(super) async fn get_keys(State(app): State<App>, req: Ruma<Request>) -> Result<RumaResponse<Response>, ApiError> {
    let mut wanted = req.body.device_keys.clone();
    if let Some(company) = guests::company(&app, &req.who) {
        wanted.retain(|user, _| company.contains(user));
    }
    let found = ready(app.homeserver.parts.e2ee.query_keys(req.sender(), &wanted)).await?;
    let mut response = Response::new();
    for (user, devices) in found.device_keys {
        response.device_keys.insert(user, devices.into_iter().map(|(id, keys)| (id, Raw::from_json(keys))).collect());
    }
    response.master_keys = by_user(found.master_keys);
    response.self_signing_keys = by_user(found.self_signing_keys);
    response.user_signing_keys = by_user(found.user_signing_keys);
    Ok(RumaResponse(response))
}

fn by_user<T>(keys: BTreeMap<OwnedUserId, Box<RawValue>>) -> BTreeMap<OwnedUserId, Raw<T>> {
    keys.into_iter().map(|(user, key)| (user, Raw::from_json(key))).collect()
}
