//! Filters that clients save and name in their syncs, and filters in the text of a request.
//!
//! They are read here and not by ruma, whose types drop some of their fields.

mod create_filter;
mod get_filter;

use serde::de::DeserializeOwned;
use veche_homeserver::filter::{FilterDefinition, RoomEventFilter};

use crate::{
    app::App,
    error::ApiError,
    routes::{Route, Routes},
};

/// The area's endpoints.
pub(crate) fn routes(routes: Routes<App>) -> Routes<App> {
    let own = Route::new().guests();
    routes.ruma_with(own, create_filter::create_filter).ruma_with(own, get_filter::get_filter)
}

/// The whole filter that a parameter holds.
pub(crate) fn definition(parameter: &str) -> Result<FilterDefinition, ApiError> {
    let filter: FilterDefinition = parse(parameter)?;
    filter.check()?;
    Ok(filter)
}

/// The filter of room events that a parameter holds; without one, nothing is left out.
pub(crate) fn room_events(parameter: Option<String>) -> Result<RoomEventFilter, ApiError> {
    let Some(parameter) = parameter else { return Ok(RoomEventFilter::default()) };
    let filter: RoomEventFilter = parse(&parameter)?;
    filter.check()?;
    Ok(filter)
}

fn parse<T: DeserializeOwned>(parameter: &str) -> Result<T, ApiError> {
    // serde would take an array for the fields in their order.
    if !parameter.trim_start().starts_with('{') {
        return Err(ApiError::invalid_param("the filter is not a JSON object"));
    }
    serde_json::from_str(parameter).map_err(|_| ApiError::invalid_param("the filter cannot be read"))
}
