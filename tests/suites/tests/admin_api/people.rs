//! Accounts, their devices, and invitations.

use reqwest::Method;
use serde_json::{Value, json};
use veche_test_harness::{Client, PASSWORD};

use crate::house::{House, proved, try_login};

const USERS: &str = "/api/admin/v1/users";

fn of(user: &str) -> String {
    format!("{USERS}/@{user}:localhost")
}

fn ids(page: &Value) -> Vec<&str> {
    page["users"].as_array().expect("users").iter().map(|user| user["user_id"].as_str().expect("text")).collect()
}

#[tokio::test]
async fn accounts_are_made_found_and_renamed() {
    let house = House::new().await;
    let made = house.root.post(USERS, &json!({ "username": "carol", "display_name": "Carol Ivanova" })).await.ok();
    assert_eq!(made["user"]["display_name"], "Carol Ivanova");
    let password = made["password"].as_str().expect("a password was made");
    house.login("carol", password).await;
    let chosen = json!({ "username": "dave", "password": PASSWORD });
    assert_eq!(house.root.post(USERS, &chosen).await.ok()["password"], Value::Null);
    house.login("dave", PASSWORD).await;
    house.root.post(USERS, &chosen).await.refused(400, "M_USER_IN_USE");
    house.root.post(USERS, &json!({ "username": "A b" })).await.refused(400, "M_INVALID_USERNAME");
    house.root.post(USERS, &json!({ "username": "eve", "password": "short" })).await.refused(400, "M_WEAK_PASSWORD");
    house.root.post(USERS, &json!({ "username": "eve", "admin": true })).await.refused(400, "M_BAD_JSON");

    let all = house.root.get(USERS).await.ok();
    assert_eq!(ids(&all), ["@bob:localhost", "@carol:localhost", "@dave:localhost", "@root:localhost"]);
    assert_eq!((&all["total"], &all["next"]), (&json!(4), &Value::Null));
    let first = house.root.get(&format!("{USERS}?limit=3")).await.ok();
    assert_eq!((&first["total"], &first["next"]), (&json!(4), &json!("@dave:localhost")));
    let second = house.root.get(&format!("{USERS}?limit=3&after=@dave:localhost")).await.ok();
    assert_eq!((ids(&second), &second["next"]), (vec!["@root:localhost"], &Value::Null));
    for (query, expected) in [
        ("?search=IVANOVA", &["@carol:localhost"][..]),
        ("?search=dav", &["@dave:localhost"]),
        ("?status=administrator", &["@root:localhost"]),
        ("?status=locked", &[]),
    ] {
        assert_eq!(ids(&house.root.get(&format!("{USERS}{query}")).await.ok()), expected, "{query}");
    }
    let renamed = house.root.put(&format!("{}/display_name", of("carol")), &json!({ "display_name": "Carol" })).await;
    assert_eq!(renamed.ok()["display_name"], "Carol");
    House::assert_last(&house.journal("account.rename").await, "@carol:localhost");
    House::assert_last(&house.journal("account.create").await, "@dave:localhost");
    house.root.get(&of("nobody")).await.refused(404, "M_NOT_FOUND");
    house.root.get(&format!("{USERS}/nonsense")).await.refused(400, "M_INVALID_PARAM");
}

#[tokio::test]
async fn a_table_of_people_is_imported_whole_or_not_at_all() {
    let house = House::new().await;
    let import = async |csv: &str, dry_run: bool| {
        house.root.post(&format!("{USERS}/import"), &json!({ "csv": csv, "dry_run": dry_run })).await
    };
    let table = "username;display_name\r\nivan;Иван Петров\r\npetr;\r\n";
    let looked = import(table, true).await.ok();
    assert_eq!(looked["users"][0]["display_name"], "Иван Петров");
    assert_eq!(looked["users"][1], json!({ "user_id": "@petr:localhost", "display_name": null, "password": null }));
    house.root.get(&of("ivan")).await.refused(404, "M_NOT_FOUND");

    let faulty = import("username\nivan\nbob\nBad Name\nivan\n", false).await.refused(400, "M_INVALID_PARAM");
    let faults = json!([
        { "line": 3, "reason": "username_taken" },
        { "line": 4, "reason": "username_unusable" },
        { "line": 5, "reason": "username_taken" },
    ]);
    assert_eq!((&faulty["reason"], &faulty["faults"]), (&json!("import_faults"), &faults));
    house.root.get(&of("ivan")).await.refused(404, "M_NOT_FOUND");
    let many = format!("username\n{}", (0..201).map(|number| format!("u{number}\n")).collect::<String>());
    assert_eq!(import(&many, true).await.refused(400, "M_INVALID_PARAM")["reason"], "import_count");

    let made = import(table, false).await.ok();
    let password = made["users"][0]["password"].as_str().expect("a password was made");
    house.login("ivan", password).await;
    assert_eq!(house.root.get(&of("ivan")).await.ok()["display_name"], "Иван Петров");
    let made = house.journal("account.create").await;
    assert_eq!(made.iter().filter(|row| row["detail"]["by"] == "import").count(), 2, "{made:?}");
}

#[tokio::test]
async fn accounts_are_locked_suspended_and_given_new_passwords() {
    let house = House::new().await;
    let act = async |verb: &str| house.root.post(&format!("{}/{verb}", of("bob")), &json!({})).await.ok();
    let anybody = Client::anonymous(&house.server.base_url());
    assert_eq!(act("lock").await["locked"], true);
    house.bob.whoami().await.refused(401, "M_USER_LOCKED");
    try_login(&anybody, "bob", PASSWORD).await.refused(401, "M_USER_LOCKED");
    assert_eq!(act("unlock").await["locked"], false);
    house.bob.whoami().await.ok();
    let room = house.bob.create_room(&json!({})).await;
    assert_eq!(act("suspend").await["suspended"], true);
    let message = json!({ "msgtype": "m.text", "body": "x" });
    house.bob.send_as(&room, "m.room.message", "t", &message).await.refused(403, "M_USER_SUSPENDED");
    assert_eq!(act("unsuspend").await["suspended"], false);
    house.bob.say(&room, "x").await;

    let reset = format!("{}/reset_password", of("bob"));
    let given = proved(&house.root, Method::POST, &reset, &json!({})).await.ok();
    let password = given["password"].as_str().expect("a password was made");
    house.bob.whoami().await.refused(401, "M_UNKNOWN_TOKEN");
    try_login(&anybody, "bob", PASSWORD).await.refused(403, "M_FORBIDDEN");
    house.login("bob", password).await;
    for action in ["lock", "unlock", "suspend", "unsuspend", "reset_password"] {
        let rows = house.journal(&format!("account.{action}")).await;
        House::assert_last(&rows, "@bob:localhost");
        assert!(!rows[0].to_string().contains(password), "no secret in the journal");
    }
}

#[tokio::test]
async fn devices_are_listed_and_signed_out() {
    let house = House::new().await;
    let (second, third) = (house.bob.login().await, house.bob.login().await);
    let devices = format!("{}/devices", of("bob"));
    let list = async || {
        let listed = house.root.get(&devices).await.ok();
        let listed = listed["devices"].as_array().expect("devices").clone();
        listed.iter().map(|device| device["device_id"].as_str().expect("text").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(list().await, [&house.bob.device_id, &second.device_id, &third.device_id].map(String::clone));
    let one = format!("{devices}/{}", second.device_id);
    house.root.delete(&one, &json!({})).await.ok();
    second.whoami().await.refused(401, "M_UNKNOWN_TOKEN");
    house.root.delete(&one, &json!({})).await.refused(404, "M_NOT_FOUND");
    third.whoami().await.ok();
    house.root.delete(&devices, &json!({})).await.ok();
    third.whoami().await.refused(401, "M_UNKNOWN_TOKEN");
    assert_eq!(list().await, Vec::<String>::new());
    let rows = house.journal("account.end_sessions").await;
    House::assert_last(&rows, "@bob:localhost");
    assert_eq!(rows[1]["detail"]["device_id"], second.device_id);
}

#[tokio::test]
async fn whoever_is_deactivated_does_not_come_back() {
    let house = House::new().await;
    let path = format!("{}/deactivate", of("bob"));
    let gone = proved(&house.root, Method::POST, &path, &json!({ "erase": true })).await.ok();
    assert!(gone["deactivated_ms"].is_u64() && gone["erased"] == true, "{gone}");
    house.bob.whoami().await.refused(401, "M_UNKNOWN_TOKEN");
    let anybody = Client::anonymous(&house.server.base_url());
    let login = try_login(&anybody, "bob", PASSWORD).await;
    assert_eq!(login.status, 403, "{login}");
    House::assert_last(&house.journal("account.deactivate").await, "@bob:localhost");
    house.root.post(USERS, &json!({ "username": "bob" })).await.refused(400, "M_USER_IN_USE");
    let again = proved(&house.root, Method::POST, &path, &json!({ "erase": true })).await;
    again.refused(403, "M_USER_DEACTIVATED");
}

#[tokio::test]
async fn invitations_are_made_counted_and_taken_back() {
    let house = House::with(&[("registration.mode", "token")]).await;
    let invites = "/api/admin/v1/invites";
    let made = house.root.post(invites, &json!({ "uses_allowed": 1 })).await.ok();
    let token = made["token"].as_str().expect("a token").to_owned();
    let link = made["link"].as_str().expect("a link");
    assert!(link.starts_with("http") && link.ends_with(&format!("/#/invite/{token}")), "{link}");
    for (body, reason) in [
        (json!({ "uses_allowed": 0 }), "uses_range"),
        (json!({ "uses_allowed": 100_001 }), "uses_range"),
        (json!({ "expires_ms": 1 }), "expires_in_the_past"),
    ] {
        assert_eq!(house.root.post(invites, &body).await.refused(400, "M_INVALID_PARAM")["reason"], reason);
    }
    house.root.post(invites, &json!({ "token": "not a token" })).await.refused(400, "M_INVALID_PARAM");
    register(&house, "ivan", &token).await;
    let listed = house.root.get(invites).await.ok();
    assert_eq!(listed["enabled"], true);
    let invite = &listed["invites"][0];
    assert_eq!((&invite["used"], &invite["usable"]), (&json!(1), &json!(false)), "{invite}");
    let one = format!("{invites}/{token}");
    house.root.delete(&one, &json!({})).await.ok();
    house.root.delete(&one, &json!({})).await.refused(404, "M_NOT_FOUND");
    assert_eq!(house.root.get(invites).await.ok()["invites"], json!([]));
    let nouns = house.root.get("/api/admin/v1/journal?noun=registration_token").await.ok();
    assert_eq!(nouns["rows"].as_array().map(Vec::len), Some(2), "{nouns}");
}

async fn register(house: &House, name: &str, token: &str) {
    let anybody = Client::anonymous(&house.server.base_url());
    let path = "/_matrix/client/v3/register";
    let asked = anybody.post(path, &json!({ "username": name, "password": PASSWORD })).await.json();
    let auth = json!({ "type": "m.login.registration_token", "token": token, "session": asked["session"] });
    anybody.post(path, &json!({ "username": name, "password": PASSWORD, "auth": auth })).await.ok();
}
