//! The site as a whole: settings, the start page, the log, what runs here.

use reqwest::Method;
use serde_json::{Value, json};
use veche_test_harness::{Answer, Client};

use crate::house::{House, proved};

const SETTINGS: &str = "/api/admin/v1/settings";

async fn change(house: &House, key: &str, value: Value) -> Answer {
    house.root.put(&format!("{SETTINGS}/{key}"), &json!({ "value": value })).await
}

#[tokio::test]
async fn settings_are_shown_with_where_they_come_from() {
    let house = House::new().await;
    let all = house.root.get(SETTINGS).await.ok();
    let find = |key: &str| {
        let mut settings = all["settings"].as_array().expect("settings").iter();
        settings.find(|setting| setting["key"] == key).unwrap_or_else(|| panic!("no {key} in {all}")).clone()
    };
    let name = find("server.name");
    assert_eq!(
        (&name["value"], &name["source"], &name["fixed"]),
        (&json!("localhost"), &json!("command_line"), &json!("command_line"))
    );
    let language = find("site.language");
    assert_eq!(
        (&language["source"], &language["fixed"], &language["choices"]),
        (&json!("default"), &Value::Null, &json!(["en", "ru"]))
    );
    let secret = find("registration.shared_secret");
    assert_eq!((&secret["secret"], &secret["value"]), (&json!(true), &Value::Null));
    assert!(!all.to_string().contains(veche_test_harness::SECRET), "no secret is shown");
}

#[tokio::test]
async fn settings_are_changed_undone_and_kept() {
    let mut house = House::new().await;
    let about = async |server: &str| Client::anonymous(server).get("/api/site/v1/about").await.ok()["name"].clone();
    assert_eq!(about(&house.server.base_url()).await, Value::Null);
    let changed = change(&house, "site.name", json!("Acme")).await.ok();
    assert_eq!(
        (&changed["value"], &changed["source"], &changed["pending"]),
        (&json!("Acme"), &json!("console"), &json!(false))
    );
    assert_eq!(about(&house.server.base_url()).await, "Acme", "at once");
    change(&house, "site.name", json!("Acme Ltd")).await.ok();
    let history = house.root.get(&format!("{SETTINGS}/site.name/history")).await.ok();
    let told: Vec<_> =
        history["changes"].as_array().expect("changes").iter().map(|it| (&it["from"], &it["to"])).collect();
    assert_eq!(told, [(&json!("Acme"), &json!("Acme Ltd")), (&Value::Null, &json!("Acme"))]);
    let row = &history["changes"][0]["row"];
    let undo = format!("{SETTINGS}/site.name/undo");
    assert_eq!(house.root.post(&undo, &json!({ "row": row })).await.ok()["value"], "Acme");
    house.root.post(&undo, &json!({ "row": 1 })).await.refused(404, "M_NOT_FOUND");
    let rows = house.journal("setting.change").await;
    House::assert_last(&rows, "site.name");
    assert_eq!((rows.len(), &rows[0]["detail"]["undoes"]), (3, row));

    let waits = change(&house, "presence.enabled", json!(false)).await.ok();
    assert_eq!((&waits["applies"], &waits["pending"]), (&json!("after_restart"), &json!(true)));
    house.server.kill();
    house.server.restart().await;
    assert_eq!(about(&house.server.base_url()).await, "Acme");
    let root = house.root.moved_to(&house.server.base_url());
    let all = root.get(SETTINGS).await.ok();
    let presence = all["settings"].as_array().expect("settings").iter().find(|it| it["key"] == "presence.enabled");
    let presence = presence.expect("it is listed");
    assert_eq!((&presence["value"], &presence["pending"]), (&json!(false), &json!(false)));
    assert_eq!(root.get("/api/admin/v1/dashboard").await.ok()["people"]["online"], Value::Null, "it holds now");
}

#[tokio::test]
async fn settings_that_cannot_be_are_refused() {
    let house = House::new().await;
    change(&house, "nothing.here", json!(1)).await.refused(404, "M_NOT_FOUND");
    for (key, fixed) in [
        ("server.name", "command_line"),
        ("listen.redirect", "machine"),
        ("log.level", "machine"),
        ("setup.skip", "command_line"),
    ] {
        let refused = change(&house, key, json!("x")).await.refused(403, "M_FORBIDDEN");
        assert_eq!((&refused["reason"], &refused["fixed"]), (&json!("setting_fixed"), &json!(fixed)), "{key}");
    }
    let certificate = json!({ "value": "own" });
    let refused = proved(&house.root, Method::PUT, &format!("{SETTINGS}/tls.source"), &certificate).await;
    assert_eq!(refused.refused(403, "M_FORBIDDEN")["fixed"], "elsewhere");
    for (key, value) in [
        ("site.language", json!("xx")),
        ("site.name", json!(7)),
        ("site.name", json!("a\nb")),
        ("limits.upload_bytes_max", json!(-1)),
        ("presence.enabled", json!("yes")),
    ] {
        let refused = change(&house, key, value).await.refused(400, "M_INVALID_PARAM");
        assert_eq!(refused["reason"], "setting_invalid", "{key}");
    }
    let unproved = change(&house, "registration.mode", json!("token")).await.refused(403, "M_FORBIDDEN");
    assert_eq!(unproved["reason"], "fresh_proof_needed");
    assert_eq!(house.journal("setting.change").await.len(), 0);
    let body = json!({ "value": "token" });
    proved(&house.root, Method::PUT, &format!("{SETTINGS}/registration.mode"), &body).await.ok();
    let about = Client::anonymous(&house.server.base_url()).get("/api/site/v1/about").await.ok();
    assert_eq!(about["registration"], "token");
    assert_eq!(house.root.get("/api/admin/v1/invites").await.ok()["enabled"], true);
}

#[tokio::test]
async fn the_policy_of_encryption_holds_for_rooms_made_after_it() {
    let house = House::new().await;
    let is_encrypted = async |body: Value| {
        let room = house.bob.create_room(&body).await;
        house.bob.state(&room, "m.room.encryption", "").await.status == 200
    };
    assert!(!is_encrypted(json!({ "preset": "private_chat" })).await, "managed");
    let body = json!({ "value": "private" });
    proved(&house.root, Method::PUT, &format!("{SETTINGS}/rooms.encryption"), &body).await.ok();
    assert!(is_encrypted(json!({ "preset": "private_chat" })).await);
    assert!(is_encrypted(json!({ "preset": "trusted_private_chat", "is_direct": true })).await);
    assert!(!is_encrypted(json!({ "preset": "public_chat" })).await);
}

#[tokio::test]
async fn the_start_page_tells_how_the_site_is() {
    let house = House::new().await;
    let room = house.bob.create_room(&json!({})).await;
    house.bob.say(&room, "hello").await;
    house.bob.say(&room, "there").await;
    house.root.post("/api/admin/v1/users/@bob:localhost/lock", &json!({})).await.ok();
    let dashboard = house.root.get("/api/admin/v1/dashboard").await.ok();
    let people = &dashboard["people"];
    assert_eq!((&people["accounts"], &people["locked"], &people["last_day"]), (&json!(2), &json!(1), &json!(2)));
    let days = dashboard["days"].as_array().expect("days");
    assert_eq!(days.last().expect("today")["messages"], 2, "{dashboard}");
    assert_eq!(dashboard["rooms"], 1);
    let disk = &dashboard["disk"];
    assert!(disk["total_bytes"].as_u64() > disk["free_bytes"].as_u64(), "{disk}");
    assert_eq!(dashboard["certificate"]["in_use"], "own");
    assert!(dashboard["health"].is_array());
}

#[tokio::test]
async fn the_log_and_the_machine_are_shown_without_secrets() {
    let house = House::new().await;
    let about = house.root.get("/api/admin/v1/about").await.ok();
    assert_eq!(about["server_name"], "localhost");
    let machine = &about["machine"];
    assert!(
        machine["version"].is_string() && machine["memory_bytes"].as_u64().is_some_and(|it| it > 1 << 20),
        "{about}"
    );
    let room = house.bob.create_room(&json!({})).await;
    house.bob.say(&room, "swordfish").await;
    let lines = async |query: &str| {
        let log = house.root.get(&format!("/api/admin/v1/logs{query}")).await.ok();
        log["lines"].as_array().expect("lines").clone()
    };
    let all = lines("?limit=200").await;
    let numbers: Vec<_> = all.iter().map(|line| line["number"].as_u64().expect("a number")).collect();
    assert!(numbers.is_sorted() && !numbers.is_empty());
    let started = lines("?search=THE SERVER ANSWERS").await;
    assert_eq!(started.len(), 1, "{started:?}");
    assert_eq!((&started[0]["level"], &started[0]["fields"]["server_name"]), (&json!("info"), &json!("localhost")));
    let after = lines(&format!("?after={}", started[0]["number"])).await;
    assert!(after.iter().all(|line| line["number"].as_u64() > started[0]["number"].as_u64()));
    assert!(lines("?level=error").await.is_empty(), "nothing has failed");
    let text = Value::from(all).to_string();
    for secret in [house.root.access_token.as_str(), "swordfish", veche_test_harness::PASSWORD] {
        assert!(!text.contains(secret), "{secret}");
    }
}
