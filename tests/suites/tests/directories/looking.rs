//! Looking at everybody: who is out, who is back, who is called otherwise.

use reqwest::Method;
use serde_json::{Value, json};
use veche_test_harness::Slapd;

use crate::house::{DIRECTORIES, House, proved};

/// More people than the directory gives in one answer without pages.
const MANY: usize = 5_000;

fn change(uid: &str, what: &str) -> String {
    format!("dn: {}\nchangetype: modify\n{what}\n", Slapd::dn(uid))
}

#[tokio::test]
async fn whoever_is_disabled_is_out_at_once_and_comes_back() {
    let house = House::new(&(Slapd::person("alice", "") + &Slapd::person("bob", "")), |_| ()).await;
    let (alice, bob) = (house.login("alice").await, house.login("bob").await);
    let since = alice.sync(None, 0, "").await.ok()["next_batch"].as_str().expect("a token").to_owned();
    house.slapd.change(&change("alice", "add: pwdAccountLockedTime\npwdAccountLockedTime: 000001010000Z"));
    let waiting = alice.sync(Some(&since), 60_000, "");
    let (ended, report) = tokio::join!(waiting, house.look(false));
    // The open request hears why; the session is gone after it.
    ended.refused(401, "M_USER_LOCKED");
    alice.whoami().await.refused(401, "M_UNKNOWN_TOKEN");
    assert_eq!(report["locked"], json!([{ "user_id": "@alice:localhost", "why": "disabled" }]), "{report}");
    assert_eq!((&report["people"], &report["entries"], &report["cause"]), (&json!(2), &json!(2), &Value::Null));
    house.try_login("alice", "alice-password").await.refused(403, "M_FORBIDDEN");
    bob.whoami().await.ok();
    assert_eq!(house.look(false).await["locked"], json!([]), "once");
    let rows = house.journal("account.lock").await;
    assert_eq!((&rows[0]["actor"], &rows[0]["target"]), (&json!("directory:Company"), &json!("@alice:localhost")));

    house.slapd.change(&change("alice", "delete: pwdAccountLockedTime"));
    assert_eq!(house.look(false).await["unlocked"], json!(["@alice:localhost"]));
    alice.whoami().await.refused(401, "M_UNKNOWN_TOKEN");
    house.login("alice").await;
}

#[tokio::test]
async fn what_an_administrator_has_locked_the_directory_does_not_unlock() {
    let house = House::new(&Slapd::person("alice", ""), |_| ()).await;
    house.login("alice").await;
    house.root.post("/api/admin/v1/users/@alice:localhost/lock", &json!({})).await.ok();
    house.slapd.change(&change("alice", "add: pwdAccountLockedTime\npwdAccountLockedTime: 000001010000Z"));
    assert_eq!(house.look(false).await["locked"], json!([]));
    house.slapd.change(&change("alice", "delete: pwdAccountLockedTime"));
    assert_eq!(house.look(false).await["unlocked"], json!([]));
    house.try_login("alice", "alice-password").await.refused(401, "M_USER_LOCKED");
}

#[tokio::test]
async fn a_filter_that_would_throw_out_the_company_throws_out_nobody() {
    let names: Vec<String> = (0..7).map(|number| format!("person{number}")).collect();
    let ldif: String = names.iter().map(|name| Slapd::person(name, "")).collect();
    let house = House::new(&ldif, |_| ()).await;
    let mut people = Vec::new();
    for name in &names {
        people.push(house.login(name).await);
    }
    let one = house.root.get(DIRECTORIES).await.ok()["directories"][0].clone();
    let mut body = json!({ "name": "Company", "enabled": true, "config": one["config"] });
    body["config"]["user_filter"] = json!("(objectClass=nothingLikeIt)");
    proved(&house.root, Method::PUT, &format!("{DIRECTORIES}/{}", house.id), &body).await.ok();
    let report = house.look(false).await;
    assert_eq!((&report["cause"], &report["locked"]), (&json!("too_many_locked"), &json!([])));
    assert_eq!(report["held_back"].as_array().expect("a list").len(), 7);
    people[0].whoami().await.ok();
    let report = house.look(true).await;
    assert_eq!((report["locked"].as_array().expect("a list").len(), &report["cause"]), (7, &Value::Null));
    people[0].whoami().await.refused(401, "M_UNKNOWN_TOKEN");
    let path = format!("{DIRECTORIES}/{}/reports?limit=2", house.id);
    let reports = house.root.get(&path).await.ok();
    assert_eq!((&reports["reports"][0], &reports["reports"][1]["cause"]), (&report, &json!("too_many_locked")));
}

#[tokio::test]
async fn five_thousand_people_are_read_in_pages_and_then_only_what_changed() {
    let ldif: String = (0..MANY).map(|number| Slapd::person(&format!("p{number}"), "")).collect();
    let house = House::new(&ldif, |_| ()).await;
    let person = house.login("p4999").await;
    let room = person.create_room(&json!({})).await;
    let first = house.look(false).await;
    assert_eq!((&first["entries"], &first["changed_entries"]), (&json!(MANY), &json!(MANY)), "{first}");
    house.slapd.change(&change("p4999", "replace: cn\ncn: Somebody Else\n-\nadd: title\ntitle: Chief"));
    let second = house.look(false).await;
    assert_eq!((&second["entries"], &second["changed"]), (&json!(MANY), &json!(["@p4999:localhost"])), "{second}");
    // What changed within the last second that was read is read once more: a directory counts no finer.
    assert_eq!(house.look(false).await["changed_entries"], 1);
    // The new name reaches the rooms that the person is in.
    let mut since = None;
    loop {
        let page = person.sync(since.as_deref(), 60_000, "").await.ok();
        since = page["next_batch"].as_str().map(str::to_owned);
        let joined = &page["rooms"]["join"][&room];
        let events = [&joined["timeline"]["events"], &joined["state"]["events"]];
        let mut events = events.into_iter().filter_map(Value::as_array).flatten();
        if events.any(|event| event["content"]["displayname"] == "Somebody Else") {
            break;
        }
    }
}

#[tokio::test]
async fn the_deleted_are_out_and_their_accounts_stay_locked() {
    let house = House::new(&(Slapd::person("alice", "") + &Slapd::person("bob", "")), |_| ()).await;
    let alice = house.login("alice").await;
    house.slapd.change(&format!("dn: {}\nchangetype: delete\n", Slapd::dn("alice")));
    assert_eq!(house.look(false).await["locked"], json!([{ "user_id": "@alice:localhost", "why": "deleted" }]));
    alice.whoami().await.refused(401, "M_UNKNOWN_TOKEN");
    // Somebody new of the same name is somebody else.
    house.slapd.change(&Slapd::person("alice", ""));
    assert_eq!(house.look(false).await["unlocked"], json!([]));
    house.try_login("alice", "alice-password").await.refused(403, "M_FORBIDDEN");
    // A company without anybody is a mistake, also a small one.
    let bob = house.login("bob").await;
    for name in ["alice", "bob"] {
        house.slapd.change(&format!("dn: {}\nchangetype: delete\n", Slapd::dn(name)));
    }
    let report = house.look(false).await;
    assert_eq!((&report["cause"], &report["locked"]), (&json!("too_many_locked"), &json!([])));
    bob.whoami().await.ok();
}
