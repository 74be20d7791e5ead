//! Where our own name leads, and which addresses follow from all that is known. Pure.

use std::net::IpAddr;

use super::finding::Finding;
use crate::addresses::{Addresses, Chosen, Known, OwnName, Records, Source, Why};

/// Where our own name leads.
pub(super) fn name(name: &OwnName, known: &Known, decided: &Addresses) -> Finding {
    let name = match name {
        OwnName::Address(address) => {
            return Finding::skipped(
                "name_is_address",
                format!(
                    "Clients use the address {address}; no DNS name is needed, and none can move with the \
                     server."
                ),
                format!("Клиенты обращаются по адресу {address}; имя в DNS не нужно."),
            );
        }
        OwnName::Dns(name) if name == "localhost" || name.ends_with(".localhost") => {
            return Finding::skipped(
                "name_is_localhost",
                format!("{name} means this machine on every machine: the server is for this machine only."),
                format!("{name} на любой машине означает её саму: сервер доступен только на этой машине."),
            )
            .mend(
                "For other machines, set server.name to the name that they will use, before the first account is \
                     made.",
                "Чтобы сервер был доступен другим, задайте server.name до создания первой учётной записи.",
            );
        }
        OwnName::Dns(name) => name,
    };
    match &known.records {
        Records::Failed(reason) => Finding::failed(
            "no_answer",
            format!("DNS has no address for {name} ({reason}): clients that use the name do not find the server."),
            format!("В DNS нет адреса для {name} ({reason}): клиенты не найдут сервер по имени."),
        )
        .mend(
            format!(
                "Make an A record (and AAAA for IPv6) for {name} with the address by which clients reach this \
                 server."
            ),
            format!(
                "Создайте для {name} запись A (и AAAA для IPv6) с адресом, по которому сервер доступен \
                 клиентам."
            ),
        ),
        Records::Remembered(addresses) => Finding::warning(
            "resolver_silent",
            format!("The resolver of this machine does not answer; {name} led to {} before.", list(addresses)),
            format!("DNS-сервер этой машины не отвечает; раньше имя {name} указывало на {}.", list(addresses)),
        )
        .mend(
            "Look at /etc/resolv.conf of this machine and at the DNS server that it names.",
            "Проверьте /etc/resolv.conf этой машины и указанный в нём DNS-сервер.",
        ),
        Records::Found(addresses) => records(name, addresses, known, decided),
        Records::Literal(_) | Records::NotAsked => {
            Finding::skipped("not_asked", "DNS was not asked.", "Запрос к DNS не выполнялся.")
        }
    }
}

/// Records of which some cannot be used at all, or else where they lead.
fn records(name: &str, addresses: &[IpAddr], known: &Known, decided: &Addresses) -> Finding {
    let of_dns = || decided.passed_over.iter().filter(|passed| passed.source == Source::Dns);
    let shown = list(addresses);
    if of_dns().filter(|passed| passed.why == Why::NotReachable).count() == addresses.len() {
        return Finding::warning(
            "leads_to_this_machine_only",
            format!(
                "On this machine {name} leads to {shown}, which no other machine reaches; what others see is \
                 not known here."
            ),
            format!(
                "На этой машине имя {name} указывает на {shown}, куда другие машины попасть не могут; что \
                 видят они, отсюда не узнать."
            ),
        )
        .mend(
            format!("Take {name} out of /etc/hosts of this machine, or set network.external_address."),
            format!("Уберите {name} из /etc/hosts этой машины или задайте network.external_address."),
        );
    }
    if let Some(missing) = of_dns().find(|passed| passed.why == Why::FamilyMissing) {
        let family = if missing.address.is_ipv4() { "IPv4" } else { "IPv6" };
        return Finding::warning(
            "family_missing",
            format!(
                "{name} leads to {} too, but this machine has no {family}: clients that try it first lose \
                 time or fail.",
                missing.address
            ),
            format!(
                "Имя {name} указывает и на {}, но у этой машины нет {family}: клиенты, начинающие с него, \
                 теряют время или не соединяются.",
                missing.address
            ),
        )
        .mend(
            format!("Take that record out of DNS, or give this machine {family}."),
            format!("Удалите эту запись из DNS или настройте на машине {family}."),
        );
    }
    destination(name, addresses, known)
}

/// Where records lead that clients can use.
fn destination(name: &str, addresses: &[IpAddr], known: &Known) -> Finding {
    let shown = list(addresses);
    let is_own = |ip: &IpAddr| known.interfaces.iter().any(|interface| interface.address == *ip);
    if addresses.iter().any(is_own) {
        return Finding::ok(
            "leads_here",
            format!("{name} leads to {shown}, and this machine has that address."),
            format!("Имя {name} указывает на {shown}, и это адрес этой машины."),
        );
    }
    if known.setting.is_empty() {
        return Finding::ok(
            "leads_to_translator",
            format!(
                "{name} leads to {shown}, which this machine does not have itself: a router translates it, or \
                 the record is wrong; see the line about the external address."
            ),
            format!(
                "Имя {name} указывает на {shown}; у самой машины такого адреса нет: его транслирует \
                 маршрутизатор, либо запись ошибочна; см. строку о внешнем адресе."
            ),
        );
    }
    if addresses.iter().any(|ip| known.setting.contains(ip)) {
        return Finding::ok(
            "leads_to_setting",
            format!("{name} leads to {shown}, as network.external_address says."),
            format!("Имя {name} указывает на {shown}, как и задано в network.external_address."),
        );
    }
    Finding::warning(
        "leads_elsewhere",
        format!("{name} leads to {shown}, but network.external_address says {}.", list(&known.setting)),
        format!("Имя {name} указывает на {shown}, а в network.external_address задано {}.", list(&known.setting)),
    )
    .mend(
        "That is right only if a proxy for HTTPS stands at the name's address, or if DNS answers differently \
             outside. Otherwise correct the setting or the record.",
        "Так должно быть, только если по адресу имени стоит прокси HTTPS или если снаружи DNS отвечает иначе. \
             Иначе исправьте настройку или запись.",
    )
}

/// What the relay shows, and whether that is still what would be chosen.
pub(super) fn addresses(decided: &Addresses, used: Option<&Addresses>) -> Finding {
    let (en, ru) = told(decided);
    if decided.chosen().next().is_none() {
        return Finding::failed("none", "This machine has no address.", "У этой машины нет адреса.")
            .mend("Connect it to a network.", "Подключите её к сети.");
    }
    if decided.chosen().all(|chosen| chosen.source == Source::Loopback) {
        return Finding::warning("loopback_only", en, ru).mend(
            "This machine has no network: only programs on it reach the server. Connect it; the server notices \
                 within minutes.",
            "У машины нет сети: сервер доступен только программам на ней. Подключите её; сервер заметит это за \
                 несколько минут.",
        );
    }
    match used {
        Some(used) if used.externals() != decided.externals() => {
            let (before, now) = (list(&used.externals()), list(&decided.externals()));
            Finding::warning(
                "changed",
                format!("The relay shows {before}, and the external address has just become {now}."),
                format!("Реле показывает {before}, а внешним адресом только что стал {now}."),
            )
            .mend(
                "Wait: if it stays so, the relay shows the new address within two minutes. Calls that run now go on.",
                "Подождите: если адрес не изменится снова, реле покажет его в течение двух минут. Идущие звонки \
                 не прервутся.",
            )
        }
        _ => Finding::ok("known", en, ru),
    }
}

/// What was chosen and why, in both languages.
fn told(decided: &Addresses) -> (String, String) {
    let mut parts = (Vec::new(), Vec::new());
    for (family, chosen) in [("IPv4", &decided.ipv4), ("IPv6", &decided.ipv6)] {
        let Some(chosen) = chosen else { continue };
        let (en, ru) = why(chosen);
        parts.0.push(format!("{family}: {} ({en}).", shown(chosen, "outside", "inside")));
        parts.1.push(format!("{family}: {} ({ru}).", shown(chosen, "снаружи", "внутри")));
    }
    (parts.0.join(" "), parts.1.join(" "))
}

fn shown(chosen: &Chosen, outside: &str, inside: &str) -> String {
    match chosen.internal {
        Some(internal) if chosen.is_translated() => {
            format!("{} {outside}, {internal} {inside}", chosen.external)
        }
        _ => chosen.external.to_string(),
    }
}

const fn why(chosen: &Chosen) -> (&'static str, &'static str) {
    match chosen.source {
        Source::Setting => ("set by network.external_address", "задан в network.external_address"),
        Source::Dns => ("the record of our own name", "запись нашего имени в DNS"),
        Source::Seen => ("what your browser asked for", "к нему обратился ваш браузер"),
        Source::Interface => ("an interface of this machine", "интерфейс этой машины"),
        Source::Loopback => ("this machine has no other", "другого у машины нет"),
    }
}

fn list(addresses: &[IpAddr]) -> String {
    addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
