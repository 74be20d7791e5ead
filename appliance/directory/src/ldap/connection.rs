//! One connection to a company directory: TLS first, then bind and search, one question at a time (RFC 4511).
//!
//! Nothing is asked and no password is said before TLS has proved whom it is said to. Referrals are counted and not
//! followed: they would carry the server's password to wherever somebody points.

use std::time::Duration;

use ldap3::parse_filter;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;
use veche_base::Secret;
use veche_base::limits::{LDAP_ANSWER_SECS_MAX, LDAP_ENTRIES_MAX, LDAP_MESSAGE_BYTES_MAX};
use veche_runtime::outbound::{ByteStream, Dialer};

use super::ber::{
    self, BOOLEAN, ENUMERATED, INTEGER, Malformed, OCTETS, Reader, SEQUENCE, SET, element, group, number,
};
use super::cause::Cause;
use super::config::{Config, Url};
use super::entry::Entry;
use crate::sign_in::cut;

/// RFC 4511 §4.14.
const START_TLS: &[u8] = b"1.3.6.1.4.1.1466.20037";
/// RFC 2696.
const PAGED_RESULTS: &[u8] = b"1.2.840.113556.1.4.319";
/// Entries of one page: half of what Active Directory gives at most.
const PAGE_ENTRIES: u32 = 500;
/// What is kept of what a directory says beside a result.
const WORDS_BYTES_MAX: usize = 300;
/// Bytes read at once.
const READ_BYTES: usize = 16 * 1_024;

const BIND: u8 = 0x60;
const BIND_ANSWER: u8 = 0x61;
const UNBIND: u8 = 0x42;
const SEARCH: u8 = 0x63;
const ENTRY: u8 = 0x64;
const SEARCH_DONE: u8 = 0x65;
const REFERENCE: u8 = 0x73;
const EXTENDED: u8 = 0x77;
const EXTENDED_ANSWER: u8 = 0x78;
const CONTROLS: u8 = 0xa0;

/// `success`.
const SUCCESS: u32 = 0;
/// `referral`.
const REFERRAL: u32 = 10;
/// `noSuchObject`.
const NO_SUCH_OBJECT: u32 = 32;
/// `invalidDNSyntax`.
const BAD_DN: u32 = 34;
/// `inappropriateAuthentication`: the entry has no password.
const NO_PASSWORD: u32 = 48;
/// `invalidCredentials`.
const WRONG_CREDENTIALS: u32 = 49;

/// How far below the base is searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// The entry itself.
    Base,
    /// Everything below it.
    Subtree,
}

/// What is searched for.
pub(super) struct Search<'s> {
    pub(super) base: &'s str,
    pub(super) scope: Scope,
    pub(super) filter: &'s str,
    pub(super) attributes: &'s [&'s str],
}

/// What a search has found, to its end.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) entries: Vec<Entry>,
    /// Referrals that were not followed.
    pub(super) referrals: usize,
}

/// What an operation ended with.
struct Outcome {
    code: u32,
    words: String,
}

/// One message that was received.
struct Message {
    tag: u8,
    content: Vec<u8>,
    controls: Vec<u8>,
}

pub(super) struct Connection {
    stream: Box<dyn ByteStream>,
    number: u32,
    received: Vec<u8>,
}

impl Connection {
    /// Connects to the first of the configured addresses that answers, with TLS. Nobody is bound yet.
    pub(super) async fn open(dialer: &Dialer, config: &Config) -> Result<Self, Cause> {
        let trust = config.trust();
        let mut last = Cause::BadUrl;
        for url in &config.urls {
            let url = Url::parse(url).ok_or(Cause::BadUrl)?;
            let connecting = async {
                let mut stream = dialer.connect(&url.host, url.port).await?;
                if url.start_tls {
                    start_tls(&mut stream).await?;
                }
                Ok::<_, Cause>(dialer.secure(stream, &url.host, &trust).await?)
            };
            match connecting.await {
                Ok(stream) => return Ok(Self { stream, number: 0, received: Vec::new() }),
                Err(cause) => last = cause,
            }
        }
        Err(last)
    }

    /// As [`Connection::open`], bound as the configuration says.
    pub(super) async fn bound(dialer: &Dialer, config: &Config, password: &Secret<String>) -> Result<Self, Cause> {
        let mut connection = Self::open(dialer, config).await?;
        if config.bind_dn.is_empty() || password.expose().is_empty() {
            return Err(Cause::BindRefused(String::new()));
        }
        match connection.bind(&config.bind_dn, password).await? {
            Ok(()) => Ok(connection),
            Err(words) => Err(Cause::BindRefused(words)),
        }
    }

    /// Proves a password: `Ok(Ok(()))` if it is right, and otherwise what the directory says about it.
    pub(super) async fn bind(&mut self, dn: &str, password: &Secret<String>) -> Result<Result<(), String>, Cause> {
        // RFC 4513 §5.1.2: a bind without a password succeeds, and proves nothing.
        if dn.is_empty() || password.expose().is_empty() {
            return Ok(Err("no password".to_owned()));
        }
        let request = group(
            BIND,
            &[number(INTEGER, 3), element(OCTETS, dn.as_bytes()), element(0x80, password.expose().as_bytes())],
        );
        self.send(&request, &[]).await?;
        let answer = self.receive().await?;
        if answer.tag != BIND_ANSWER {
            return Err(Cause::Malformed);
        }
        let outcome = outcome(&answer.content)?;
        match outcome.code {
            SUCCESS => Ok(Ok(())),
            WRONG_CREDENTIALS | NO_PASSWORD | NO_SUCH_OBJECT | BAD_DN => Ok(Err(outcome.words)),
            REFERRAL => Err(Cause::Referral),
            code => Err(Cause::Refused { code, words: outcome.words }),
        }
    }

    /// Everything that fits, page by page. Fails rather than to give a part.
    pub(super) async fn search(&mut self, search: &Search<'_>) -> Result<Found, Cause> {
        let mut found = Found::default();
        let mut cookie = Vec::new();
        loop {
            let control = group(SEQUENCE, &[number(INTEGER, PAGE_ENTRIES), element(OCTETS, &cookie)]);
            let control =
                group(SEQUENCE, &[element(OCTETS, PAGED_RESULTS), element(BOOLEAN, &[0]), element(OCTETS, &control)]);
            let paged = search.scope == Scope::Subtree;
            let controls = if paged { group(CONTROLS, &[control]) } else { Vec::new() };
            self.send(&request(search)?, &controls).await?;
            let done = self.collect(&mut found).await?;
            let outcome = outcome(&done.content)?;
            match outcome.code {
                SUCCESS => {}
                NO_SUCH_OBJECT | BAD_DN => return Err(Cause::NoSuchBase),
                REFERRAL => return Err(Cause::Referral),
                code => return Err(Cause::Refused { code, words: outcome.words }),
            }
            cookie = next_page(&done.controls)?;
            if cookie.is_empty() {
                return Ok(found);
            }
        }
    }

    /// Says goodbye; whether that arrives does not matter.
    pub(super) async fn close(mut self) {
        if self.send(&element(UNBIND, &[]), &[]).await.is_err() {
            tracing::debug!("a company directory was gone before it was said goodbye to");
        }
    }

    /// Reads entries until the search is done.
    async fn collect(&mut self, found: &mut Found) -> Result<Message, Cause> {
        loop {
            let message = self.receive().await?;
            match message.tag {
                ENTRY => {
                    if found.entries.len() >= LDAP_ENTRIES_MAX {
                        return Err(Cause::TooMany);
                    }
                    found.entries.push(entry(&message.content)?);
                }
                REFERENCE => found.referrals += 1,
                SEARCH_DONE => return Ok(message),
                _ => return Err(Cause::Malformed),
            }
        }
    }

    async fn send(&mut self, operation: &[u8], controls: &[u8]) -> Result<(), Cause> {
        self.number += 1;
        let message = group(SEQUENCE, &[number(INTEGER, self.number), operation.to_vec(), controls.to_vec()]);
        let writing = async {
            self.stream.write_all(&message).await?;
            self.stream.flush().await
        };
        in_time(writing).await
    }

    /// The next message that answers the last question.
    async fn receive(&mut self) -> Result<Message, Cause> {
        in_time(fill(&mut self.stream, &mut self.received)).await??;
        let message = read_message(&mut self.received)?;
        let (number, message) = message.ok_or(Cause::Malformed)?;
        // Number 0 is the directory's own: it says that it closes the connection.
        if number == self.number { Ok(message) } else { Err(Cause::Closed) }
    }
}

async fn in_time<T>(work: impl Future<Output = std::io::Result<T>>) -> Result<T, Cause> {
    let limit = Duration::from_secs(LDAP_ANSWER_SECS_MAX);
    match timeout(limit, work).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(_)) => Err(Cause::Closed),
        Err(_) => Err(Cause::TimedOut),
    }
}

/// Reads until a whole message is there.
async fn fill(stream: &mut (impl AsyncReadExt + Unpin), received: &mut Vec<u8>) -> std::io::Result<Result<(), Cause>> {
    loop {
        match ber::header(received) {
            Err(Malformed) => return Ok(Err(Cause::Malformed)),
            Ok(Some((_, length))) if length > LDAP_MESSAGE_BYTES_MAX => return Ok(Err(Cause::Malformed)),
            Ok(Some((head, length))) if received.len() >= head + length => return Ok(Ok(())),
            Ok(_) => {}
        }
        if received.first().is_some_and(|first| *first != SEQUENCE) {
            return Ok(Err(Cause::Malformed));
        }
        let mut part = [0; READ_BYTES];
        match stream.read(&mut part).await? {
            0 => return Ok(Err(Cause::Closed)),
            count => received.extend(&part[..count]),
        }
    }
}

/// Takes the message that [`fill`] has made whole off the front.
fn read_message(received: &mut Vec<u8>) -> Result<Option<(u32, Message)>, Cause> {
    let Some((head, length)) = ber::header(received)? else { return Ok(None) };
    let whole: Vec<u8> = received.drain(..head + length).collect();
    let mut inside = Reader::new(&whole).inside(SEQUENCE)?;
    let number = inside.number(INTEGER)?;
    let (tag, content) = inside.any()?;
    let controls = if inside.is_empty() { &[][..] } else { inside.any()?.1 };
    Ok(Some((number, Message { tag, content: content.to_vec(), controls: controls.to_vec() })))
}

async fn start_tls(stream: &mut tokio::net::TcpStream) -> Result<(), Cause> {
    let request = group(SEQUENCE, &[number(INTEGER, 1), group(EXTENDED, &[element(0x80, START_TLS)])]);
    in_time(stream.write_all(&request)).await?;
    let mut received = Vec::new();
    in_time(fill(stream, &mut received)).await??;
    let (_, answer) = read_message(&mut received)?.ok_or(Cause::Malformed)?;
    // What came along in the clear would otherwise be taken for something that TLS had protected.
    if answer.tag != EXTENDED_ANSWER || !received.is_empty() {
        return Err(Cause::Malformed);
    }
    match outcome(&answer.content)?.code {
        SUCCESS => Ok(()),
        _ => Err(Cause::NoStartTls),
    }
}

fn request(search: &Search<'_>) -> Result<Vec<u8>, Cause> {
    let filter = parse_filter(search.filter).map_err(|()| Cause::BadFilter)?;
    let scope = if search.scope == Scope::Base { 0 } else { 2 };
    let attributes: Vec<_> = search.attributes.iter().map(|name| element(OCTETS, name.as_bytes())).collect();
    let seconds = u32::try_from(LDAP_ANSWER_SECS_MAX).unwrap_or(u32::MAX);
    Ok(group(
        SEARCH,
        &[
            element(OCTETS, search.base.as_bytes()),
            number(ENUMERATED, scope),
            number(ENUMERATED, 0),
            number(INTEGER, 0),
            number(INTEGER, seconds),
            element(BOOLEAN, &[0]),
            ber::filter(filter),
            group(SEQUENCE, &attributes),
        ],
    ))
}

fn outcome(content: &[u8]) -> Result<Outcome, Malformed> {
    let mut reader = Reader::new(content);
    let code = reader.number(ENUMERATED)?;
    reader.text()?;
    Ok(Outcome { code, words: cut(&reader.text()?, WORDS_BYTES_MAX) })
}

fn entry(content: &[u8]) -> Result<Entry, Malformed> {
    let mut reader = Reader::new(content);
    let mut entry = Entry::new(reader.text()?);
    let mut attributes = reader.inside(SEQUENCE)?;
    while !attributes.is_empty() {
        let mut attribute = attributes.inside(SEQUENCE)?;
        let name = attribute.text()?;
        let mut set = attribute.inside(SET)?;
        let mut values = Vec::new();
        while !set.is_empty() {
            values.push(set.expect(OCTETS)?.to_vec());
        }
        entry.add(&name, values);
    }
    Ok(entry)
}

/// What to ask with for the next page; empty when this was the last.
fn next_page(controls: &[u8]) -> Result<Vec<u8>, Malformed> {
    let mut controls = Reader::new(controls);
    while !controls.is_empty() {
        let mut control = controls.inside(SEQUENCE)?;
        if control.expect(OCTETS)? != PAGED_RESULTS {
            continue;
        }
        while !control.is_empty() {
            let (tag, content) = control.any()?;
            if tag == OCTETS {
                let mut value = Reader::new(content).inside(SEQUENCE)?;
                value.any()?;
                return Ok(value.expect(OCTETS)?.to_vec());
            }
        }
    }
    Ok(Vec::new())
}

#[cfg(test)]
mod tests;
