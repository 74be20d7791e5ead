//! Who is typing.

mod create_typing_event;

use crate::{app::App, routes::Routes};

/// The area's endpoints.
pub(crate) fn routes(routes: Routes<App>) -> Routes<App> {
    routes.ruma(create_typing_event::create_typing_event)
}
