//! From an HTTP request to a typed one.
//!
//! The order is fixed: who asks, may they at all, may they now (rate), how much do they send, is it sound JSON, and
//! only then ruma's types. Nothing is allocated for a body before its sender has passed the first three.

use std::time::Duration;

use axum::body::Body;
use axum::extract::{FromRequestParts, Query, RawPathParams};
use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, USER_AGENT};
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode, Uri};
use http_body_util::BodyExt;
use ruma::UserId;
use ruma::api::error::{DeserializationError, FromHttpRequestError};
use ruma::api::{IncomingRequest, IncomingRequestExt, Metadata};
use veche_base::limits::{ANONYMOUS_BODY_BYTES_MAX, HTTP_BODY_IDLE_SECS_MAX};

use crate::access::{Caller, Need, Requester, Scheme, identify};
use crate::app::Gate;
use crate::connection::Connection;
use crate::error::ApiError;
use crate::json;
use crate::limits::Who;
use crate::routes::{Endpoint, Guests, Suspended};

/// A whole JSON body must have arrived by then, however steadily it trickles in.
const BODY_SECS_MAX: u64 = 60;
/// That much of a refused body is read and thrown away.
const DISCARD_BYTES_MAX: usize = 4 << 20;
/// For that long.
const DISCARD_SECS_MAX: u64 = 2;
/// That much of a `User-Agent` is kept with the device, for its owner to recognize it by.
const AGENT_BYTES_MAX: usize = 256;

/// The header in which an administrator's client sends the proof of [`is_fresh`].
pub(crate) const FRESH_PROOF_HEADER: &str = "x-veche-reauth";

/// A parsed request, together with who sent it.
pub struct Ruma<T: Metadata<Authentication: Scheme>> {
    /// The request as ruma understands it.
    pub body: T,
    /// Who asks: a [`Requester`], an `Option` of one, or `()`, as the endpoint's authentication says.
    pub who: <T::Authentication as Scheme>::Who,
    /// Where the request comes from.
    pub caller: Caller,
    /// The body as it came (empty where the endpoint takes none); user-interactive authentication is bound to it.
    pub bytes: Bytes,
    /// The method and the path with the query: for parameters that ruma's type does not have.
    pub method: Method,
    /// See `method`.
    pub uri: Uri,
}

impl<T: Metadata<Authentication: Scheme<Who = Requester>>> Ruma<T> {
    /// The user who asks.
    pub fn sender(&self) -> &UserId {
        &self.who.user_id
    }
}

impl<T: Metadata<Authentication: Scheme>> Ruma<T> {
    /// The first value of a query parameter that ruma's type does not have (delayed events' old dialect).
    pub fn query(&self, name: &str) -> Option<String> {
        let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(&self.uri).ok()?;
        pairs.into_iter().find_map(|(key, value)| (key == name).then_some(value))
    }
}

/// A request whose body the handler reads itself, piece by piece (uploads). `request.body` is parsed from an empty
/// body, so only path, query and header fields are filled.
pub struct RumaStream<T: Metadata<Authentication: Scheme>> {
    /// Everything but the body.
    pub request: Ruma<T>,
    /// All headers, for what ruma's type does not have (`Range`, `If-None-Match`).
    pub headers: HeaderMap,
    /// The declared length, if there is one. Not to be believed: count while reading.
    pub length: Option<u64>,
    /// The body.
    pub stream: Body,
}

/// A request to an endpoint that ruma has no type for.
pub struct Plain {
    /// Who asks; always there if the route needs a token ([`Need::is_token`]).
    pub requester: Option<Requester>,
    /// Where the request comes from.
    pub caller: Caller,
    /// What the listener knows.
    pub connection: Connection,
    /// Percent-decoded path arguments in order.
    pub args: Vec<String>,
    /// Method, URI, headers.
    pub parts: Parts,
    /// The body, already checked if the route takes JSON.
    pub bytes: Bytes,
}

/// What is known about a request that passed the gate.
pub(crate) struct Admitted {
    pub(crate) requester: Option<Requester>,
    pub(crate) caller: Caller,
    pub(crate) args: Vec<String>,
    pub(crate) parts: Parts,
}

/// Who asks, whether they may, and whether they may now.
pub(crate) async fn admit(gate: &Gate, endpoint: &Endpoint, mut parts: Parts) -> Result<Admitted, ApiError> {
    let args = path_args(endpoint, &mut parts).await?;
    let caller = caller(gate, &parts);
    let requester = identify(&*gate.authenticator, endpoint, &parts, &caller).await?;
    if let Some(requester) = &requester {
        if requester.suspended && endpoint.route.suspended == Suspended::Refused {
            return Err(ApiError::user_suspended());
        }
        check_guest(endpoint, requester, &args)?;
        if endpoint.need == Need::Administrator {
            // Before anything else is looked at, so that others learn nothing of what is there.
            let authority = requester.authority()?;
            if let Some(grant) = endpoint.route.grant {
                authority.must(grant)?;
            }
            if endpoint.route.fresh && !is_fresh(gate, requester, &parts.headers) {
                return Err(ApiError::fresh_proof_needed());
            }
        }
    }
    let who = requester.as_ref().map_or(Who::Address(caller.ip), |requester| Who::User(&requester.user_id));
    gate.limiter.take(endpoint.route.class, who)?;
    Ok(Admitted { requester, caller, args, parts })
}

/// A guest may do little, only in his room, and only as himself.
fn check_guest(endpoint: &Endpoint, requester: &Requester, args: &[String]) -> Result<(), ApiError> {
    let Some(room) = &requester.guest else { return Ok(()) };
    let is_own = |(name, arg): (&&str, &String)| match *name {
        "room_id" => arg == room.as_str(),
        "user_id" => arg == requester.user_id.as_str(),
        _ => true,
    };
    let may = endpoint.route.guests == Guests::Allowed && endpoint.params.iter().zip(args).all(is_own);
    if may { Ok(()) } else { Err(ApiError::guest()) }
}

/// Whether the request carries a proof that its sender has shown the password a moment ago.
pub(crate) fn is_fresh(gate: &Gate, requester: &Requester, headers: &HeaderMap) -> bool {
    let proof = headers.get(FRESH_PROOF_HEADER).and_then(|proof| proof.to_str().ok());
    proof.is_some_and(|proof| gate.authenticator.is_fresh(requester, proof))
}

fn caller(gate: &Gate, parts: &Parts) -> Caller {
    let ip = Connection::of(&parts.extensions).client(&parts.headers, &gate.settings.trusted_proxies);
    let agent = parts.headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok());
    let agent = agent.map(|agent| agent[..agent.floor_char_boundary(AGENT_BYTES_MAX)].to_owned());
    Caller { ip, agent }
}

async fn path_args(endpoint: &Endpoint, parts: &mut Parts) -> Result<Vec<String>, ApiError> {
    if endpoint.params.is_empty() {
        return Ok(Vec::new());
    }
    // The router has decoded each argument exactly once; nothing after this point decodes again.
    let params = RawPathParams::from_request_parts(parts, &())
        .await
        .map_err(|_| ApiError::invalid_param("The path is not UTF-8"))?;
    let args: Vec<String> = params.iter().map(|(_, value)| value.to_owned()).collect();
    for (name, arg) in endpoint.params.iter().zip(&args) {
        check_path_arg(name, arg)?;
    }
    Ok(args)
}

/// Arguments that can never hold a slash, because they are names of things on disk or in other paths.
const SLASHLESS: [&str; 6] = ["media_id", "server_name", "version", "filter_id", "delay_id", "idp_id"];

fn check_path_arg(name: &str, arg: &str) -> Result<(), ApiError> {
    let traversal = arg == "." || arg.split(['/', '\\']).any(|piece| piece == "..");
    let slash = SLASHLESS.contains(&name) && arg.contains(['/', '\\']);
    if traversal || slash || arg.chars().any(char::is_control) {
        return Err(ApiError::invalid_param(format!("The path argument {name} is not valid")));
    }
    Ok(())
}

/// Reads a body of at most `bytes_max` bytes; copies it at most once, and not at all if it came in one piece.
pub(crate) async fn read_body(mut body: Body, headers: &HeaderMap, bytes_max: usize) -> Result<Bytes, ApiError> {
    refuse_compressed(headers)?;
    let collected = if content_length(headers).is_some_and(|length| length > bytes_max as u64) {
        Err(ApiError::too_large())
    } else {
        let whole = Duration::from_secs(BODY_SECS_MAX);
        tokio::time::timeout(whole, collect(&mut body, bytes_max)).await.unwrap_or_else(|_| Err(too_slow()))
    };
    if collected.as_ref().is_err_and(|error| error.status == StatusCode::PAYLOAD_TOO_LARGE) {
        discard(body).await;
    }
    collected
}

/// Reads on for a moment before a refusal: a client who is still sending when his connection is closed would hear of
/// a broken connection, and not of the refusal.
pub(crate) async fn discard(mut body: Body) {
    let rest = async {
        let mut read = 0;
        while read < DISCARD_BYTES_MAX
            && let Some(Ok(frame)) = body.frame().await
        {
            read += frame.data_ref().map_or(0, Bytes::len);
        }
    };
    // Whoever sends more than that, or slowly, has to live with the broken connection.
    let _ = tokio::time::timeout(Duration::from_secs(DISCARD_SECS_MAX), rest).await;
}

/// A compressed request is refused: nobody needs it here, and it hides its real size.
pub(crate) fn refuse_compressed(headers: &HeaderMap) -> Result<(), ApiError> {
    let mut encodings = headers.get_all(CONTENT_ENCODING).iter();
    if encodings.all(|encoding| encoding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Ok(());
    }
    let message = "Compressed request bodies are not accepted";
    Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "M_UNKNOWN", message))
}

pub(crate) fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn too_slow() -> ApiError {
    ApiError::new(StatusCode::REQUEST_TIMEOUT, "M_UNKNOWN", "The request body came too slowly")
}

async fn collect(body: &mut Body, bytes_max: usize) -> Result<Bytes, ApiError> {
    let mut first: Option<Bytes> = None;
    let mut joined = BytesMut::new();
    let idle = Duration::from_secs(HTTP_BODY_IDLE_SECS_MAX);
    while let Some(frame) = tokio::time::timeout(idle, body.frame()).await.map_err(|_| too_slow())? {
        let cut_off = |_| ApiError::bad_request("M_UNKNOWN", "The request body was cut off");
        let Ok(piece) = frame.map_err(cut_off)?.into_data() else { continue };
        let held = first.as_ref().map_or(joined.len(), Bytes::len);
        if held + piece.len() > bytes_max {
            return Err(ApiError::too_large());
        }
        match first.take() {
            None if joined.is_empty() => first = Some(piece),
            None => joined.extend_from_slice(&piece),
            Some(start) => {
                joined.extend_from_slice(&start);
                joined.extend_from_slice(&piece);
            }
        }
    }
    Ok(first.unwrap_or_else(|| joined.freeze()))
}

/// Reads the body that the endpoint's route allows, and checks it where it must be JSON. Those who show no token sign in
/// or register, which takes little.
pub(crate) async fn receive(endpoint: &Endpoint, admitted: &Admitted, body: Body) -> Result<Bytes, ApiError> {
    let Admitted { requester, parts, .. } = admitted;
    if matches!(parts.method, Method::GET | Method::HEAD) {
        return Ok(Bytes::new());
    }
    let bytes_max = endpoint.route.body_bytes_max;
    let bytes_max = if requester.is_some() { bytes_max } else { bytes_max.min(ANONYMOUS_BODY_BYTES_MAX) };
    let bytes = read_body(body, &parts.headers, bytes_max).await?;
    // Many clients leave the body out where every field may be left out.
    if endpoint.route.json && (endpoint.route.body_needed || !bytes.is_empty()) {
        json::check(&bytes)?;
    }
    if endpoint.route.body_needed && !bytes.trim_ascii_start().starts_with(b"{") {
        return Err(ApiError::bad_json("The body is not a JSON object"));
    }
    Ok(bytes)
}

/// Lets ruma parse, and says in the specification's terms what it did not like.
pub(crate) fn assemble<T>(admitted: Admitted, bytes: Bytes) -> Result<Ruma<T>, ApiError>
where
    T: IncomingRequest + Metadata<Authentication: Scheme>,
{
    let Admitted { requester, caller, args, parts } = admitted;
    let (method, uri) = (parts.method.clone(), parts.uri.clone());
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let request = http::Request::from_parts(parts, &bytes[..]);
    let body = T::try_from_http_request(request, &args).map_err(|error| unparsable(&error))?;
    let who = <T::Authentication as Scheme>::who(requester)?;
    Ok(Ruma { body, who, caller, bytes, method, uri })
}

/// Splits a request for a handler that reads the body itself.
pub(crate) fn assemble_stream<T>(admitted: Admitted, stream: Body) -> Result<RumaStream<T>, ApiError>
where
    T: IncomingRequest + Metadata<Authentication: Scheme>,
{
    refuse_compressed(&admitted.parts.headers)?;
    let headers = admitted.parts.headers.clone();
    let length = content_length(&headers);
    Ok(RumaStream { request: assemble(admitted, Bytes::new())?, headers, length, stream })
}

fn unparsable(error: &FromHttpRequestError) -> ApiError {
    let FromHttpRequestError::Deserialization(error) = error else { return ApiError::method_not_allowed() };
    let text = || {
        let mut text = error.to_string();
        text.truncate(text.floor_char_boundary(MESSAGE_BYTES_MAX));
        text
    };
    match error {
        DeserializationError::Utf8(_) => ApiError::not_json("The request is not UTF-8"),
        // Errors of path arguments reach us as JSON errors that were never at any line.
        DeserializationError::Json(json) if json.line() == 0 => ApiError::invalid_param(text()),
        DeserializationError::Json(_) => ApiError::bad_json(text()),
        DeserializationError::Query(query) if query.to_string().contains("missing field") => {
            ApiError::missing_param(text())
        }
        _ => ApiError::invalid_param(text()),
    }
}

/// A parser's words may quote what was sent; that much of it goes back.
const MESSAGE_BYTES_MAX: usize = 200;
