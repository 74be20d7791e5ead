//! Good and bad settings, and the example file against the settings themselves.

use std::collections::BTreeSet;
use std::io::Write;

use super::{AcmeChallenge, CertificateSource, Loaded, Override, Rates, RegistrationMode, RoomVersion, Settings};

const EXAMPLE: &str = include_str!("../../../../veche.example.toml");

fn read(text: &str, overrides: &[&str]) -> Result<Settings, String> {
    let mut file = tempfile::NamedTempFile::with_suffix(".toml").unwrap();
    file.write_all(text.as_bytes()).unwrap();
    let overrides: Vec<Override> = overrides.iter().map(|text| text.parse().unwrap()).collect();
    let loaded = Loaded::read(Some(file.path()), &overrides);
    let path = file.path().display().to_string();
    loaded.map(|loaded| loaded.settings).map_err(|error| error.to_string().replace(&path, "FILE"))
}

#[test]
fn defaults_are_closed_and_local() {
    let settings = read("", &[]).unwrap();
    assert_eq!(settings.registration.mode, RegistrationMode::Closed);
    assert!(settings.registration.shared_secret.is_none());
    assert_eq!(settings.limits.rates, Rates::On);
    assert_eq!(settings.rooms.default_version, RoomVersion::V12);
    assert_eq!(settings.listen.http.unwrap().to_string(), "127.0.0.1:8080");
}

#[test]
fn later_overrides_win_over_earlier_ones_and_over_the_file() {
    let file = "[server]\nname = \"a.example\"\n[rooms]\ndefault_version = \"10\"\n";
    let settings = read(
        file,
        &[
            "server.name=b.example",
            "server.name=c.example",
            "rooms.default_version=11",
            "limits.rates=off",
            "presence.enabled=false",
            "listen.https=off",
            "listen.http=127.0.0.1:0",
            "registration.shared_secret=12345",
            r#"network.trusted_proxies=["10.0.0.1", "::ffff:10.0.0.2"]"#,
            "limits.upload_bytes_max=1000",
            "setup.skip=true",
            "log.level=warn,veche_store=debug",
            "role=site",
        ],
    )
    .unwrap();
    assert_eq!(settings.server.name, "c.example");
    assert_eq!(settings.rooms.default_version, RoomVersion::V11);
    assert_eq!(settings.limits.rates, Rates::Off);
    assert!(!settings.presence.enabled && settings.setup.skip);
    assert_eq!(settings.listen.https, None);
    assert_eq!(settings.listen.http.unwrap().port(), 0);
    assert_eq!(settings.registration.shared_secret.unwrap().expose(), "12345");
    assert_eq!(settings.limits.upload_bytes_max, 1000);
    assert_eq!(settings.network.trusted_proxies[1].to_string(), "10.0.0.2/32");
}

#[test]
fn bad_lines_are_named_with_their_reason() {
    for (file, place, word) in [
        ("[server]\nnmae = \"a\"", "FILE, line 2: unknown setting `nmae`", "name"),
        ("\n\n[sever]\n", "FILE, line 3: unknown setting `sever`", "server"),
        ("[server]\nname = \"A.example\"", "FILE, line 2: ", "lower case"),
        ("[server]\nname = \"a b\"", "FILE, line 2: ", "no server name"),
        ("[server]\nname = 5", "FILE, line 2: wrong kind of value", "string"),
        ("[listen]\nhttp = \"0.0.0.0:80\"", "FILE, line 2: ", "loopback"),
        ("[listen]\nhttps = \"443\"", "FILE, line 2: ", "no address with a port"),
        ("[registration]\n\nmode = \"opne\"", "FILE, line 3: unknown value `opne`", "`open`"),
        ("[registration]\nshared_secret = \"\"", "FILE, line 2: ", "anybody"),
        ("[limits]\nconnections_max = 0", "FILE, line 2: ", "at least 1"),
        ("[limits]\nupload_bytes_max = -1", "FILE, line 2: ", "u64"),
        ("[network]\ntrusted_proxies = [\"10.0.0.1/8\"]", "FILE, line 2: ", "more bits than its prefix"),
        ("[network]\ntrusted_proxies = [\"::/0\"]", "FILE, line 2: ", "everybody"),
        ("[network]\nproxy_protocol_from = [\"balancer\"]", "FILE, line 2: ", "no address"),
        ("[listen]\nredirect = \"80\"", "FILE, line 2: ", "no address with a port"),
        ("[tls]\nsource = \"self\"", "FILE, line 2: unknown value `self`", "`upload`"),
        ("[tls]\nacme_directory = \"http://ca.example/dir\"", "FILE, line 2: ", "ACME directory"),
        ("[tls]\nacme_directory = \"https://\"", "FILE, line 2: ", "ACME directory"),
        ("[tls]\nacme_challenge = \"dns-01\"", "FILE, line 2: unknown value `dns-01`", "`tls-alpn-01`"),
        ("[tls]\nacme_contact = \"a@b.example?x=1\"", "FILE, line 2: ", "no mail address"),
        ("[tls]\nacme_contact = \"a@b.example,c@d.example\"", "FILE, line 2: ", "no mail address"),
        ("[tls]\nacme_eab_key_id = \"\"", "FILE, line 2: ", "leave the line out"),
        ("[tls]\nacme_eab_secret = \"\"", "FILE, line 2: ", "Base64"),
        ("[listen]\nturn = \"3478\"", "FILE, line 2: ", "no address with a port"),
        ("[network]\nexternal_address = \"0.0.0.0\"", "FILE, line 2: ", "no address of a machine"),
        ("[network]\nexternal_address = \"chat.example.org\"", "FILE, line 2: ", "no address of a machine"),
        ("[network]\nexternal_address = \"::ffff:10.0.0.1\"", "FILE, line 2: ", "no address of a machine"),
        ("[network]\nexternal_address = [\"10.0.0.1\", \"10.0.0.2\"]", "FILE, line 2: ", "not two of one kind"),
        ("[network]\nexternal_address = 5", "FILE, line 2: wrong kind of value", "list of addresses"),
        ("[network]\nrelay_peers = [\"10.0.0.1/8\"]", "FILE, line 2: ", "more bits than its prefix"),
        ("[network]\nrelay_peers = [\"everywhere\"]", "FILE, line 2: ", "not `internet`"),
        ("[network]\nrelay_peers = [\"::/0\"]", "FILE, line 2: ", "every service inside"),
        ("[network]\nrelay_peers = \"internet\"", "FILE, line 2: wrong kind of value", "sequence"),
        ("[log]\nlevel = \"loud\"", "FILE, line 2: ", "log level"),
        ("[log]\nlevel = \"info,veche_store=\"", "FILE, line 2: ", "log level"),
        ("[log]\nlevel = \"\"", "FILE, line 2: ", "log level"),
        ("[rooms]\ndefault_version = \"9\"", "FILE, line 2: unknown value `9`", "`12`"),
        ("server = 1", "FILE, line 1: ", "wrong kind"),
        ("[server]\nname = \"a\"\nname = \"b\"", "FILE, line 3: ", "set twice"),
        ("[server\n", "FILE, line 1: ", ""),
        ("role = \"front\"", "FILE, line 1: unknown value `front`", "site"),
    ] {
        let error = read(file, &[]).unwrap_err();
        assert!(error.starts_with(place) && error.contains(word), "{file:?} gave {error}");
    }
}

#[test]
fn relay_settings_are_read_in_every_form() {
    let external = |text: &str| {
        let settings = read("", &[&format!("network.external_address={text}")]).unwrap();
        settings.network.external_address.addresses().map(|address| address.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(external("203.0.113.7"), ["203.0.113.7"]);
    assert_eq!(external("2001:db8::7"), ["2001:db8::7"]);
    assert_eq!(external(r#"["2001:db8::7", "203.0.113.7"]"#), ["203.0.113.7", "2001:db8::7"]);
    assert_eq!(external("[]"), [""; 0]);

    let peers = read("[network]\nrelay_peers = [\"internet\", \"10.0.0.0/8\"]", &[]).unwrap().network.relay_peers;
    assert!(peers.internet);
    assert_eq!(peers.networks.iter().map(ToString::to_string).collect::<Vec<_>>(), ["10.0.0.0/8"]);
    let nobody = read("", &[]).unwrap().network.relay_peers;
    assert!(!nobody.internet && nobody.networks.is_empty());
    assert_eq!(read("", &["listen.turn=off"]).unwrap().listen.turn, None);
}

#[test]
fn certificate_settings_are_read_in_every_form() {
    let settings = read(
        "[tls]\nsource = \"acme\"\nacme_contact = \"admin@example.org\"\nacme_eab_key_id = \"kid-1\"\n",
        &["tls.acme_challenge=tls-alpn-01", "listen.redirect=0.0.0.0:80"],
    )
    .unwrap();
    assert_eq!(settings.tls.source, CertificateSource::Acme);
    assert_eq!(settings.tls.acme_challenge, AcmeChallenge::TlsAlpn01);
    assert_eq!(settings.tls.acme_contact.unwrap(), "admin@example.org");
    assert_eq!(settings.listen.redirect.unwrap().port(), 80);
    for text in ["-_8", "-_8=", "+/8=", "+/8"] {
        let settings = read("", &[&format!("tls.acme_eab_secret={text}")]).unwrap();
        assert_eq!(settings.tls.acme_eab_secret.unwrap().expose(), &[0xFB, 0xFF], "{text}");
    }
}

#[test]
fn bad_overrides_are_named_with_their_reason() {
    for (change, place, word) in [
        ("server.nmae=a", "--set server.nmae: unknown setting `nmae`", "name"),
        ("sever.name=a", "--set sever.name: unknown setting `sever`", "server"),
        ("presence.enabled=maybe", "--set presence.enabled: ", "boolean"),
        ("limits.rates=never", "--set limits.rates: unknown value `never`", "`off`"),
        ("role.x=1", "--set role.x: ", ""),
    ] {
        let error = read("", &[change]).unwrap_err();
        assert!(error.starts_with(place) && error.contains(word), "{change:?} gave {error}");
    }
    for text in ["", "=", "=a", "server.name", ".name=a", "server.=a"] {
        assert!(text.parse::<Override>().is_err(), "{text}");
    }
}

#[test]
fn secrets_are_not_repeated_in_complaints_or_dumps() {
    for wrong in ["[\"1234567\"]", "1234567", "1234567 # canary", "\"1234567", "\"1234567\"!"] {
        for setting in ["[registration]\nshared_secret", "[tls]\nacme_eab_secret"] {
            let error = read(&format!("{setting} = {wrong}"), &[]).unwrap_err();
            assert!(!error.contains("1234567") && !error.contains("canary"), "{error}");
        }
    }
    let error = read("[tls]\nacme_eab_secret = \"1234567!\"", &["tls.acme_eab_secret=1234567!"]).unwrap_err();
    assert!(error.contains("Base64") && !error.contains("1234567"), "{error}");
    let text = "[registration]\nshared_secret = \"canary\"\n[tls]\nacme_eab_secret = \"Y2FuYXJ5\"";
    let shown = format!("{:?}", read(text, &[]).unwrap());
    assert!(!shown.contains("canary") && !shown.contains("Y2FuYXJ5"), "{shown}");
}

#[test]
fn late_complaints_name_where_the_setting_came_from() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(b"[log]\n\n[tls]\nextra_ca = \"/nowhere\"\n").unwrap();
    let loaded = Loaded::read(Some(file.path()), &["listen.http=off".parse().unwrap()]).unwrap();
    let complaint = |key| loaded.complaint(key, "no").to_string();
    assert!(complaint("tls.extra_ca").ends_with("line 4, tls.extra_ca: no"));
    assert_eq!(complaint("listen.http"), "--set listen.http: no");
    assert_eq!(complaint("listen.https"), "listen.https (default): no");
}

/// The names a section knows, read from the refusal of one it does not know.
fn known_keys(section: &str) -> BTreeSet<String> {
    let probe = if section.is_empty() { "probe = 1".to_owned() } else { format!("[{section}]\nprobe = 1") };
    let error = read(&probe, &[]).unwrap_err();
    let message = error.split_once("expected").unwrap().1.lines().next().unwrap().to_owned();
    message.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn example_file_shows_every_setting_with_its_default() {
    read(EXAMPLE, &[]).unwrap();
    let uncommented: String = EXAMPLE
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(setting) if setting.split_once(" = ").is_some_and(|(key, _)| !key.contains(' ')) => setting,
            _ => line,
        })
        .fold(String::new(), |text, line| text + line + "\n");
    let shown: toml::Table = toml::from_str(&uncommented).unwrap();
    let mut top: BTreeSet<String> = shown.keys().cloned().collect();
    assert_eq!(top, known_keys(""));
    top.remove("role");
    for section in top {
        let keys: BTreeSet<String> = shown[&section].as_table().unwrap().keys().cloned().collect();
        assert_eq!(keys, known_keys(&section), "[{section}]");
    }
    let mut shown = read(&uncommented, &[]).unwrap();
    // These have no default that could be written down.
    shown.server = super::Server::default();
    shown.site = super::Site::default();
    shown.network.external_address = super::ExternalAddress::default();
    shown.registration.shared_secret = None;
    shown.tls = super::Tls {
        source: shown.tls.source,
        acme_directory: shown.tls.acme_directory,
        acme_challenge: shown.tls.acme_challenge,
        ..super::Tls::default()
    };
    shown.storage.reserve_bytes = None;
    assert_eq!(format!("{shown:?}"), format!("{:?}", Settings::default()));
}
