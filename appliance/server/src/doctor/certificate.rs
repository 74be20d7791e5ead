//! What the certificate in use is worth. Pure.

use veche_acme::{Alarm, SourceKind, Status};

use super::dates::day;
use super::finding::Finding;

/// The finding about this status.
pub(super) fn certificate(status: &Status) -> Finding {
    problem(status).unwrap_or_else(|| well(status))
}

/// The worst that is wrong.
fn problem(status: &Status) -> Option<Finding> {
    let until = day(status.not_after);
    let reason = status.last_error.as_ref().map_or_else(String::new, |error| format!(" ({})", error.words));
    if status.alarm == Alarm::Invalid {
        let finding = Finding::failed(
            "not_valid_now",
            format!(
                "The certificate is valid from {} to {until}, which is not now: clients refuse it.",
                day(status.not_before)
            ),
            format!(
                "Сертификат действует с {} по {until}, то есть не сейчас: клиенты его отвергают.",
                day(status.not_before)
            ),
        );
        return Some(finding.mend(renewal_en(status), renewal_ru(status)));
    }
    if !status.missing_names.is_empty() {
        let missing = status.missing_names.join(", ");
        let finding = Finding::failed(
            "name_missing",
            format!("The certificate does not list {missing}: clients that use that name refuse it."),
            format!("В сертификате нет имени {missing}: клиенты, использующие его, отвергнут сертификат."),
        );
        return Some(finding.mend(
            "Upload a certificate that lists all names of the server, or let it be ordered by ACME (tls.source).",
            "Загрузите сертификат со всеми именами сервера или получайте его по ACME (tls.source).",
        ));
    }
    if status.wanted != status.in_use {
        let finding = Finding::warning(
            "stand_in",
            format!(
                "The wanted certificate (tls.source) is not there yet{reason}; the server's own stands in, \
                 which devices do not trust by themselves."
            ),
            format!(
                "Нужного сертификата (tls.source) ещё нет{reason}; вместо него используется собственный \
                 сертификат сервера, которому устройства сами не доверяют."
            ),
        );
        return Some(finding.mend(renewal_en(status), renewal_ru(status)));
    }
    if status.alarm != Alarm::Fine {
        let (en, ru) = (
            format!("The certificate ends on {until} and has not been renewed{reason}."),
            format!("Сертификат действует до {until} и не продлён{reason}."),
        );
        let finding = if status.alarm >= Alarm::Days7 {
            Finding::failed("ends_soon", en, ru)
        } else {
            Finding::warning("ends_soon", en, ru)
        };
        return Some(finding.mend(renewal_en(status), renewal_ru(status)));
    }
    None
}

/// Nothing is.
fn well(status: &Status) -> Finding {
    let (names, until) = (status.names.join(", "), day(status.not_after));
    match status.in_use {
        SourceKind::Own => Finding::ok(
            "own_authority",
            format!(
                "The server's own authority issued it for {names} until {until}; it renews itself. Devices \
                 trust it once the authority's root is installed on them."
            ),
            format!(
                "Выдан собственным центром сервера для {names} до {until}, продлевается сам. Устройства \
                 доверяют ему после установки корневого сертификата."
            ),
        ),
        SourceKind::Uploaded | SourceKind::Acme => Finding::ok(
            "good",
            format!("{} issued it for {names} until {until}.", status.issuer),
            format!("Выдан «{}» для {names} до {until}.", status.issuer),
        ),
    }
}

const fn renewal_en(status: &Status) -> &'static str {
    match status.wanted {
        SourceKind::Uploaded => "Upload a new certificate with its key.",
        SourceKind::Own => "Look at the clock of this machine and at the log.",
        SourceKind::Acme => {
            "The server tries again by itself. Let the authority reach port 80 or 443 under the \
             server's name, and look at the log."
        }
    }
}

const fn renewal_ru(status: &Status) -> &'static str {
    match status.wanted {
        SourceKind::Uploaded => "Загрузите новый сертификат с ключом.",
        SourceKind::Own => "Проверьте часы этой машины и журнал.",
        SourceKind::Acme => {
            "Сервер повторит попытку сам. Центр сертификации должен видеть порт 80 или 443 по \
             имени сервера; подробности в журнале."
        }
    }
}

#[cfg(test)]
mod tests {
    use veche_acme::{Alarm, LastError, RootStatus, SourceKind, Status};
    use veche_api::admin::v1::reachability::State;

    use super::super::finding::Subject;
    use super::certificate;

    const DAY: i64 = 86_400;

    fn status() -> Status {
        let root = RootStatus { fingerprint_sha256: "00".to_owned(), not_before: 0, not_after: 3_650 * DAY };
        Status {
            wanted: SourceKind::Own,
            in_use: SourceKind::Own,
            names: vec!["chat.example.org".to_owned()],
            missing_names: Vec::new(),
            issuer: "Veche".to_owned(),
            fingerprint_sha256: "00".to_owned(),
            not_before: 0,
            not_after: 20_000 * DAY,
            next_try: None,
            failures: 0,
            next_is_staging: false,
            last_error: None,
            alarm: Alarm::Fine,
            own_root: root,
        }
    }

    #[test]
    fn the_worst_is_told_first() {
        let refused = LastError { code: "refused".to_owned(), words: "rate limited".to_owned(), at: 0 };
        let acme = Status { wanted: SourceKind::Acme, in_use: SourceKind::Acme, ..status() };
        for (status, state, code, words) in [
            (status(), State::Ok, "own_authority", "2024-10-04"),
            (acme.clone(), State::Ok, "good", "Veche issued it"),
            (Status { alarm: Alarm::Days21, ..acme.clone() }, State::Warning, "ends_soon", "2024-10-04"),
            (
                Status { alarm: Alarm::Days3, last_error: Some(refused.clone()), ..acme.clone() },
                State::Failed,
                "ends_soon",
                "rate limited",
            ),
            (Status { alarm: Alarm::Invalid, ..acme.clone() }, State::Failed, "not_valid_now", "1970-01-01"),
            (
                Status { missing_names: vec!["a.example".to_owned()], ..acme.clone() },
                State::Failed,
                "name_missing",
                "a.example",
            ),
            (
                Status { in_use: SourceKind::Own, last_error: Some(refused), ..acme },
                State::Warning,
                "stand_in",
                "rate limited",
            ),
        ] {
            let line = certificate(&status).about(Subject::Certificate);
            assert_eq!((line.state, line.code.as_str()), (state, code), "{line:?}");
            assert!(line.meaning.en.contains(words), "{line:?}");
            assert_eq!(line.mend.is_some(), state > State::Ok);
        }
    }
}
