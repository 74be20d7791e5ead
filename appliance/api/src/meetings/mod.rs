//! `/api/meetings/v1`: links by which people without an account come into the call of a room. Members make them and let in
//! whoever waits; guests follow them.

mod guest;
mod links;
mod lobby;

#[cfg(test)]
mod tests;

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
    guests(members(typed))
}

fn members(typed: Typed<App>) -> Typed<App> {
    const LINKS: &str = "/api/meetings/v1/rooms/{room_id}/links";
    const LOBBY: &str = "/api/meetings/v1/rooms/{room_id}/lobby";
    let make = Operation::post("links.make", LINKS, "Makes a link for guests").class(Class::Message).refuse_suspended();
    let list = Operation::get("links.list", LINKS, "The links that are good");
    let end = Operation::delete(
        "links.end",
        "/api/meetings/v1/rooms/{room_id}/links/{meeting_id}",
        "Ends a meeting, and puts its guests out",
    );
    let look = Operation::get("lobby.look", LOBBY, "Who waits to be let in; answers when that changes");
    let admit = Operation::post(
        "lobby.admit",
        "/api/meetings/v1/rooms/{room_id}/lobby/{waiting_id}/admit",
        "Lets somebody in who waits",
    );
    let refuse = Operation::post(
        "lobby.refuse",
        "/api/meetings/v1/rooms/{room_id}/lobby/{waiting_id}/refuse",
        "Does not let somebody in who waits",
    );
    typed
        .add(make.need(Need::User), links::make)
        .add(list.need(Need::User), links::list)
        .add(end.need(Need::User), links::end)
        .add(look.need(Need::User).class(Class::Sync), lobby::look)
        .add(admit.need(Need::User).refuse_suspended(), lobby::admit)
        .add(refuse.need(Need::User), lobby::refuse)
}

/// The token of a link and the ticket of somebody who waits come in bodies: what is in an address is in logs.
fn guests(typed: Typed<App>) -> Typed<App> {
    let about = Operation::post("guest.about", "/api/meetings/v1/guest/about", "What a link leads to");
    let knock = Operation::post("guest.knock", "/api/meetings/v1/guest/knock", "Asks to be let in");
    let wait = Operation::post(
        "guest.wait",
        "/api/meetings/v1/guest/wait",
        "Whether somebody who has asked may come in; answers when that changes",
    );
    let page = Operation::post(
        "guest.page",
        "/api/meetings/v1/guest/page",
        "A guest's page is there, or is closed: who is not back soon has left",
    );
    typed
        .add(page.need(Need::User).guests(), guest::page)
        .add(about.need(Need::Nobody).class(Class::Login), guest::about)
        .add(knock.need(Need::Nobody).class(Class::Login), guest::knock)
        .add(wait.need(Need::Nobody).attached(), guest::wait)
}

/// The OpenAPI file of meetings.
pub fn openapi() -> Value {
    let about = openapi::About {
        title: "Veche: meetings",
        description: "Links by which people without an account come into the call of a room. A refusal to a guest has a \
            `reason`: `unknown`, `expired`, `ended`, `full`, `wrong_pin`, `name`, `crowded`, `refused`, `no_host`, \
            `not_waiting`.",
    };
    openapi::document(&about, register(Typed::new(Routes::new())).described())
}
