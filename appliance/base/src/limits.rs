//! The default limits of chat, each with what it bounds. Units stand last in the name.
//!
//! A limit is checked before memory is taken for the thing it bounds. What an administrator may
//! change starts from these values (see `veche.example.toml`); the rest is fixed.

/// One kibibyte.
const KIB: u64 = 1_024;
/// One mebibyte.
const MIB: u64 = 1_024 * KIB;
/// One gibibyte.
const GIB: u64 = 1_024 * MIB;

// Connections and requests.

/// All header lines of one request together.
pub const HTTP_HEADERS_BYTES_MAX: usize = 32 * 1_024;
/// Header lines of one request.
pub const HTTP_HEADERS_COUNT_MAX: usize = 100;
/// From the beginning of a connection to its first bytes, and from the first byte of a request to the end of its headers.
pub const HTTP_HEADER_READ_SECS_MAX: u64 = 10;
/// How long a connection may be open on which nothing is asked, pings or no pings: longer than a client's pause between two
/// polls, and short enough that a few addresses cannot hold all places with connections that do nothing.
pub const HTTP_IDLE_SECS_MAX: u64 = 75;
/// How long a client may take nothing of an answer that is ready for it.
pub const HTTP_ANSWER_STALL_SECS_MAX: u64 = 120;
/// Between two pieces of a request body.
pub const HTTP_BODY_IDLE_SECS_MAX: u64 = 15;
/// From the accepted connection to the end of the TLS handshake.
pub const TLS_HANDSHAKE_SECS_MAX: u64 = 10;
/// Open connections of the whole server; a tenth of them is kept for loopback (the console).
pub const CONNECTIONS_MAX: usize = 4_096;
/// Open connections from one address (one /64 for IPv6). A company behind one NAT address shares it.
pub const CONNECTIONS_PER_ADDRESS_MAX: usize = 1_024;
/// The header in which a proxy tells for whom it opens a connection (PROXY protocol v2), with its extensions.
pub const PROXY_HEADER_BYTES_MAX: usize = 2_048;
/// Open connections to port 80, which answers one request on each.
pub const REDIRECT_CONNECTIONS_MAX: usize = 256;
/// Open connections to port 80 from one address.
pub const REDIRECT_CONNECTIONS_PER_ADDRESS_MAX: usize = 32;
/// One connection to port 80, from its first byte to its last.
pub const REDIRECT_SECS_MAX: u64 = 20;
/// All header lines of a request to port 80 together.
pub const REDIRECT_HEADERS_BYTES_MAX: usize = 16 * 1_024;
/// Requests at once on one HTTP/2 connection.
pub const HTTP2_STREAMS_MAX: u32 = 100;
/// Streams a peer may reset before the server has finished with them (RUSTSEC-2024-0332).
pub const HTTP2_PENDING_RESETS_MAX: usize = 20;
/// Streams of one HTTP/2 connection that the server itself resets because its client breaks the rules (CVE-2025-8671).
pub const HTTP2_ERROR_RESETS_MAX: usize = 100;
/// What is held of one answer over HTTP/2 until its client takes it: a hundred streams of one connection can ask for it.
pub const HTTP2_SEND_BUFFER_BYTES_MAX: usize = 64 * 1_024;
/// Finishing requests after the signal to stop.
pub const SHUTDOWN_SECS_MAX: u64 = 20;

// JSON from clients.

/// A JSON body on the client-server API.
pub const JSON_BODY_BYTES_MAX: usize = 256 * 1_024;
/// A JSON body from somebody who shows no token (signing in, registering).
pub const ANONYMOUS_BODY_BYTES_MAX: usize = 16 * 1_024;
/// A JSON body that uploads keys or parts of a key backup.
pub const KEYS_BODY_BYTES_MAX: usize = 4 * 1_024 * 1_024;
/// Arrays and objects inside one another in any JSON the server reads.
pub const JSON_DEPTH_MAX: usize = 64;

// Events.

/// One event in canonical JSON with hashes and signatures.
pub const PDU_BYTES_MAX: usize = 65_536;
/// User id, room id, event type and state key: each.
pub const ID_BYTES_MAX: usize = 255;
/// Events that one event may name as its predecessors.
pub const PREV_EVENTS_MAX: usize = 20;
/// The largest depth: the largest integer of canonical JSON, 2^53 - 1.
pub const DEPTH_MAX: u64 = 9_007_199_254_740_991;
/// Forward extremities a room may have before the server joins them with an event of its own.
pub const FORWARD_EXTREMITIES_MAX: usize = 20;

// Sync and reading.

/// How long one sync request may wait for news.
pub const SYNC_WAIT_SECS_MAX: u64 = 30;
/// Sync requests at once of one device; a further one ends the oldest. Sliding sync has one for each connection.
pub const SYNCS_PER_DEVICE_MAX: usize = 3;
/// Timeline events of one room in one sync answer.
pub const SYNC_TIMELINE_EVENTS_MAX: usize = 100;
/// Events in one page of history, relations, threads, notifications.
pub const PAGE_EVENTS_MAX: usize = 1_000;
/// Rooms in one window of simplified sliding sync.
pub const SLIDING_WINDOW_ROOMS_MAX: usize = 1_000;
/// Lists in one simplified sliding sync request.
pub const SLIDING_LISTS_MAX: usize = 100;
/// Patterns of wanted state in all lists of one simplified sliding sync request together, and in one subscription: they
/// are kept with every room that was shown.
pub const SLIDING_STATE_PATTERNS_MAX: usize = 300;
/// Connections (`conn_id`) that one device may keep in simplified sliding sync.
pub const SLIDING_CONNECTIONS_PER_DEVICE_MAX: usize = 20;
/// Rooms in one page of the room directory or of a space's hierarchy.
pub const PAGE_ROOMS_MAX: usize = 100;
/// Results of one search in the user directory.
pub const USER_SEARCH_RESULTS_MAX: usize = 50;
/// Levels of spaces inside one another that one hierarchy request walks.
pub const HIERARCHY_DEPTH_MAX: usize = 10;

// What one account may own.

/// Devices of one account; signing in once more takes the place of the one unseen for longest.
pub const DEVICES_PER_USER_MAX: usize = 50;
/// Push rules of one account, the predefined ones not counted.
pub const PUSH_RULES_PER_USER_MAX: usize = 500;
/// Conditions of one push rule.
pub const PUSH_RULE_CONDITIONS_MAX: usize = 20;
/// Types of account data of one account, global and of all rooms together (a type in two rooms is two). Read markers,
/// which the server writes, do not count.
pub const ACCOUNT_DATA_TYPES_PER_USER_MAX: usize = 1_000;
/// One piece of account data.
pub const ACCOUNT_DATA_BYTES_MAX: usize = 64 * 1_024;
/// Tags on one room.
pub const TAGS_PER_ROOM_MAX: usize = 100;
/// Stored filters of one account.
pub const FILTERS_PER_USER_MAX: usize = 100;
/// Entries of all lists of one filter together: each is compared with every event that is looked at.
pub const FILTER_ENTRIES_MAX: usize = 1_000;
/// Notifications of one account that are listed after they were read; the oldest go.
pub const READ_NOTIFICATIONS_PER_USER_MAX: usize = 1_000;
/// Pushers of one account.
pub const PUSHERS_PER_USER_MAX: usize = 20;
/// Unused one-time keys of one device.
pub const ONE_TIME_KEYS_PER_DEVICE_MAX: usize = 200;
/// A token for the SFU as a client may show it.
pub const CALL_TOKEN_BYTES_MAX: usize = 8 * 1_024;
/// Delayed events of one account that have not been sent yet.
pub const DELAYED_EVENTS_PER_USER_MAX: usize = 100;
/// How long an event may stick (MSC4354).
pub const STICKY_EVENT_SECS_MAX: u64 = 60 * 60;
/// Events of one member that stick in one room: everybody who comes into it is told all of them.
pub const STICKY_EVENTS_PER_SENDER_MAX: usize = 100;
/// How far ahead an event may be delayed.
pub const DELAYED_EVENT_SECS_MAX: u64 = 24 * 60 * 60;
/// To-device messages waiting for one device; the oldest is dropped for a further one.
pub const TO_DEVICE_QUEUE_MAX: usize = 10_000;
/// To-device messages in one sync answer.
pub const TO_DEVICE_PAGE_MAX: usize = 100;
/// One to-device message.
pub const TO_DEVICE_BYTES_MAX: usize = 64 * 1_024;
/// Rooms one account may be joined to, invited to or knocking at.
pub const ROOMS_PER_USER_MAX: usize = 5_000;
/// Aliases of one room on this server.
pub const ALIASES_PER_ROOM_MAX: usize = 100;
/// Members invited by one createRoom request.
pub const CREATE_ROOM_INVITES_MAX: usize = 200;
/// Key backups (versions) of one account; a further one takes the place of the oldest.
pub const KEY_BACKUPS_PER_USER_MAX: usize = 20;
/// Room keys in one key backup.
pub const KEY_BACKUP_KEYS_MAX: u64 = 1_000_000;
/// A whole profile, with its custom fields.
pub const PROFILE_BYTES_MAX: usize = 64 * 1_024;
/// Display name.
pub const DISPLAY_NAME_BYTES_MAX: usize = 512;
/// Passkeys of one account.
pub const PASSKEYS_PER_USER_MAX: usize = 20;
/// Open user-interactive authentications of one account.
pub const UIA_SESSIONS_PER_USER_MAX: usize = 20;
/// How long a user-interactive authentication stays open.
pub const UIA_SESSION_SECS_MAX: u64 = 15 * 60;

// Passwords and tokens.

/// A password. Longer ones are refused before they are hashed.
pub const PASSWORD_BYTES_MAX: usize = 512;
/// The shortest password that may be chosen.
pub const PASSWORD_CHARS_MIN: usize = 8;
/// An access, refresh, login or registration token as a client may send it.
pub const TOKEN_BYTES_MAX: usize = 512;
/// The part of a user id before the colon.
pub const LOCALPART_BYTES_MAX: usize = 128;
/// How long an OpenID token proves who somebody is.
pub const OPENID_TOKEN_SECS_MAX: u64 = 60 * 60;
/// How long a login token may be used.
pub const LOGIN_TOKEN_SECS_MAX: u64 = 2 * 60;
/// A meeting that guests come to by a link lasts at least this long, seconds.
pub const MEETING_SECS_MIN: u64 = 5 * 60;
/// And at most this long, seconds.
pub const MEETING_SECS_MAX: u64 = 30 * 24 * 60 * 60;
/// Guests of one meeting at one time.
pub const GUESTS_PER_MEETING_MAX: u64 = 100;
/// Meetings of one room that are not over.
pub const MEETINGS_PER_ROOM_MAX: usize = 20;
/// Digits of a meeting's PIN, at least.
pub const PIN_DIGITS_MIN: usize = 6;
/// Digits of a meeting's PIN, at most.
pub const PIN_DIGITS_MAX: usize = 12;
/// A guest's name, bytes.
pub const GUEST_NAME_BYTES_MAX: usize = 128;
/// People who wait at the doors of one meeting.
pub const GUESTS_WAITING_PER_MEETING_MAX: usize = 50;
/// People who wait at all doors together.
pub const GUESTS_WAITING_MAX: usize = 1_000;

// Content.

/// One upload.
pub const UPLOAD_BYTES_MAX: u64 = 100 * MIB;
/// Uploads of one account that are being received at a time: each holds a file open, and none of them counts yet.
pub const UPLOADS_AT_ONCE_PER_USER_MAX: usize = 20;
/// Uploads of one account that were announced and have not arrived.
pub const UPLOADS_PENDING_PER_USER_MAX: usize = 5;
/// How long an announced upload may take to arrive.
pub const UPLOAD_PENDING_SECS_MAX: u64 = 24 * 60 * 60;
/// All uploads of one account together.
pub const UPLOADS_PER_USER_BYTES_MAX: u64 = 20 * GIB;
/// The name of an uploaded file.
pub const FILE_NAME_BYTES_MAX: usize = 255;
/// Pixels of an image that gets a thumbnail, read from its header before anything is decoded.
pub const IMAGE_PIXELS_MAX: u64 = 32_000_000;
/// Memory that decoding one image may take.
pub const IMAGE_DECODE_BYTES_MAX: u64 = 256 * MIB;
/// A file that gets a thumbnail: while it is decoded, it is in memory as a whole.
pub const IMAGE_FILE_BYTES_MAX: u64 = 50 * MIB;
/// How long a thumbnail may take, waiting for its turn and decoding each.
pub const THUMBNAIL_SECS_MAX: u64 = 10;
/// How long a download waits for content that was announced and has not arrived.
pub const DOWNLOAD_WAIT_SECS_MAX: u64 = 60;

// Outbound connections.

/// Redirects followed by an outbound request; each target is checked like the first one.
pub const OUTBOUND_REDIRECTS_MAX: usize = 3;
/// From the start of an outbound connection until it stands.
pub const OUTBOUND_CONNECT_SECS_MAX: u64 = 10;
/// A whole outbound request with its answer.
pub const OUTBOUND_REQUEST_SECS_MAX: u64 = 30;
/// A JSON answer of a push gateway.
pub const PUSH_ANSWER_BYTES_MAX: usize = 64 * 1_024;

// Company directories.

/// Seconds to connect to a company directory, and again to prove by TLS who it is.
pub const LDAP_CONNECT_SECS_MAX: u64 = 5;
/// Seconds a company directory may take for one answer.
pub const LDAP_ANSWER_SECS_MAX: u64 = 10;
/// Bytes of one message of a company directory: an entry with a photo, or a group with very many members.
pub const LDAP_MESSAGE_BYTES_MAX: usize = 16 * 1_024 * 1_024;
/// Entries that are read from a company directory in one go.
pub const LDAP_ENTRIES_MAX: usize = 100_000;
/// Company directories that may be configured.
pub const LDAP_DIRECTORIES_MAX: usize = 10;

// Disk.

/// Free space below which nothing new is accepted, on a large volume (see also the share below).
pub const DISK_RESERVE_BYTES: u64 = GIB;
/// The same for a small volume: this share of its size.
pub const DISK_RESERVE_PERCENT: u64 = 5;
/// Free share of the volume below which the log warns.
pub const DISK_WARN_PERCENT: u64 = 10;
