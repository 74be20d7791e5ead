//! `/api/account/v1`: what people do to their own account and the client-server API has no words for.

pub(crate) mod passkeys;
pub(crate) mod second_factor;

use serde_json::Value;

use crate::access::Need;
use crate::app::App;
use crate::limits::Class;
use crate::routes::Routes;
use crate::typed::{Operation, Typed, openapi};

/// Registers the area.
pub(crate) fn routes(routes: Routes<App>) -> Routes<App> {
    register(Typed::new(routes)).into_routes()
}

fn register(typed: Typed<App>) -> Typed<App> {
    register_passkeys(register_second_factor(typed))
}

fn register_passkeys(typed: Typed<App>) -> Typed<App> {
    const PATH: &str = "/api/account/v1/passkeys";
    let list = Operation::get("passkeys.list", PATH, "The own passkeys");
    let offer = Operation::post("passkeys.offer", PATH, "What to ask the browser for, so that it makes a passkey");
    let add = Operation::put("passkeys.add", PATH, "Keeps the passkey that the browser has made");
    let remove = Operation::delete("passkeys.remove", "/api/account/v1/passkeys/{passkeyId}", "Forgets a passkey");
    typed
        .add(list.need(Need::User), passkeys::list)
        .add(offer.need(Need::User).class(Class::Login), passkeys::offer)
        .add(add.need(Need::User).class(Class::Login), passkeys::add)
        .add(remove.need(Need::User).class(Class::Login), passkeys::remove)
}

fn register_second_factor(typed: Typed<App>) -> Typed<App> {
    const PATH: &str = "/api/account/v1/second_factor";
    let get = Operation::get("second_factor.get", PATH, "Whether a code is asked for beside the password");
    let offer = Operation::post("second_factor.offer", PATH, "Offers a secret for an authenticator app");
    let turn_on = Operation::put("second_factor.turn_on", PATH, "Turns on what was offered, with a code of it");
    let turn_off = Operation::delete("second_factor.turn_off", PATH, "Turns it off");
    typed
        .add(get.need(Need::User), second_factor::get)
        .add(offer.need(Need::User).class(Class::Login), second_factor::offer)
        .add(turn_on.need(Need::User).class(Class::Login), second_factor::turn_on)
        .add(turn_off.need(Need::User).class(Class::Login), second_factor::turn_off)
}

/// The OpenAPI file of what people do to their own account.
pub fn openapi() -> Value {
    let about = openapi::About {
        title: "Veche: the own account",
        description: "What people do to their own account beyond the Matrix client-server API. Where there is a second \
            factor, its code is typed behind the password, with or without a space between. Wherever a password is taken, \
            here and in Matrix, so is a proof by a passkey (`passkey.prove`), once.",
    };
    openapi::document(&about, register(Typed::new(Routes::new())).described())
}
