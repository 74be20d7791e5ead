//! Uploads and downloads. Previews of other people's pages are not made; what was served without a token before
//! Matrix 1.11 is frozen, and nothing here is older.

mod create_content;
mod create_content_async;
mod create_mxc_uri;
mod frozen;
mod get_content;
mod get_content_as_filename;
mod get_content_thumbnail;
mod get_media_config;
mod range;
mod receive;
mod serve;

use veche_homeserver::content::{ContentType, Description, FileName};

use crate::app::App;
use crate::error::ApiError;
use crate::limits::Class;
use crate::routes::{Route, Routes};

/// The area's endpoints.
pub(crate) fn routes(routes: Routes<App>) -> Routes<App> {
    let reading = Route::new().class(Class::Media);
    let writing = reading.refuse_suspended();
    routes
        .ruma_stream(writing, create_content::create_content)
        .ruma_stream(writing, create_content_async::create_content_async)
        // Clients send no body, or an empty one of any type.
        .ruma_with(writing.any_body(), create_mxc_uri::create_mxc_uri)
        .ruma_stream(reading.guests(), get_content::get_content)
        .ruma_stream(reading.guests(), get_content_as_filename::get_content_as_filename)
        .ruma_stream(reading.guests(), get_content_thumbnail::get_content_thumbnail)
        .ruma_with(Route::new().guests(), get_media_config::get_media_config)
        .ruma(get_media_config::get_media_config_v3)
        .ruma_with(reading, frozen::get_content)
        .ruma_with(reading, frozen::get_content_as_filename)
        .ruma_with(reading, frozen::get_content_thumbnail)
}

/// What the uploader says about his file. A content type that is none is left out; a file name that is a path is
/// refused, because whoever sends it wants something.
fn description(content_type: Option<&str>, filename: Option<&str>) -> Result<Description, ApiError> {
    Ok(Description {
        content_type: content_type.and_then(ContentType::parse),
        name: filename.filter(|name| !name.is_empty()).map(FileName::parse).transpose()?,
    })
}
