//! User-interactive authentication, as endpoints use it: a handler asks for a proof and either has it in its hands or
//! gives the client the 401 that says what is missing.

use ruma::api::Metadata;
use ruma::api::client::uiaa::AuthData;
use veche_directory::{Requester, UiaPass, UiaRequest, UiaSubject};

use crate::access::Scheme;
use crate::app::People;
use crate::error::ApiError;
use crate::extract::Ruma;

/// The proof that `requester` is there in person and means this very request.
pub(crate) async fn prove<T>(
    people: &People,
    req: &Ruma<T>,
    requester: &Requester,
    auth: Option<&AuthData>,
) -> Result<UiaPass, ApiError>
where
    T: Metadata<Authentication: Scheme>,
{
    ask(people, req, UiaSubject::Requester(requester), auth).await
}

/// The proof that somebody without an account may make one.
pub(crate) async fn prove_newcomer<T>(
    people: &People,
    req: &Ruma<T>,
    auth: Option<&AuthData>,
) -> Result<UiaPass, ApiError>
where
    T: Metadata<Authentication: Scheme>,
{
    ask(people, req, UiaSubject::Newcomer, auth).await
}

async fn ask<T>(
    people: &People,
    req: &Ruma<T>,
    subject: UiaSubject<'_>,
    auth: Option<&AuthData>,
) -> Result<UiaPass, ApiError>
where
    T: Metadata<Authentication: Scheme>,
{
    let request = UiaRequest {
        subject,
        method: req.method.as_str(),
        path: req.uri.path(),
        body: &req.bytes,
        auth,
        caller: &req.caller,
    };
    Ok(people.directory.uia(request).await?)
}
