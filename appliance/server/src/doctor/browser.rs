//! How the asking administrator's browser has come here. Pure: what it says is told, and nothing is taken from it.

use std::net::IpAddr;

use veche_api::admin::v1::reachability::Visit;
use veche_base::canonical_ip::is_loopback;

use super::finding::Finding;
use crate::addresses::{Known, OwnName};

/// What the browser reached.
pub(super) fn browser(visit: Option<&Visit>, own: &OwnName, known: &Known) -> Finding {
    let Some(visit) = visit else {
        return Finding::skipped(
            "asked_on_the_machine",
            "Asked on the command line; open the report in a browser to see how it reaches the server.",
            "Запрошено из командной строки; откройте отчёт в браузере, чтобы увидеть, как он попадает на сервер.",
        );
    };
    let Some(host) = &visit.host else {
        return Finding::warning(
            "no_host",
            seen_as_en(visit, "The request names no host."),
            seen_as_ru(visit, "В запросе не указано имя сервера."),
        )
        .mend("Let the proxy in between pass Host on.", "Настройте промежуточный прокси передавать Host.");
    };
    if !visit.is_secure && !is_loopback(visit.address) {
        return Finding::warning(
            "insecure",
            seen_as_en(visit, &format!("You reached {host} without HTTPS: everybody on the way reads along.")),
            seen_as_ru(visit, &format!("Вы обратились к {host} без HTTPS: всё видно каждому на пути.")),
        )
        .mend(
            format!(
                "Use https://{own}; a proxy in between must send X-Forwarded-Proto and be listed in \
                 network.trusted_proxies."
            ),
            format!(
                "Используйте https://{own}; промежуточный прокси должен передавать X-Forwarded-Proto и быть \
                 указан в network.trusted_proxies."
            ),
        );
    }
    reached(visit, &OwnName::read(without_port(host)), own, known)
}

/// The addresses that a browser has used, as far as it named one.
pub(super) fn seen(visit: Option<&Visit>) -> Vec<IpAddr> {
    let host = visit.and_then(|visit| visit.host.as_deref());
    match host.map(|host| OwnName::read(without_port(host))) {
        Some(OwnName::Address(address)) => vec![address],
        _ => Vec::new(),
    }
}

fn reached(visit: &Visit, asked: &OwnName, own: &OwnName, known: &Known) -> Finding {
    match asked {
        _ if asked == own => Finding::ok(
            "by_name",
            seen_as_en(visit, &format!("You reached the server by its name, {own}.")),
            seen_as_ru(visit, &format!("Вы обратились к серверу по его имени {own}.")),
        ),
        OwnName::Address(address) if is_known(*address, known) => Finding::ok(
            "by_address",
            seen_as_en(visit, &format!("You reached the server by its address {address}; clients use {own}.")),
            seen_as_ru(visit, &format!("Вы обратились к серверу по адресу {address}; клиенты используют {own}.")),
        ),
        OwnName::Address(address) => Finding::warning(
            "by_unknown_address",
            seen_as_en(
                visit,
                &format!("You reached the server at {address}, which neither DNS, an interface nor a setting names."),
            ),
            seen_as_ru(
                visit,
                &format!("Вы обратились к серверу по адресу {address}: его нет в DNS, на интерфейсах и в настройках."),
            ),
        )
        .mend(
            format!("If others reach it there too, set network.external_address = \"{address}\"."),
            format!("Если и другие попадают на него так же, задайте network.external_address = \"{address}\"."),
        ),
        OwnName::Dns(other) => Finding::warning(
            "by_other_name",
            seen_as_en(visit, &format!("You reached the server as {other}; clients are told {own}.")),
            seen_as_ru(visit, &format!("Вы обратились к серверу как {other}; клиентам сообщается {own}.")),
        )
        .mend(
            format!("If {other} is the name that people use, set server.public_url to it."),
            format!("Если люди используют имя {other}, укажите его в server.public_url."),
        ),
    }
}

fn seen_as_en(visit: &Visit, words: &str) -> String {
    format!("{words} The server sees your browser as {}.", visit.address)
}

fn seen_as_ru(visit: &Visit, words: &str) -> String {
    format!("{words} Сервер видит адрес вашего браузера как {}.", visit.address)
}

fn is_known(address: IpAddr, known: &Known) -> bool {
    let mut interfaces = known.interfaces.iter().map(|interface| interface.address);
    interfaces.any(|own| own == address)
        || known.setting.contains(&address)
        || known.records.addresses().contains(&address)
}

/// A host without the port behind it; an IPv6 address stands in brackets, so its last colon is none of a port.
fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if !name.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use veche_api::admin::v1::reachability::{State, Visit};

    use super::super::finding::{Finding, Subject};
    use super::{browser, seen};
    use crate::addresses::{Interface, Known, OwnName, Records};

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn visit(host: &str) -> Visit {
        Visit {
            host: Some(host.to_owned()),
            address: ip("198.51.100.1"),
            is_proxied: false,
            is_secure: true,
            clock_ms: None,
        }
    }

    #[track_caller]
    fn check(finding: Finding, state: State, code: &str) -> String {
        let line = finding.about(Subject::Browser);
        assert_eq!((line.state, line.code.as_str()), (state, code), "{line:?}");
        assert_eq!(line.mend.is_some(), state > State::Ok, "{line:?}");
        line.meaning.en
    }

    #[test]
    fn the_browser_is_told_what_it_reached() {
        let own = OwnName::read("chat.example.org");
        let interfaces = vec![Interface { name: "eth0".to_owned(), address: ip("10.0.0.5") }];
        let known = Known { records: Records::Found(vec![ip("203.0.113.7")]), interfaces, ..Known::default() };
        for (host, state, code) in [
            ("chat.example.org", State::Ok, "by_name"),
            ("Chat.example.org:8443", State::Ok, "by_name"),
            ("10.0.0.5:8443", State::Ok, "by_address"),
            ("203.0.113.7", State::Ok, "by_address"),
            ("198.51.100.77:443", State::Warning, "by_unknown_address"),
            ("[2001:db8::7]:443", State::Warning, "by_unknown_address"),
            ("messenger.example.org", State::Warning, "by_other_name"),
        ] {
            let words = check(browser(Some(&visit(host)), &own, &known), state, code);
            assert!(words.contains("198.51.100.1"), "{words}");
        }
        check(browser(None, &own, &known), State::Skipped, "asked_on_the_machine");
        let plain = Visit { is_secure: false, ..visit("chat.example.org") };
        check(browser(Some(&plain), &own, &known), State::Warning, "insecure");
        let on_the_machine = Visit { address: ip("127.0.0.1"), ..plain };
        check(browser(Some(&on_the_machine), &own, &known), State::Ok, "by_name");
        let nameless = Visit { host: None, ..visit("") };
        check(browser(Some(&nameless), &own, &known), State::Warning, "no_host");
    }

    #[test]
    fn only_addresses_count_as_seen() {
        for (host, address) in [
            ("203.0.113.7:8443", Some("203.0.113.7")),
            ("203.0.113.7", Some("203.0.113.7")),
            ("[2001:db8::7]:443", Some("2001:db8::7")),
            ("[2001:db8::7]", Some("2001:db8::7")),
            ("chat.example.org", None),
            ("chat.example.org:443", None),
        ] {
            assert_eq!(seen(Some(&visit(host))), address.map(ip).into_iter().collect::<Vec<_>>(), "{host}");
        }
        assert_eq!(seen(None), Vec::<IpAddr>::new());
    }
}
