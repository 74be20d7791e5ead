use std::net::IpAddr;

use veche_api::admin::v1::reachability::State;

use super::super::finding::Subject;
use super::{Finding, addresses, name};
use crate::addresses::{Addresses, Interface, Known, OwnName, Records, decide};

fn ips(texts: &[&str]) -> Vec<IpAddr> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

fn machine(addresses: &[&str]) -> Known {
    let interfaces = ips(addresses).into_iter().chain(ips(&["127.0.0.1"]));
    let interfaces = interfaces.map(|address| Interface { name: "eth0".to_owned(), address });
    Known { interfaces: interfaces.collect(), ..Known::default() }
}

#[track_caller]
fn check(finding: Finding, state: State, code: &str) -> String {
    let line = finding.about(Subject::Dns);
    assert_eq!((line.state, line.code.as_str()), (state, code), "{line:?}");
    assert!(!line.meaning.en.is_empty() && !line.meaning.ru.is_empty());
    // Whoever is told of trouble is told what to do about it.
    assert!(line.mend.is_some() || state <= State::Ok, "{line:?}");
    line.meaning.en
}

#[test]
fn the_name_is_judged_by_where_it_leads() {
    let own = OwnName::read("chat.example.org");
    let records = |records: &[&str]| Records::Found(ips(records));
    let lan = || machine(&["10.0.0.5"]);
    for (known, state, code) in [
        (Known { records: records(&["10.0.0.5"]), ..lan() }, State::Ok, "leads_here"),
        (Known { records: records(&["203.0.113.7"]), ..lan() }, State::Ok, "leads_to_translator"),
        (
            Known { records: records(&["203.0.113.7"]), setting: ips(&["203.0.113.7"]), ..lan() },
            State::Ok,
            "leads_to_setting",
        ),
        (
            Known { records: records(&["203.0.113.7"]), setting: ips(&["203.0.113.9"]), ..lan() },
            State::Warning,
            "leads_elsewhere",
        ),
        (Known { records: records(&["127.0.1.1"]), ..lan() }, State::Warning, "leads_to_this_machine_only"),
        (Known { records: records(&["10.0.0.5", "2001:db8::5"]), ..lan() }, State::Warning, "family_missing"),
        (Known { records: Records::Failed("no such name".to_owned()), ..lan() }, State::Failed, "no_answer"),
        (Known { records: Records::Remembered(ips(&["10.0.0.5"])), ..lan() }, State::Warning, "resolver_silent"),
    ] {
        let words = check(name(&own, &known, &decide(&known)), state, code);
        assert!(words.contains("chat.example.org"), "{words}");
    }
    let known = lan();
    check(name(&OwnName::read("localhost"), &known, &decide(&known)), State::Skipped, "name_is_localhost");
    check(name(&OwnName::read("10.0.0.5"), &known, &decide(&known)), State::Skipped, "name_is_address");
}

#[test]
fn addresses_are_told_with_their_reason_and_compared_with_those_in_use() {
    let known = Known { records: Records::Found(ips(&["203.0.113.7"])), ..machine(&["10.0.0.5"]) };
    let decided = decide(&known);
    let words = check(addresses(&decided, Some(&decided)), State::Ok, "known");
    assert_eq!(words, "IPv4: 203.0.113.7 outside, 10.0.0.5 inside (the record of our own name).");
    let before = decide(&machine(&["10.0.0.5"]));
    let words = check(addresses(&decided, Some(&before)), State::Warning, "changed");
    assert!(words.contains("10.0.0.5") && words.contains("203.0.113.7"), "{words}");
    check(addresses(&decide(&machine(&[])), None), State::Warning, "loopback_only");
    check(addresses(&Addresses::default(), None), State::Failed, "none");
}
