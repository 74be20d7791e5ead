//! Endpoints of our own: typed requests and answers in JSON, described for OpenAPI in the place where they are registered.
//!
//! # How to add one
//!
//! 1. A file `<noun>/<verb>.rs` with one handler: it takes the state and an [`Asked`] with the types of query and body,
//!    and gives a [`Reply`] or an [`ApiError`]. The types derive `JsonSchema`; their doc comments are the description.
//! 2. One line in the noun's `register`: `.add(Operation::post("users.lock", "/api/…", "Locks an account"), lock::lock)`.
//! 3. The error's `From`, and tests for the good case, each refusal and the limit.
//! 4. The OpenAPI file is written anew by its test (`typed/openapi.rs`), which fails until it is committed.
//!
//! A refusal has the shape of every refusal ([`ApiError`]). Where pages must tell cases apart, it has a `reason`, a stable
//! word, and its parameters beside it.

pub(crate) mod openapi;
#[cfg(test)]
mod tests;

use std::future::Future;

use axum::body::Body;
use axum::extract::{FromRef, Query, State};
use axum::response::Response;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderValue, Method};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use veche_directory::{Authority, Grant};

use crate::access::{Caller, Need, Requester};
use crate::app::Gated;
use crate::connection::Connection;
use crate::error::ApiError;
use crate::extract::Plain;
use crate::limits::Class;
use crate::respond::Answer;
use crate::routes::{Route, Routes};

/// A parser's words may quote what was sent; that much of it goes back.
const MESSAGE_BYTES_MAX: usize = 200;

/// One method on one path, as it is registered and described.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    /// `noun.verb`, which generated code calls it by.
    pub(crate) id: &'static str,
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) need: Need,
    pub(crate) route: Route,
}

impl Operation {
    const fn new(id: &'static str, method: Method, path: &'static str, summary: &'static str) -> Self {
        Self { id, method, path, summary, need: Need::Administrator, route: Route::new() }
    }

    /// For administrators; says otherwise what it needs.
    pub(crate) const fn get(id: &'static str, path: &'static str, summary: &'static str) -> Self {
        Self::new(id, Method::GET, path, summary)
    }

    /// See [`Operation::get`].
    pub(crate) const fn post(id: &'static str, path: &'static str, summary: &'static str) -> Self {
        Self::new(id, Method::POST, path, summary)
    }

    /// See [`Operation::get`].
    pub(crate) const fn put(id: &'static str, path: &'static str, summary: &'static str) -> Self {
        Self::new(id, Method::PUT, path, summary)
    }

    /// See [`Operation::get`].
    pub(crate) const fn delete(id: &'static str, path: &'static str, summary: &'static str) -> Self {
        Self::new(id, Method::DELETE, path, summary)
    }

    /// For administrators with this grant.
    #[must_use]
    pub(crate) fn grant(self, grant: Grant) -> Self {
        Self { route: self.route.grant(grant), ..self }
    }

    /// Only with a fresh proof of the password.
    #[must_use]
    pub(crate) fn fresh(self) -> Self {
        Self { route: self.route.fresh(), ..self }
    }

    /// Counts against another bucket.
    #[must_use]
    pub(crate) fn class(self, class: Class) -> Self {
        Self { route: self.route.class(class), ..self }
    }

    /// Takes bodies of up to 4 MiB: certificates.
    #[must_use]
    pub(crate) fn large_body(self) -> Self {
        Self { route: self.route.keys_body(), ..self }
    }

    /// Not for suspended accounts.
    #[must_use]
    pub(crate) fn refuse_suspended(self) -> Self {
        Self { route: self.route.refuse_suspended(), ..self }
    }

    /// Also for guests.
    #[must_use]
    pub(crate) fn guests(self) -> Self {
        Self { route: self.route.guests(), ..self }
    }

    /// Ends with the connection: for what waits and changes nothing.
    #[must_use]
    pub(crate) fn attached(self) -> Self {
        Self { route: self.route.attached(), ..self }
    }

    /// For whoever has this, who need be no administrator.
    #[must_use]
    pub(crate) fn need(self, need: Need) -> Self {
        Self { need, ..self }
    }
}

/// No query parameters, or no body.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}

/// A request that was let in and understood.
pub(crate) struct Asked<Q = Nothing, B = Nothing> {
    /// Who asks; always there where a token is needed.
    pub(crate) requester: Option<Requester>,
    /// Where the request comes from.
    pub(crate) caller: Caller,
    /// What the listener knows.
    pub(crate) connection: Connection,
    /// Percent-decoded path arguments in order.
    pub(crate) args: Vec<String>,
    /// Method, URI, headers.
    pub(crate) parts: Parts,
    /// The query parameters.
    pub(crate) query: Q,
    /// The body.
    pub(crate) body: B,
}

impl<Q: DeserializeOwned, B: DeserializeOwned> Asked<Q, B> {
    fn read(plain: Plain) -> Result<Self, ApiError> {
        let Plain { requester, caller, connection, args, parts, bytes } = plain;
        let Query(query) =
            Query::try_from_uri(&parts.uri).map_err(|error| ApiError::invalid_param(cut(error.body_text())))?;
        let body = if bytes.is_empty() { &b"{}"[..] } else { &bytes[..] };
        let body = serde_json::from_slice(body).map_err(|error| ApiError::bad_json(cut(error.to_string())))?;
        Ok(Self { requester, caller, connection, args, parts, query, body })
    }
}

impl<Q, B> Asked<Q, B> {
    /// Who asks.
    pub(crate) fn requester(&self) -> Result<&Requester, ApiError> {
        self.requester.as_ref().ok_or_else(ApiError::missing_token)
    }

    /// The right to administer of who asks.
    pub(crate) fn authority(&self) -> Result<Authority, ApiError> {
        Ok(self.requester()?.authority()?)
    }

    /// A path argument.
    pub(crate) fn arg(&self, number: usize) -> Result<&str, ApiError> {
        self.args
            .get(number)
            .map(String::as_str)
            .ok_or_else(|| ApiError::internal("an argument of the path is missing"))
    }

    /// A path argument as an id.
    pub(crate) fn id<'a, T: TryFrom<&'a str>>(&'a self, number: usize) -> Result<T, ApiError> {
        T::try_from(self.arg(number)?).map_err(|_| ApiError::invalid_param("The id in the path is none"))
    }
}

fn cut(mut text: String) -> String {
    text.truncate(text.floor_char_boundary(MESSAGE_BYTES_MAX));
    text
}

/// What a handler answers with.
pub(crate) trait Reply: Answer {
    /// Content type and schema of the answer.
    fn describe(generator: &mut SchemaGenerator) -> (&'static str, Schema);
}

/// An answer in JSON.
#[derive(Debug)]
pub(crate) struct Json<T>(pub(crate) T);

impl<T: Serialize + Send + 'static> Answer for Json<T> {
    fn into_http(self) -> Result<Response, ApiError> {
        let body = serde_json::to_vec(&self.0).map_err(ApiError::internal)?;
        let mut answer = Response::new(Body::from(body));
        answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Ok(answer)
    }
}

impl<T: Serialize + JsonSchema + Send + 'static> Reply for Json<T> {
    fn describe(generator: &mut SchemaGenerator) -> (&'static str, Schema) {
        ("application/json", generator.subschema_for::<T>())
    }
}

/// It is done; there is nothing to tell.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Done {}

/// An answer that says that it is done.
pub(crate) const DONE: Json<Done> = Json(Done {});

/// A table as a file.
#[derive(Debug)]
pub(crate) struct Csv {
    /// What the file is called.
    pub(crate) name: &'static str,
    pub(crate) text: String,
}

impl Answer for Csv {
    fn into_http(self) -> Result<Response, ApiError> {
        let mut answer = Response::new(Body::from(self.text));
        let disposition = format!("attachment; filename=\"{}\"", self.name);
        let disposition = HeaderValue::try_from(disposition).map_err(ApiError::internal)?;
        answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
        answer.headers_mut().insert(CONTENT_DISPOSITION, disposition);
        Ok(answer)
    }
}

impl Reply for Csv {
    fn describe(generator: &mut SchemaGenerator) -> (&'static str, Schema) {
        ("text/csv", generator.subschema_for::<String>())
    }
}

/// What is written about an operation.
pub(crate) struct Described {
    pub(crate) operation: Operation,
    pub(crate) query: fn(&mut SchemaGenerator) -> Schema,
    /// `None`: it takes no body.
    pub(crate) body: Option<fn(&mut SchemaGenerator) -> Schema>,
    pub(crate) reply: fn(&mut SchemaGenerator) -> (&'static str, Schema),
}

impl Described {
    fn of<Q: JsonSchema, B: JsonSchema, O: Reply>(operation: Operation) -> Self {
        let takes_body = B::schema_name() != Nothing::schema_name();
        let body: fn(&mut SchemaGenerator) -> Schema = |generator| generator.subschema_for::<B>();
        Self { operation, query: Q::json_schema, body: takes_body.then_some(body), reply: O::describe }
    }
}

/// Endpoints and what is written about them.
pub(crate) struct Typed<S> {
    routes: Routes<S>,
    described: Vec<Described>,
}

impl<S: Gated> Typed<S> {
    /// Registers among these.
    pub(crate) fn new(routes: Routes<S>) -> Self {
        Self { routes, described: Vec::new() }
    }

    /// Registers an operation.
    #[must_use]
    pub(crate) fn add<X, Q, B, O, F, Fut>(self, operation: Operation, handler: F) -> Self
    where
        X: FromRef<S> + Send + 'static,
        Q: DeserializeOwned + JsonSchema + Send + 'static,
        B: DeserializeOwned + JsonSchema + Send + 'static,
        O: Reply,
        F: Fn(State<X>, Asked<Q, B>) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<O, ApiError>> + Send + 'static,
    {
        let Self { routes, mut described } = self;
        let Operation { method, path, need, route, .. } = operation.clone();
        described.push(Described::of::<Q, B, O>(operation));
        let routes = routes.plain(method, path, need, route, move |state: State<X>, plain: Plain| {
            let handler = handler.clone();
            async move { handler(state, Asked::read(plain)?).await }
        });
        Self { routes, described }
    }

    /// The endpoints, these included.
    pub(crate) fn into_routes(self) -> Routes<S> {
        self.routes
    }

    /// What is written about these.
    pub(crate) fn described(&self) -> &[Described] {
        &self.described
    }
}
