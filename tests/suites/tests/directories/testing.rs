//! The test of a configuration: each thing that can be wrong has its own word.

use reqwest::Method;
use serde_json::{Value, json};
use veche_test_harness::Slapd;

use crate::house::{DIRECTORIES, House, config, proved};

async fn test(house: &House, user: &str, change: impl FnOnce(&mut Value)) -> Value {
    let mut body = json!({ "config": config(&house.slapd), "password": Slapd::admin().1, "user": user });
    change(&mut body);
    proved(&house.root, Method::POST, &format!("{DIRECTORIES}/test"), &body).await.ok()
}

#[tokio::test]
async fn it_tells_what_somebody_would_get() {
    let ldif = Slapd::person("alice", "title: Engineer\ntelephoneNumber: +1 23\n")
        + &Slapd::group("devs", &[&Slapd::dn("alice")])
        + &Slapd::group("all", &[&Slapd::group_dn("devs")]);
    let house = House::new(&ldif, |_| ()).await;
    let got = test(&house, "alice", |body| body["config"]["group_dn"] = json!(Slapd::group_dn("all"))).await;
    assert_eq!((&got["cause"], &got["account"]), (&Value::Null, &json!("@alice:localhost")), "{got}");
    assert_eq!(got["dn"], Slapd::dn("alice"));
    assert_eq!(got["groups"], json!([Slapd::group_dn("devs"), Slapd::group_dn("all")]));
    let profile = &got["profile"];
    assert_eq!(
        (&profile["name"], &profile["title"], &profile["phone"], &profile["mail"], &profile["department"]),
        (&json!("The alice"), &json!("Engineer"), &json!("+1 23"), &json!("alice@ex.org"), &Value::Null)
    );
    assert_eq!(
        house.root.get("/api/admin/v1/users").await.ok()["users"].as_array().map(Vec::len),
        Some(1),
        "none made"
    );
}

#[tokio::test]
async fn it_names_the_cause() {
    let referral = format!(
        "dn: ou=away,{0}\nobjectClass: referral\nobjectClass: extensibleObject\nou: away\nref: ldap://nowhere.invalid/{0}\n\n",
        Slapd::suffix()
    );
    let ldif = Slapd::person("alice", "")
        + &Slapd::person("off", "")
        + &Slapd::person("twin", "mail: alice@ex.org\n")
        + &Slapd::group("some", &[&Slapd::dn("off")])
        + &referral;
    let house = House::new(&ldif, |_| ()).await;
    house.slapd.change(&format!(
        "dn: {}\nchangetype: modify\nadd: pwdAccountLockedTime\npwdAccountLockedTime: 000001010000Z\n",
        Slapd::dn("off")
    ));
    let another = Slapd::start("");
    let slapd = &house.slapd;
    let cases: [(&str, &str, Value, &str); 13] = [
        ("alice", "urls", json!([slapd.ldap("localhost")]), ""),
        ("alice", "urls", json!(["ldaps://nowhere.invalid"]), "no_such_host"),
        ("alice", "urls", json!(["ldaps://localhost:1"]), "refused"),
        ("alice", "urls", json!([slapd.ldaps("127.0.0.1")]), "other_host"),
        ("alice", "urls", json!([slapd.ldap("localhost").replace("ldap:", "ldaps:")]), "no_tls"),
        ("alice", "ca_pem", json!(another.ca_pem()), "untrusted_ca"),
        ("alice", "bind_dn", json!("cn=nobody,dc=ex,dc=org"), "bind_refused"),
        ("alice", "base_dn", json!("ou=nowhere,dc=ex,dc=org"), "no_such_base"),
        ("alice", "base_dn", json!("ou=away,dc=ex,dc=org"), "referral"),
        ("alice", "group_dn", json!(Slapd::group_dn("none")), "no_such_group"),
        ("alice", "group_dn", json!(Slapd::group_dn("some")), "not_in_group"),
        ("nobody", "group_dn", Value::Null, "no_entry"),
        ("off", "group_dn", Value::Null, "disabled"),
    ];
    for (user, field, value, cause) in cases {
        let told = format!("{field}: {value}");
        let got = test(&house, user, |body| body["config"][field] = value).await;
        assert_eq!(got["cause"].as_str().unwrap_or_default(), cause, "{told}: {got}");
    }
    assert_eq!(test(&house, "alice@ex.org", |_| ()).await["cause"], "two_entries");
    assert_eq!(test(&house, "alice", |body| body["password"] = json!("wrong")).await["cause"], "bind_refused");
    let wrong_ca = test(&house, "alice", |body| {
        body["config"]["urls"] = json!([house.slapd.ldap("localhost")]);
        body["config"]["ca_pem"] = json!(another.ca_pem());
    });
    assert_eq!(wrong_ca.await["cause"], "untrusted_ca", "also when TLS is started upon a connection");
}

#[tokio::test]
async fn what_cannot_be_used_is_refused_before_anybody_is_asked() {
    let house = House::new("", |_| ()).await;
    let cases = [
        ("urls", json!([]), "count"),
        ("urls", json!(["http://localhost"]), "bad_url"),
        ("urls", json!(["ldaps://user@localhost"]), "bad_url"),
        ("ca_pem", json!("nonsense"), "bad_ca"),
        ("base_dn", json!("a\nb"), "bad_text"),
        ("user_filter", json!("(uid=*"), "bad_filter"),
        ("login_attributes", json!([]), "count"),
        ("login_attributes", json!(["uid)(a=*"]), "bad_attribute"),
    ];
    for (field, value, fault) in cases {
        let mut config = config(&house.slapd);
        config[field] = value;
        let body = json!({ "name": "Another", "enabled": true, "config": config, "password": "x" });
        let refused = proved(&house.root, Method::POST, DIRECTORIES, &body).await.refused(400, "M_INVALID_PARAM");
        assert_eq!((&refused["field"], &refused["fault"]), (&json!(field), &json!(fault)));
    }
    assert_eq!(house.root.get(DIRECTORIES).await.ok()["directories"].as_array().map(Vec::len), Some(1));
}
