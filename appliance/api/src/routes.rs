//! The table of endpoints.
//!
//! # How to add an endpoint
//!
//! 1. A file named after ruma's module in `client/<area>/`, with one handler. A handler takes the state and a
//!    [`Ruma`] request, and gives a [`RumaResponse`](crate::respond::RumaResponse) or an [`ApiError`]:
//!    ```text
//!    pub(crate) async fn get_event(
//!        State(app): State<App>,
//!        req: Ruma<get_room_event::v3::Request>,
//!    ) -> Result<RumaResponse<get_room_event::v3::Response>, ApiError> {
//!        let event = app.homeserver.timeline.event(req.sender(), &req.body.room_id, &req.body.event_id).await?;
//!        Ok(RumaResponse(get_room_event::v3::Response::new(event)))
//!    }
//!    ```
//!    `req.sender()` exists only where ruma's metadata asks for an access token; `req.who` is the requester.
//! 2. One line in the area's `fn routes(routes: Routes<App>) -> Routes<App>` in `client/<area>/mod.rs`:
//!    `.ruma(get_room_event::get_event)`. It registers every stable and unstable path that ruma knows. What differs
//!    from the defaults is said there: `.ruma_with(Route::new().class(Class::Message).refuse_suspended(), send)`.
//!    The area itself is one line in `client/mod.rs`.
//! 3. The operation's error gets a `From` in `error/<area>.rs`: a `match` without wildcard.
//! 4. If the endpoint makes a specification version or an unstable feature true, a row in `client/discovery/table.rs`.
//! 5. Tests for the good case, each refusal and the limit.
//!
//! A handler takes as much of the state as it needs: `State<App>`, or `State<People>` where rooms are no concern.
//! The console's endpoints are typed and described: see `typed.rs`.
//! Bodies that the handler reads itself (uploads): `.ruma_stream`, [`RumaStream`]. Endpoints without a ruma type:
//! `.plain`, [`Plain`]. Handlers that stream their answer return an axum `Response` instead of a `RumaResponse`.
//!
//! Every request that may change something runs detached: once its body is read, it is finished even if the client
//! goes away. A long poll that is a POST (sliding sync) says `.attached()`.

use std::collections::BTreeSet;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRef, Request, State};
use axum::response::Response;
use axum::routing::{MethodFilter, on};
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};
use http::Method;
use ruma::api::path_builder::PathBuilder;
use ruma::api::{IncomingRequest, Metadata};
use veche_base::limits::{JSON_BODY_BYTES_MAX, KEYS_BODY_BYTES_MAX};
use veche_directory::Grant;
use veche_runtime::tasks::TaskFailed;

use crate::access::{Locked, Need, Scheme};
use crate::app::{Gate, Gated};
use crate::connection::Connection;
use crate::error::ApiError;
use crate::extract::{self, Plain, Ruma, RumaStream};
use crate::limits::Class;
use crate::request_log::Handled;
use crate::respond::Answer;
use crate::shell;

/// Whether a suspended account may use an endpoint: to read, to leave, to keep its keys in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Suspended {
    Refused,
    Allowed,
}

/// Whether a guest may use an endpoint: what it takes to be in his room and its call. About no other room, and for
/// himself only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Guests {
    Refused,
    Allowed,
}

/// What an endpoint is like beyond what ruma's metadata says.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    pub(crate) class: Class,
    pub(crate) body_bytes_max: usize,
    pub(crate) json: bool,
    pub(crate) body_needed: bool,
    pub(crate) locked: Locked,
    pub(crate) suspended: Suspended,
    pub(crate) guests: Guests,
    pub(crate) anonymous: bool,
    pub(crate) with_token: bool,
    pub(crate) for_administrators: bool,
    pub(crate) grant: Option<Grant>,
    pub(crate) fresh: bool,
    pub(crate) attached: bool,
}

impl Route {
    /// The default: JSON of at most 256 KiB (16 KiB from those who show no token), class [`Class::Default`],
    /// open to suspended accounts, closed to locked ones and to guests.
    pub const fn new() -> Self {
        Self {
            class: Class::Default,
            body_bytes_max: JSON_BODY_BYTES_MAX,
            json: true,
            body_needed: false,
            locked: Locked::Refused,
            suspended: Suspended::Allowed,
            guests: Guests::Refused,
            anonymous: false,
            with_token: false,
            for_administrators: false,
            grant: None,
            fresh: false,
            attached: false,
        }
    }

    /// Counts against another bucket.
    #[must_use]
    pub const fn class(self, class: Class) -> Self {
        Self { class, ..self }
    }

    /// Takes bodies of up to 4 MiB, as keys and key backups need.
    #[must_use]
    pub const fn keys_body(self) -> Self {
        Self { body_bytes_max: KEYS_BODY_BYTES_MAX, ..self }
    }

    /// The body need not be JSON.
    #[must_use]
    pub const fn any_body(self) -> Self {
        Self { json: false, ..self }
    }

    /// No body is not an empty object: for what is kept as it comes.
    #[must_use]
    pub const fn body_needed(self) -> Self {
        Self { body_needed: true, ..self }
    }

    /// Refuses suspended accounts with `M_USER_SUSPENDED`.
    #[must_use]
    pub const fn refuse_suspended(self) -> Self {
        Self { suspended: Suspended::Refused, ..self }
    }

    /// Lets guests in, for themselves and for their room.
    #[must_use]
    pub const fn guests(self) -> Self {
        Self { guests: Guests::Allowed, ..self }
    }

    /// Lets locked accounts in (logging out).
    #[must_use]
    pub const fn allow_locked(self) -> Self {
        Self { locked: Locked::Allowed, ..self }
    }

    /// Does not read a token even where ruma says that one may come.
    #[must_use]
    pub const fn anonymous(self) -> Self {
        Self { anonymous: true, ..self }
    }

    /// Wants a token also where ruma says that none need come.
    #[must_use]
    pub const fn with_token(self) -> Self {
        Self { with_token: true, ..self }
    }

    /// Refuses everybody but administrators with `M_FORBIDDEN`, which ruma's metadata cannot say.
    #[must_use]
    pub const fn for_administrators(self) -> Self {
        Self { for_administrators: true, ..self }
    }

    /// Of administrators, refuses those who have not been granted this.
    #[must_use]
    pub const fn grant(self, grant: Grant) -> Self {
        Self { grant: Some(grant), ..self }
    }

    /// Of administrators, refuses those who have not shown their password a moment ago.
    #[must_use]
    pub const fn fresh(self) -> Self {
        Self { fresh: true, ..self }
    }

    /// Ends with the connection instead of running detached: for long polls that are not a GET.
    #[must_use]
    pub const fn attached(self) -> Self {
        Self { attached: true, ..self }
    }
}

impl Default for Route {
    fn default() -> Self {
        Self::new()
    }
}

/// One row of the table: one method on one path.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// The method; GET answers HEAD too.
    pub method: Method,
    /// The path with `{arguments}`, as ruma writes it. Logs, metrics and limits know a request by it.
    pub template: &'static str,
    /// What it needs to know about who asks.
    pub need: Need,
    pub(crate) params: Vec<&'static str>,
    pub(crate) route: Route,
}

impl Endpoint {
    fn new(method: Method, template: &'static str, need: Need, route: Route) -> Self {
        let params = template.split('/').filter_map(param).collect();
        let need = match route {
            Route { anonymous: true, .. } => Need::Nobody,
            Route { for_administrators: true, .. } => Need::Administrator,
            Route { with_token: true, .. } => Need::User,
            Route { .. } => need,
        };
        Self { method, template, need, params, route }
    }

    fn detached(&self) -> bool {
        self.method != Method::GET && !self.route.attached
    }
}

fn param(segment: &'static str) -> Option<&'static str> {
    segment.strip_prefix('{')?.strip_suffix('}')
}

/// The endpoints registered so far.
pub struct Routes<S> {
    router: Router<S>,
    table: Vec<Endpoint>,
}

impl<S: Gated> Routes<S> {
    /// No endpoint.
    pub fn new() -> Self {
        Self { router: Router::new(), table: Vec::new() }
    }

    /// Every endpoint registered so far.
    pub fn table(&self) -> &[Endpoint] {
        &self.table
    }

    /// Registers a handler on every path its request type has, with the defaults of [`Route::new`].
    #[must_use]
    pub fn ruma<X, T, O, F, Fut>(self, handler: F) -> Self
    where
        T: IncomingRequest + Metadata<Authentication: Scheme> + Send + Sync + 'static,
        X: FromRef<S> + Send + 'static,
        F: Fn(State<X>, Ruma<T>) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<O, ApiError>> + Send + 'static,
        O: Answer,
    {
        self.ruma_with(Route::new(), handler)
    }

    /// Registers a handler on every path its request type has.
    #[must_use]
    pub fn ruma_with<X, T, O, F, Fut>(self, route: Route, handler: F) -> Self
    where
        T: IncomingRequest + Metadata<Authentication: Scheme> + Send + Sync + 'static,
        X: FromRef<S> + Send + 'static,
        F: Fn(State<X>, Ruma<T>) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<O, ApiError>> + Send + 'static,
        O: Answer,
    {
        self.each_path::<T>(route, move |state: S, endpoint: Arc<Endpoint>, request| {
            let handler = handler.clone();
            Box::pin(async move {
                let (gate, part) = (state.gate().clone(), X::from_ref(&state));
                let mut handled = Handled::new(&endpoint);
                let outcome = match enter(&gate, &endpoint, request, &mut handled).await {
                    Ok((admitted, bytes)) => {
                        let work: Work = Box::pin(async move {
                            handler(State(part), extract::assemble(admitted, bytes)?).await?.into_http()
                        });
                        run(&gate, &endpoint, work).await
                    }
                    Err(error) => Err(error),
                };
                handled.answer(&gate, outcome)
            })
        })
    }

    /// Registers a handler that reads the body itself.
    #[must_use]
    pub fn ruma_stream<X, T, O, F, Fut>(self, route: Route, handler: F) -> Self
    where
        T: IncomingRequest + Metadata<Authentication: Scheme> + Send + Sync + 'static,
        X: FromRef<S> + Send + 'static,
        F: Fn(State<X>, RumaStream<T>) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<O, ApiError>> + Send + 'static,
        O: Answer,
    {
        self.each_path::<T>(route, move |state: S, endpoint: Arc<Endpoint>, request| {
            let handler = handler.clone();
            Box::pin(async move {
                let (gate, part) = (state.gate().clone(), X::from_ref(&state));
                let mut handled = Handled::new(&endpoint);
                let (parts, body) = request.into_parts();
                let outcome = match handled.admit(&gate, &endpoint, parts).await {
                    Ok(admitted) => {
                        let work: Work = Box::pin(async move {
                            handler(State(part), extract::assemble_stream(admitted, body)?).await?.into_http()
                        });
                        run(&gate, &endpoint, work).await
                    }
                    Err(error) => {
                        extract::discard(body).await;
                        Err(error)
                    }
                };
                handled.answer(&gate, outcome)
            })
        })
    }

    /// Registers a handler for an endpoint that ruma has no type for.
    #[must_use]
    pub fn plain<X, O, F, Fut>(
        self,
        method: Method,
        template: &'static str,
        need: Need,
        route: Route,
        handler: F,
    ) -> Self
    where
        X: FromRef<S> + Send + 'static,
        F: Fn(State<X>, Plain) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<O, ApiError>> + Send + 'static,
        O: Answer,
    {
        let endpoint = Endpoint::new(method, template, need, route);
        self.register(endpoint, template, move |state: S, endpoint: Arc<Endpoint>, request| {
            let handler = handler.clone();
            Box::pin(async move {
                let (gate, part) = (state.gate().clone(), X::from_ref(&state));
                let mut handled = Handled::new(&endpoint);
                let outcome = match enter(&gate, &endpoint, request, &mut handled).await {
                    Ok((extract::Admitted { requester, caller, args, parts }, bytes)) => {
                        let connection = Connection::of(&parts.extensions);
                        let plain = Plain { requester, caller, connection, args, parts, bytes };
                        let work: Work = Box::pin(async move { handler(State(part), plain).await?.into_http() });
                        run(&gate, &endpoint, work).await
                    }
                    Err(error) => Err(error),
                };
                handled.answer(&gate, outcome)
            })
        })
    }

    fn each_path<T>(mut self, route: Route, serve: impl Serve<S>) -> Self
    where
        T: Metadata<Authentication: Scheme>,
    {
        let need = <T::Authentication as Scheme>::NEED;
        let templates: BTreeSet<&'static str> = T::PATH_BUILDER.all_paths().collect();
        for template in templates {
            let endpoint = Endpoint::new(T::METHOD, template, need, route);
            // The specification lets the state key of a state event be left out, with and without the last slash.
            if let Some(keyless) = template.strip_suffix("/{state_key}") {
                let slash = &template[..=keyless.len()];
                self = self.register(endpoint.clone(), keyless, serve.clone());
                self = self.register(endpoint.clone(), slash, serve.clone());
            }
            self = self.register(endpoint, template, serve.clone());
        }
        self
    }

    fn register(mut self, endpoint: Endpoint, path: &'static str, serve: impl Serve<S>) -> Self {
        let endpoint = Arc::new(Endpoint { template: path, ..endpoint });
        let filter = MethodFilter::try_from(endpoint.method.clone()).expect("ruma uses the usual methods only");
        self.table.push(Endpoint::clone(&endpoint));
        let handler = move |State(state): State<S>, request: Request| {
            let (serve, endpoint) = (serve.clone(), Arc::clone(&endpoint));
            shell::around(state, request, move |state, request| serve(state, endpoint, request))
        };
        self.router = self.router.route(&positional(path), on(filter, handler));
        self
    }

    /// The finished service: everything else is a page, or 404 or 405 `M_UNRECOGNIZED`.
    pub fn into_router(self, state: S) -> Router {
        self.router
            .fallback(|State(state): State<S>, request: Request| {
                shell::around(state, request, |state, request| ready(shell::not_found(&state, &request)).boxed())
            })
            .method_not_allowed_fallback(|State(state): State<S>, request: Request| {
                shell::around(state, request, |state, _| ready(shell::method_not_allowed(&state)).boxed())
            })
            .with_state(state)
    }
}

impl<S: Gated> Default for Routes<S> {
    fn default() -> Self {
        Self::new()
    }
}

/// A registered endpoint's work, from request to finished answer.
trait Serve<S>: Fn(S, Arc<Endpoint>, Request) -> BoxFuture<'static, Response> + Clone + Send + Sync + 'static {}

impl<S, F> Serve<S> for F where
    F: Fn(S, Arc<Endpoint>, Request) -> BoxFuture<'static, Response> + Clone + Send + Sync + 'static
{
}

/// Arguments by position: two endpoints may then call the same place by different names.
fn positional(path: &str) -> String {
    let mut position = 0;
    let rename = |segment: &str| {
        if !segment.starts_with('{') {
            return segment.to_owned();
        }
        position += 1;
        format!("{{p{position}}}")
    };
    path.split('/').map(rename).collect::<Vec<_>>().join("/")
}

type Work = BoxFuture<'static, Result<Response, ApiError>>;

async fn enter(
    gate: &Gate,
    endpoint: &Endpoint,
    request: Request,
    handled: &mut Handled,
) -> Result<(extract::Admitted, bytes::Bytes), ApiError> {
    let (parts, body) = request.into_parts();
    let admitted = match handled.admit(gate, endpoint, parts).await {
        Ok(admitted) => admitted,
        Err(error) => {
            extract::discard(body).await;
            return Err(error);
        }
    };
    let bytes = extract::receive(endpoint, &admitted, body).await?;
    Ok((admitted, bytes))
}

/// Runs a handler: in place if it only reads, else in a task that outlives the connection.
async fn run(gate: &Gate, endpoint: &Endpoint, work: Work) -> Result<Response, ApiError> {
    if !endpoint.detached() {
        return AssertUnwindSafe(work).catch_unwind().await.unwrap_or_else(|_| Err(panicked()));
    }
    match gate.supervisor.run_to_end("request", work).await {
        Ok(outcome) => outcome,
        Err(TaskFailed::Panicked) => Err(panicked()),
        Err(TaskFailed::Stopped) => Err(ApiError::unavailable("The server is shutting down", "request was stopped")),
    }
}

fn panicked() -> ApiError {
    ApiError::internal("a handler panicked; the panic is logged by itself")
}
