//! Who gets in by a directory, and as whom.

use reqwest::Method;
use serde_json::json;
use veche_test_harness::{Client, PASSWORD, Slapd};

use crate::house::{DIRECTORIES, House, proved};

#[tokio::test]
async fn the_password_of_the_directory_opens_an_account_of_the_same_name() {
    let house = House::new(&Slapd::person("alice", "title: Engineer\n"), |_| ()).await;
    let first = house.try_login("alice", "alice-password").await.ok();
    assert_eq!(first["user_id"], "@alice:localhost");
    for name in ["ALICE", "alice@ex.org", "@alice:localhost"] {
        assert_eq!(house.try_login(name, "alice-password").await.ok()["user_id"], "@alice:localhost", "{name}");
    }
    let made = house.journal("account.create").await;
    assert_eq!((&made[0]["actor"], &made[0]["target"]), (&json!("directory:Company"), &json!("@alice:localhost")));
    assert_eq!(made.iter().filter(|row| row["actor"] == "directory:Company").count(), 1, "once");
    let log = house.server.log();
    assert!(!log.contains("alice-password") && !log.contains(Slapd::admin().1), "no password is logged");
    let shown = house.root.get(DIRECTORIES).await.ok();
    assert!(!shown.to_string().contains(Slapd::admin().1), "no password is shown");
    assert_eq!(shown["directories"][0]["people"], 1);
}

#[tokio::test]
async fn what_proves_nothing_opens_nothing() {
    let people = Slapd::person("alice", "") + &Slapd::person("twin", "mail: alice@ex.org\n");
    let house = House::new(&people, |_| ()).await;
    let cases = [
        ("alice", "wrong"),
        // A bind without a password succeeds.
        ("alice", ""),
        ("alice", "\0"),
        ("alice", "alice-password\0"),
        ("ali*", "alice-password"),
        ("*", "alice-password"),
        ("alice)(uid=*", "alice-password"),
        ("alice\0", "alice-password"),
        ("nobody", "alice-password"),
        // Two entries go by this name.
        ("alice@ex.org", "alice-password"),
    ];
    for (name, password) in cases {
        house.try_login(name, password).await.refused(403, "M_FORBIDDEN");
    }
    house.try_login("alice", &"x".repeat(10_000)).await.refused(403, "M_FORBIDDEN");
    assert!(house.server.log().contains("two_entries"), "the cause is told to administrators");
}

#[tokio::test]
async fn an_account_that_was_made_here_is_never_a_persons_of_the_directory() {
    let house = House::new(&(Slapd::person("root", "") + &Slapd::person("bob", "")), |_| ()).await;
    house.server.user("bob").await;
    for name in ["root", "bob"] {
        house.try_login(name, &format!("{name}-password")).await.refused(403, "M_FORBIDDEN");
        house.try_login(name, PASSWORD).await.ok();
        // By another of his names the directory is asked; then the account's name is taken.
        house.try_login(&format!("{name}@ex.org"), &format!("{name}-password")).await.refused(403, "M_FORBIDDEN");
    }
    let clashes = house.journal("directory.clash").await;
    let targets: Vec<_> = clashes.iter().map(|row| row["target"].as_str().expect("a target")).collect();
    assert_eq!(targets, ["@bob:localhost", "@root:localhost"]);
}

#[tokio::test]
async fn whoever_is_renamed_or_moved_keeps_the_account_and_his_successor_gets_none_of_it() {
    let house = House::new(&Slapd::person("alice", ""), |_| ()).await;
    house.login("alice").await;
    house.slapd.change(&format!(
        "dn: {}\nchangetype: modrdn\nnewrdn: uid=alicia\ndeleteoldrdn: 1\nnewsuperior: ou=others,{}\n",
        Slapd::dn("alice"),
        Slapd::suffix()
    ));
    assert_eq!(house.try_login("alicia", "alice-password").await.ok()["user_id"], "@alice:localhost");
    house.slapd.change(&Slapd::person("alice", "description: another one\n"));
    house.try_login("alice", "alice-password").await.refused(403, "M_FORBIDDEN");
    assert_eq!(house.journal("directory.clash").await.len(), 1);
    assert_eq!(house.look(false).await["locked"], json!([]));
}

#[tokio::test]
async fn only_members_of_the_group_enter_also_through_groups_in_rings() {
    let ring = Slapd::group("inner", &[&Slapd::dn("ann"), &Slapd::group_dn("all")]);
    let ldif = Slapd::person("ann", "")
        + &Slapd::person("ben", "")
        + &Slapd::person("cid", "")
        + &ring
        + &Slapd::group("all", &[&Slapd::group_dn("inner"), &Slapd::dn("ben")]);
    let house = House::new(&ldif, |config| config["group_dn"] = json!(Slapd::group_dn("all"))).await;
    house.login("ann").await;
    let ben = house.login("ben").await;
    house.try_login("cid", "cid-password").await.refused(403, "M_FORBIDDEN");
    assert_eq!(house.look(false).await["locked"], json!([]));
    house.slapd.change(&format!(
        "dn: {}\nchangetype: modify\ndelete: member\nmember: {}\n",
        Slapd::group_dn("all"),
        Slapd::dn("ben")
    ));
    let report = house.look(false).await;
    assert_eq!(report["locked"], json!([{ "user_id": "@ben:localhost", "why": "not_in_group" }]));
    ben.whoami().await.refused(401, "M_UNKNOWN_TOKEN");
}

#[tokio::test]
async fn while_the_directory_is_away_people_stay_in_and_local_accounts_enter() {
    let mut house = House::new(&Slapd::person("alice", ""), |_| ()).await;
    let alice = house.login("alice").await;
    house.slapd.end();
    alice.whoami().await.ok();
    let refused = house.try_login("alice", "alice-password").await.refused(503, "M_UNKNOWN");
    assert_eq!(refused["reason"], "directory_away");
    house.try_login("root", PASSWORD).await.ok();
    let report = house.look(false).await;
    assert_eq!((&report["cause"], &report["locked"]), (&json!("refused"), &json!([])));
    house.slapd.restart();
    house.login("alice").await;
}

#[tokio::test]
async fn the_servers_password_goes_to_nobody_else_than_it_was_given_for() {
    let house = House::new("", |_| ()).await;
    let one = format!("{DIRECTORIES}/{}", house.id);
    let shown = house.root.get(DIRECTORIES).await.ok()["directories"][0].clone();
    let mut body = json!({ "name": "Company 2", "place": 1, "enabled": true, "config": shown["config"] });
    proved(&house.root, Method::PUT, &one, &body).await.ok();
    body["config"]["urls"] = json!(["ldaps://localhost:1"]);
    let refused = proved(&house.root, Method::PUT, &one, &body).await.refused(400, "M_INVALID_PARAM");
    assert_eq!(refused["reason"], "directory_password_needed");
    let test = json!({ "id": house.id, "config": body["config"], "user": "alice" });
    let refused = proved(&house.root, Method::POST, &format!("{DIRECTORIES}/test"), &test).await;
    assert_eq!(refused.refused(400, "M_INVALID_PARAM")["reason"], "directory_password_needed");
    proved(&house.root, Method::DELETE, &one, &json!({})).await.ok();
    proved(&house.root, Method::DELETE, &one, &json!({})).await.refused(404, "M_NOT_FOUND");
}

#[tokio::test]
async fn a_directory_that_was_taken_away_and_comes_back_finds_its_people() {
    let house = House::new(&Slapd::person("alice", ""), |_| ()).await;
    let alice = house.login("alice").await;
    let config = house.root.get(DIRECTORIES).await.ok()["directories"][0]["config"].clone();
    proved(&house.root, Method::DELETE, &format!("{DIRECTORIES}/{}", house.id), &json!({})).await.ok();
    alice.whoami().await.ok();
    house.try_login("alice", "alice-password").await.refused(403, "M_FORBIDDEN");
    let body = json!({ "name": "Again", "enabled": true, "config": config, "password": Slapd::admin().1 });
    proved(&house.root, Method::POST, DIRECTORIES, &body).await.ok();
    assert_eq!(house.try_login("alice", "alice-password").await.ok()["user_id"], "@alice:localhost");
    let anybody = Client::anonymous(&house.server.base_url());
    anybody.get(DIRECTORIES).await.refused(401, "M_MISSING_TOKEN");
}

#[tokio::test]
async fn nobody_gets_into_other_peoples_accounts_by_a_directory_of_his_own() {
    let house = House::new(&Slapd::person("alice", ""), |_| ()).await;
    let alice = house.login("alice").await;
    let one = format!("{DIRECTORIES}/{}", house.id);
    let shown = house.root.get(DIRECTORIES).await.ok()["directories"][0].clone();
    let body = json!({ "name": "Company", "enabled": true, "config": shown["config"], "password": "x" });
    let helper = house.server.user("helper").await;
    let role = async |who: &Client, grant: &str| {
        let body = json!({ "role": "administrator", "grants": [grant] });
        proved(&house.root, Method::PUT, &format!("/api/admin/v1/users/{}/role", who.user_id), &body).await.ok();
    };
    // The system alone is not enough, because a directory opens people's accounts.
    role(&helper, "system").await;
    let refused = proved(&helper, Method::PUT, &one, &body).await.refused(403, "M_FORBIDDEN");
    assert_eq!((&refused["reason"], &refused["grant"]), (&json!("grant_needed"), &json!("users")));
    // Her password is the directory's: nobody gives her another one here.
    let reset = format!("/api/admin/v1/users/{}/reset_password", alice.user_id);
    let refused = proved(&house.root, Method::POST, &reset, &json!({})).await.refused(403, "M_FORBIDDEN");
    assert_eq!(refused["reason"], "password_kept_elsewhere");
    // An administrator among them is nobody's but an owner's to give away.
    role(&alice, "rooms").await;
    let mut another = body.clone();
    another["name"] = json!("Another");
    let changes =
        [(Method::PUT, one.as_str(), body), (Method::DELETE, &one, json!({})), (Method::POST, DIRECTORIES, another)];
    for (method, path, body) in changes {
        let refused = proved(&house.root, method, path, &body).await.refused(403, "M_FORBIDDEN");
        assert_eq!(refused["reason"], "directory_of_administrators");
    }
    assert_eq!(house.try_login("alice", "alice-password").await.ok()["user_id"], "@alice:localhost");
}
