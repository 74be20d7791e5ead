//! Who joins, what he may do, and how his client wants to be served.

use std::collections::HashMap;
use std::io::Read;

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use flate2::read::GzDecoder;
use livekit_protocol::{ClientInfo, ConnectionSettings, JoinRequest, WrappedJoinRequest, wrapped_join_request};
use prost::Message;
use veche_sfu::Source;

use super::sdp::SDP_BYTES_MAX;

/// Characters of an identity, a room's name and a display name.
pub const NAME_CHARS_MAX: usize = 512;
/// Bytes of somebody's metadata, and of all his attributes.
pub const METADATA_BYTES_MAX: usize = 64 * 1_024;
/// The longest `join_request` parameter: request lines above this are refused by HTTP servers anyway.
const JOIN_REQUEST_CHARS_MAX: usize = 64 * 1_024;

/// The longest of the other parameters that are looked at.
const PARAMETER_CHARS_MAX: usize = 256;

/// Some clients pad and others do not.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What a token says of its bearer, who has been checked by the caller. The names are those of LiveKit's tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grants {
    /// Who, unique in a room: the second of two with one identity replaces the first.
    pub identity: String,
    /// The name that people see.
    pub name: String,
    /// Text for other clients.
    pub metadata: String,
    /// More of it, by key.
    pub attributes: HashMap<String, String>,
    /// The room.
    pub room: String,
    /// Whether the room is made if it is not there.
    pub room_create: bool,
    /// Whether he may publish tracks.
    pub can_publish: bool,
    /// From where; from everywhere if it is empty.
    pub can_publish_sources: Vec<Source>,
    /// Whether he gets the tracks of others.
    pub can_subscribe: bool,
    /// Whether he may send data to others.
    pub can_publish_data: bool,
    /// Whether he may change his name, metadata and attributes.
    pub can_update_own_metadata: bool,
    /// Whether others do not see him.
    pub hidden: bool,
}

impl Grants {
    /// Somebody who may take part in a room and open it, and nothing else.
    #[must_use]
    pub fn participant(identity: &str, room: &str) -> Self {
        Self {
            identity: identity.to_owned(),
            name: String::new(),
            metadata: String::new(),
            attributes: HashMap::new(),
            room: room.to_owned(),
            room_create: true,
            can_publish: true,
            can_publish_sources: Vec::new(),
            can_subscribe: true,
            can_publish_data: true,
            can_update_own_metadata: false,
            hidden: false,
        }
    }

    /// Whether he may publish from there.
    #[must_use]
    pub fn allows(&self, source: Source) -> bool {
        self.can_publish && (self.can_publish_sources.is_empty() || self.can_publish_sources.contains(&source))
    }

    pub(crate) fn is_within_limits(&self) -> bool {
        let is_name = |text: &str| text.chars().nth(NAME_CHARS_MAX).is_none();
        let attributes: usize = self.attributes.iter().map(|(key, value)| key.len() + value.len()).sum();
        let are_short = [self.metadata.len(), attributes].iter().all(|bytes| *bytes <= METADATA_BYTES_MAX);
        let is_named = !self.identity.is_empty() && !self.room.is_empty();
        is_named && are_short && [&self.identity, &self.name, &self.room].iter().all(|text| is_name(text))
    }
}

/// Why a `join_request` cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JoinRequestError {
    /// It is longer, packed or unpacked, than any client's.
    #[error("the join request is too long")]
    TooLong,
    /// It is not the base64 of a gzip of a message, or of a message.
    #[error("the join request cannot be read")]
    Unreadable,
}

/// Which of LiveKit's protocols a client speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// `/rtc/v1`: one peer connection, which the client offers.
    One,
    /// `/rtc`: two of them. The client offers the one over which it publishes, we offer the other.
    Two,
}

/// How a client comes: anew, or back.
#[derive(Clone, Debug, PartialEq)]
pub struct Arrival {
    /// What it says of itself and wants.
    pub request: JoinRequest,
    /// How it goes on.
    pub protocol: Protocol,
}

impl Arrival {
    /// With the browser that the request came from, where the client has not named one itself.
    #[must_use]
    pub fn from_browser(mut self, browser: Option<&str>) -> Self {
        let client = self.request.client_info.get_or_insert_default();
        if let Some(browser) = browser.filter(|_| client.browser.is_empty()) {
            browser.clone_into(&mut client.browser);
        }
        self
    }

    /// Reads the parameters of `/rtc`. What is missing or unknown is as it usually is.
    pub fn from_parameters(parameters: &[(String, String)]) -> Self {
        let value = |name: &str| {
            let found = parameters.iter().find(|(key, _)| key == name);
            found.map(|(_, value)| value.chars().take(PARAMETER_CHARS_MAX).collect::<String>())
        };
        let text = |name: &str| value(name).unwrap_or_default();
        let is_set = |name: &str| value(name).map(|value| ["1", "true"].contains(&value.as_str()));
        let client_info = ClientInfo {
            version: text("version"),
            protocol: text("protocol").parse().unwrap_or_default(),
            os: text("os"),
            os_version: text("os_version"),
            device_model: text("device_model"),
            browser: text("browser"),
            browser_version: text("browser_version"),
            client_protocol: text("client_protocol").parse().unwrap_or_default(),
            ..ClientInfo::default()
        };
        let connection_settings = ConnectionSettings {
            auto_subscribe: is_set("auto_subscribe").unwrap_or(true),
            adaptive_stream: is_set("adaptive_stream").unwrap_or_default(),
            ..ConnectionSettings::default()
        };
        let request = JoinRequest {
            client_info: Some(client_info),
            connection_settings: Some(connection_settings),
            reconnect: is_set("reconnect").unwrap_or_default(),
            participant_sid: text("sid"),
            ..JoinRequest::default()
        };
        Self { request, protocol: Protocol::Two }
    }

    /// Reads the parameter `join_request` of `/rtc/v1`: base64 of a wrapped message, which may be compressed.
    ///
    /// # Errors
    /// [`JoinRequestError`]; nothing is unpacked beyond the limit.
    pub fn from_join_request(text: &str) -> Result<Self, JoinRequestError> {
        Ok(Self { request: read_join_request(text)?, protocol: Protocol::One })
    }
}

fn read_join_request(text: &str) -> Result<JoinRequest, JoinRequestError> {
    use JoinRequestError::{TooLong, Unreadable};
    if text.len() > JOIN_REQUEST_CHARS_MAX {
        return Err(TooLong);
    }
    let wrapped = BASE64.decode(text).map_err(|_| Unreadable)?;
    let wrapped = WrappedJoinRequest::decode(wrapped.as_slice()).map_err(|_| Unreadable)?;
    let bytes = match wrapped_join_request::Compression::try_from(wrapped.compression) {
        Ok(wrapped_join_request::Compression::None) => wrapped.join_request,
        Ok(wrapped_join_request::Compression::Gzip) => {
            let limit = u64::try_from(SDP_BYTES_MAX).unwrap_or(u64::MAX);
            let mut unpacked = Vec::new();
            let read = GzDecoder::new(wrapped.join_request.as_slice()).take(limit + 1).read_to_end(&mut unpacked);
            if read.map_err(|_| Unreadable)? > SDP_BYTES_MAX {
                return Err(TooLong);
            }
            unpacked
        }
        Err(_) => return Err(Unreadable),
    };
    JoinRequest::decode(bytes.as_slice()).map_err(|_| Unreadable)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use base64::Engine as _;
    use base64::engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD};
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use livekit_protocol::{JoinRequest, WrappedJoinRequest};
    use prost::Message;

    use super::{Arrival, Grants, JoinRequestError, METADATA_BYTES_MAX, NAME_CHARS_MAX, read_join_request};

    fn wrap(compression: i32, join_request: Vec<u8>) -> Vec<u8> {
        WrappedJoinRequest { compression, join_request }.encode_to_vec()
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn a_request_is_read_packed_and_not_packed_padded_and_not_padded() {
        let request = JoinRequest { metadata: "m".repeat(100), reconnect: true, ..JoinRequest::default() };
        let bytes = request.encode_to_vec();
        for wrapped in [wrap(0, bytes.clone()), wrap(1, gzip(&bytes))] {
            assert_eq!(read_join_request(&URL_SAFE.encode(&wrapped)).unwrap(), request);
            assert_eq!(read_join_request(&URL_SAFE_NO_PAD.encode(&wrapped)).unwrap(), request);
        }
    }

    #[test]
    fn a_browser_is_what_its_request_shows_unless_its_client_says_so() {
        let named = |says: &str, shows| {
            let arrival = Arrival::from_parameters(&[("browser".to_owned(), says.to_owned())]).from_browser(shows);
            arrival.request.client_info.unwrap().browser
        };
        assert_eq!(named("", Some("Firefox")), "Firefox");
        assert_eq!(named("Safari", Some("Firefox")), "Safari");
        assert_eq!(named("", None), "");
    }

    #[test]
    fn nothing_is_unpacked_without_end_and_nonsense_is_refused() {
        let bomb = wrap(1, gzip(&vec![0; 20 << 20]));
        assert_eq!(read_join_request(&URL_SAFE.encode(bomb)), Err(JoinRequestError::TooLong));
        assert_eq!(read_join_request(&"A".repeat(1 << 20)), Err(JoinRequestError::TooLong));
        for wrong in ["?", "AAAA", "/////w=="] {
            assert_eq!(read_join_request(wrong), Err(JoinRequestError::Unreadable), "{wrong}");
        }
        for wrapped in [wrap(1, vec![1, 2, 3]), wrap(7, Vec::new()), wrap(0, vec![0xFF; 9])] {
            assert_eq!(read_join_request(&URL_SAFE.encode(wrapped)), Err(JoinRequestError::Unreadable));
        }
    }

    #[test]
    fn names_have_a_length() {
        let grants = Grants::participant("anna", "room");
        assert!(grants.is_within_limits());
        assert!(!Grants { identity: String::new(), ..grants.clone() }.is_within_limits());
        assert!(!Grants { name: "\u{44f}".repeat(NAME_CHARS_MAX + 1), ..grants.clone() }.is_within_limits());
        assert!(!Grants { metadata: "m".repeat(METADATA_BYTES_MAX + 1), ..grants }.is_within_limits());
    }
}
