//! What administrators ask and do. Each version of it is a folder, each area a folder in it, each endpoint a file that
//! begins with who may call it.

use serde_json::Value;

use crate::app::App;
use crate::routes::Routes;
use crate::typed::{Typed, openapi};

pub mod v1;

/// Registers the area.
pub(crate) fn routes(routes: Routes<App>) -> Routes<App> {
    v1::register(Typed::new(routes)).into_routes()
}

/// The OpenAPI file of the console's API.
pub fn openapi() -> Value {
    let about = openapi::About {
        title: "Veche: administration",
        description: "What the console does. Every act is written into the journal. Administrators have grants, and see and \
            do what these cover; owners may do everything.",
    };
    openapi::document(&about, v1::register(Typed::new(Routes::new())).described())
}
