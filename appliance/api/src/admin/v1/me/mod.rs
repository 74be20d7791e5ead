//! Who administers, and the proof that it is still him.

mod get;
mod reauth;

use crate::app::App;
use crate::limits::Class;
use crate::typed::{Operation, Typed};

/// Registers the area.
pub(super) fn register(typed: Typed<App>) -> Typed<App> {
    typed.add(Operation::get("me.get", "/api/admin/v1/me", "What the administrator who asks may do"), get::get).add(
        Operation::post("me.reauth", "/api/admin/v1/reauth", "Shows the password again, for what needs a fresh proof")
            .class(Class::Login),
        reauth::reauth,
    )
}
