//! How a line of the report is put together: a stable code, the state, and words in both languages.

use veche_api::admin::v1::reachability::{Line, State, Words};

/// What came out of one check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Finding {
    state: State,
    code: &'static str,
    meaning: Words,
    mend: Option<Words>,
}

impl Finding {
    /// It is as it should be.
    pub(super) fn ok(code: &'static str, en: impl Into<String>, ru: impl Into<String>) -> Self {
        Self::new(State::Ok, code, en, ru)
    }

    /// It was not tried.
    pub(super) fn skipped(code: &'static str, en: impl Into<String>, ru: impl Into<String>) -> Self {
        Self::new(State::Skipped, code, en, ru)
    }

    /// It works for some, or will stop working.
    pub(super) fn warning(code: &'static str, en: impl Into<String>, ru: impl Into<String>) -> Self {
        Self::new(State::Warning, code, en, ru)
    }

    /// It does not work.
    pub(super) fn failed(code: &'static str, en: impl Into<String>, ru: impl Into<String>) -> Self {
        Self::new(State::Failed, code, en, ru)
    }

    fn new(state: State, code: &'static str, en: impl Into<String>, ru: impl Into<String>) -> Self {
        Self { state, code, meaning: Words::new(en, ru), mend: None }
    }

    /// The same, with what to do about it.
    pub(super) fn mend(self, en: impl Into<String>, ru: impl Into<String>) -> Self {
        Self { mend: Some(Words::new(en, ru)), ..self }
    }

    /// The line about this subject.
    pub(super) fn about(self, subject: Subject) -> Line {
        let (id, en, ru) = subject.names();
        let Self { state, code, meaning, mend } = self;
        Line { id: id.to_owned(), state, code: code.to_owned(), title: Words::new(en, ru), meaning, mend }
    }
}

/// What is looked at, in the order of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject {
    Server,
    Dns,
    Addresses,
    Browser,
    Https,
    Redirect,
    Certificate,
    Clock,
    TurnUdp,
    TurnTcp,
    AllocationUdp,
    AllocationTcp,
    AllocationTls,
    Hairpin,
    CallsUdp,
    CallsTcp,
}

impl Subject {
    /// The stable id, and the name in both languages.
    const fn names(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Server => ("server", "Server", "Сервер"),
            Self::Dns => ("dns", "DNS name", "Имя в DNS"),
            Self::Addresses => ("addresses", "Addresses", "Адреса"),
            Self::Browser => ("browser", "Your browser", "Ваш браузер"),
            Self::Https => ("https", "HTTPS", "HTTPS"),
            Self::Redirect => ("redirect", "Port 80", "Порт 80"),
            Self::Certificate => ("certificate", "Certificate", "Сертификат"),
            Self::Clock => ("clock", "Clock", "Часы"),
            Self::TurnUdp => ("turn_udp", "TURN port, UDP", "Порт TURN, UDP"),
            Self::TurnTcp => ("turn_tcp", "TURN port, TCP", "Порт TURN, TCP"),
            Self::AllocationUdp => ("allocation_udp", "Relay over UDP", "Реле через UDP"),
            Self::AllocationTcp => ("allocation_tcp", "Relay over TCP", "Реле через TCP"),
            Self::AllocationTls => ("allocation_tls", "Relay over TLS", "Реле через TLS"),
            Self::CallsUdp => ("calls_udp", "Port of calls, UDP", "Порт звонков, UDP"),
            Self::CallsTcp => ("calls_tcp", "Port of calls, TCP", "Порт звонков, TCP"),
            Self::Hairpin => ("hairpin", "External address from inside", "Внешний адрес изнутри"),
        }
    }
}
