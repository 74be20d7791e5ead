//! `GET /.well-known/matrix/support`.

use std::future::ready;

use axum::extract::State;
use ruma::api::client::discovery::discover_support::{Contact, ContactRole, Request, Response};

use crate::app::{People, Support};
use crate::error::ApiError;
use crate::extract::Ruma;
use crate::respond::RumaResponse;

/// Whom users turn to, if the administrator said so.
pub(super) async fn discover_support(
    State(people): State<People>,
    _: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    let support = ready(answer(&people.gate.settings.support)).await;
    support.map(RumaResponse).ok_or_else(|| ApiError::not_found("No support contact is set"))
}

fn answer(support: &Support) -> Option<Response> {
    let by_user = support.user.clone().map(|user| Contact::with_matrix_id(ContactRole::Admin, user));
    let by_mail = support.email.clone().map(|email| Contact::with_email_address(ContactRole::Admin, email));
    let contact = match (by_user, by_mail) {
        (Some(mut contact), Some(mail)) => {
            contact.email_address = mail.email_address;
            Some(contact)
        }
        (user, mail) => user.or(mail),
    };
    if contact.is_none() && support.page.is_none() {
        return None;
    }
    let mut response = Response::with_contacts(contact.into_iter().collect());
    response.support_page.clone_from(&support.page);
    Some(response)
}
