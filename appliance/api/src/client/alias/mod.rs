//! Room addresses.

mod create_alias;
mod delete_alias;
mod get_alias;

use crate::{
    app::App,
    limits::Class,
    routes::{Route, Routes},
};

/// The area's endpoints.
pub(crate) fn routes(routes: Routes<App>) -> Routes<App> {
    let changing = Route::new().class(Class::Message).refuse_suspended();
    routes
        .ruma(get_alias::get_alias)
        .ruma_with(changing, create_alias::create_alias)
        .ruma_with(changing, delete_alias::delete_alias)
}
