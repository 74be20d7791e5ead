use std::time::Duration;

use ruma::{room_id, user_id};

use super::*;

fn grants(some: &[Grant]) -> Grants {
    some.iter().copied().collect()
}

/// The authority of an account with this role.
async fn authority(house: &House, name: &str, role: Role) -> Authority {
    let user = house.make(name).await;
    house.directory.set_role(&Authority::console(), &user, Some(role)).await.unwrap();
    house.requester(name, "CONSOLE").await.authority().unwrap()
}

#[tokio::test]
async fn administrators_do_what_they_were_granted_and_nothing_else() {
    let house = House::with_people().await;
    let rooms = authority(&house, "rooms", Role::Administrator(grants(&[Grant::Rooms]))).await;
    let bob = user_id!("@bob:ex.org");
    let directory = &house.directory;
    let missing = NotGranted(Grant::Users);
    let new = NewUser { username: "carol".to_owned(), password: secret(PASSWORD), admin: false };
    assert!(matches!(directory.create_user(&rooms, new).await, Err(RegisterError::NotGranted(it)) if it == missing));
    let refusals = [
        directory.set_locked(&rooms, bob, true).await,
        directory.set_suspended(&rooms, bob, true).await,
        directory.deactivate_user(&rooms, bob, false).await,
        directory.reset_password(&rooms, bob, secret("mine now")).await,
        directory.end_sessions(&rooms, bob, None).await,
        directory.record_rename(&rooms, bob, None, Some("Bob".to_owned())).await,
    ];
    for refusal in refusals {
        assert!(matches!(refusal, Err(AdminError::NotGranted(it)) if it == missing));
    }
    let token = directory.create_registration_token(&rooms, NewRegistrationToken::default()).await;
    assert!(matches!(token, Err(RegistrationTokenError::NotGranted(_))));
    assert!(matches!(directory.check_import(&rooms, &["carol".to_owned()]), Err(ImportError::NotGranted)));
    let users = authority(&house, "users", Role::Administrator(grants(&[Grant::Users]))).await;
    directory.set_locked(&users, bob, true).await.unwrap();
    let closed = directory.close_room(&users, room_id!("!r:ex.org"), json!({})).await;
    assert!(matches!(closed, Err(AdminError::NotGranted(NotGranted(Grant::Rooms)))));
}

#[tokio::test]
async fn nobody_gives_more_than_he_has() {
    let house = House::with_people().await;
    let some = grants(&[Grant::Users, Grant::Rooms]);
    let giver = authority(&house, "giver", Role::Administrator(some)).await;
    let (alice, directory) = (user_id!("@alice:ex.org"), &house.directory);
    for beyond in [Role::Owner, Role::Administrator(Grants::ALL), Role::Administrator(grants(&[Grant::System]))] {
        let refused = directory.set_role(&giver, alice, Some(beyond)).await;
        assert!(matches!(refused, Err(AdminError::Beyond)), "{beyond:?}");
    }
    directory.set_role(&giver, alice, Some(Role::Administrator(grants(&[Grant::Rooms])))).await.unwrap();
    assert_eq!(directory.account(alice).unwrap().grants, grants(&[Grant::Rooms]));
    let back = directory.set_role(&giver, alice, None).await;
    assert!(matches!(back, Err(AdminError::Administrator)), "what was given is an owner's to take");
    let own = directory.set_role(&giver, user_id!("@giver:ex.org"), Some(Role::Administrator(some))).await;
    assert!(matches!(own, Err(AdminError::Administrator)));
}

#[tokio::test]
async fn owners_may_do_to_administrators_what_administrators_may_not() {
    let house = House::with_people().await;
    let owner = authority(&house, "olga", Role::Owner).await;
    let second = authority(&house, "oleg", Role::Owner).await;
    let (root, directory) = (user_id!("@root:ex.org"), &house.directory);
    let (olga, oleg) = (user_id!("@olga:ex.org"), user_id!("@oleg:ex.org"));
    assert!(owner.is_owner() && owner.grants() == Grants::ALL);
    directory.set_locked(&owner, root, true).await.unwrap();
    directory.set_locked(&owner, root, false).await.unwrap();
    directory.set_role(&owner, root, None).await.unwrap();
    assert!(house.requester("root", "CONSOLE").await.authority().is_err(), "at once");
    for user in [olga, oleg] {
        let locked = directory.set_locked(&owner, user, true).await;
        assert!(matches!(locked, Err(AdminError::Administrator)), "owners are safe from locks: {user}");
    }
    assert!(matches!(directory.set_role(&owner, olga, None).await, Err(AdminError::Administrator)), "oneself");
    directory.set_role(&second, olga, Some(Role::Administrator(Grants::NONE))).await.unwrap();
    assert_eq!(directory.account(olga).unwrap().role(), Some(Role::Administrator(Grants::NONE)));
    let rows = directory.journal(&Authority::console(), 0, 99).await.unwrap();
    let last = &rows.last().unwrap().act;
    assert_eq!((last.action.as_str(), last.actor.as_str()), ("account.set_role", oleg.as_str()));
    assert_eq!(
        last.detail,
        json!({
            "from": { "role": "owner" }, "to": { "role": "administrator", "grants": [] }
        })
    );
}

#[tokio::test]
async fn whoever_claims_the_server_owns_it_and_loses_that_with_his_account() {
    let house = House::new(|_| ());
    let token = house.directory.first_claim_token().unwrap();
    let pass = house.newcomer(Some(&auth(json!({ "type": "m.login.registration_token", "token": token })))).await;
    let request = RegisterRequest {
        kind: Kind::User,
        username: Some("olga".to_owned()),
        password: Some(secret(PASSWORD)),
        inhibit_login: true,
        device_id: None,
        display_name: None,
        refresh_token: false,
        caller: home(),
    };
    let made = house.directory.register(request, pass.unwrap()).await.unwrap();
    for house in [&house, &house.after_a_crash()] {
        assert_eq!(house.directory.account(&made.user_id).unwrap().role(), Some(Role::Owner));
    }
    house.directory.deactivate_user(&Authority::console(), &made.user_id, false).await.unwrap();
    assert_eq!(house.directory.account(&made.user_id).unwrap().role(), None);
}

#[tokio::test]
async fn a_proof_is_fresh_for_five_minutes_and_for_its_session_alone() {
    let house = House::with_people().await;
    let (here, there) = (house.requester("root", "HERE").await, house.requester("root", "THERE").await);
    let directory = &house.directory;
    let wrong = directory.prove_freshly(&here, secret("wrong password"), &home()).await;
    assert!(matches!(wrong, Err(LoginError::WrongCredentials)));
    let fresh = directory.prove_freshly(&here, secret(PASSWORD), &home()).await.unwrap();
    let proof = fresh.proof.expose();
    assert!(directory.is_fresh(&here, proof));
    assert!(!directory.is_fresh(&there, proof) && !directory.is_fresh(&here, "vft_nonsense"));
    house.clock.advance(fresh.expires_in - Duration::from_millis(1));
    assert!(directory.is_fresh(&here, proof));
    house.clock.advance(Duration::from_millis(1));
    assert!(!directory.is_fresh(&here, proof));
    let fresh = directory.prove_freshly(&here, secret(PASSWORD), &home()).await.unwrap();
    directory.logout(&here).await.unwrap();
    assert!(!directory.is_fresh(&here, fresh.proof.expose()), "the session is over");
}

#[tokio::test]
async fn an_import_makes_all_or_nothing() {
    let house = House::with_people().await;
    let (root, directory) = (house.root().await, &house.directory);
    let names = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
    let before = house.actions().await;
    let refused = directory.import_users(&root, &names(&["carol", "Dave", "alice", "carol"])).await;
    let Err(ImportError::Names(faults)) = refused else { panic!("{refused:?}") };
    let found: Vec<_> = faults.iter().map(|(number, error)| (*number, error.to_string())).collect();
    let words = ["unusable user name", "user name in use", "user name in use"].map(str::to_owned);
    assert_eq!(found, [1, 2, 3].into_iter().zip(words).collect::<Vec<_>>());
    for count in [0, IMPORT_ACCOUNTS_MAX + 1] {
        let many: Vec<String> = (0..count).map(|number| format!("u{number}")).collect();
        assert!(matches!(directory.import_users(&root, &many).await, Err(ImportError::Count)));
    }
    assert_eq!(house.actions().await, before);
    let made = directory.import_users(&root, &names(&["carol", "dave"])).await.unwrap();
    assert_eq!(made.iter().map(|it| it.user_id.as_str()).collect::<Vec<_>>(), ["@carol:ex.org", "@dave:ex.org"]);
    for account in &made {
        house.try_login(account.user_id.as_str(), account.password.expose()).await.unwrap();
    }
    assert_eq!(house.actions().await[before.len()..], ["account.create", "account.create"]);
}

#[tokio::test]
async fn settings_are_changed_together_and_their_history_is_the_journal() {
    let house = House::with_people().await;
    let (root, directory) = (house.root().await, &house.directory);
    let new = |key: &str, value: Option<Value>| NewSetting { key: key.to_owned(), value };
    let changes = vec![new("site.name", Some(json!("Acme"))), new("registration.mode", Some(json!("token")))];
    directory.change_settings(&root, changes, None).await.unwrap();
    directory.change_settings(&root, vec![new("site.name", Some(json!("Acme")))], None).await.unwrap();
    directory.change_settings(&root, vec![new("site.name", None)], Some(7)).await.unwrap();
    let stored = directory.stored_settings().await.unwrap();
    assert_eq!((stored.get("site.name"), stored.get("registration.mode")), (None, Some(&json!("token"))));
    let history = directory.setting_history(&root, "site.name".to_owned(), None, 10).await.unwrap();
    let told: Vec<_> = history.iter().map(|change| (change.from.clone(), change.to.clone())).collect();
    assert_eq!(told, [(Some(json!("Acme")), None), (None, Some(json!("Acme")))], "one that changes nothing is none");
    let older = directory.setting_history(&root, "site.name".to_owned(), Some(history[0].row_id), 10).await.unwrap();
    assert_eq!(older.len(), 1);
    assert_eq!(directory.journal(&root, 0, 99).await.unwrap().last().unwrap().act.detail["undoes"], 7);
}

#[tokio::test]
async fn whoever_looks_after_a_part_sees_that_part_of_the_journal() {
    let house = House::with_people().await;
    let (root, directory) = (house.root().await, &house.directory);
    directory.close_room(&root, room_id!("!r:ex.org"), json!({})).await.unwrap();
    directory.write_down(&root, "certificate.upload", "uploaded", json!({})).await.unwrap();
    let rooms = authority(&house, "rooms", Role::Administrator(grants(&[Grant::Rooms]))).await;
    let users = authority(&house, "users", Role::Administrator(grants(&[Grant::Users]))).await;
    let nothing = authority(&house, "nothing", Role::Administrator(Grants::NONE)).await;
    let seen = async |authority: &Authority, nouns: Option<Vec<String>>| {
        let filter = JournalFilter { nouns, ..JournalFilter::default() };
        let rows = directory.search_journal(authority, filter, 100).await.unwrap();
        rows.into_iter().map(|row| row.act.action.split('.').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let all = seen(&root, None).await;
    assert!(all.contains(&"room".to_owned()) && all.contains(&"certificate".to_owned()), "{all:?}");
    assert_eq!(seen(&rooms, None).await, ["room"]);
    assert!(seen(&users, None).await.iter().all(|noun| noun == "account"));
    assert_eq!(seen(&users, Some(vec!["room".to_owned()])).await, Vec::<String>::new());
    assert_eq!(seen(&nothing, None).await, Vec::<String>::new());
    assert_eq!(seen(&root, Some(vec!["certificate".to_owned()])).await, ["certificate"]);
}

#[tokio::test]
async fn a_closed_room_stays_closed_and_is_emptied_once() {
    let house = House::with_people().await;
    let (root, room) = (house.root().await, room_id!("!r:ex.org"));
    assert!(!house.directory.is_room_closed(room));
    assert!(house.directory.close_room(&root, room, json!({ "members": 2 })).await.unwrap());
    assert!(!house.directory.close_room(&root, room, json!({})).await.unwrap());
    for house in [&house, &house.after_a_crash()] {
        assert!(house.directory.is_room_closed(room));
        assert_eq!(house.directory.rooms_to_empty().await.unwrap(), [room]);
    }
    house.directory.room_emptied(room).await.unwrap();
    assert_eq!(house.directory.rooms_to_empty().await.unwrap(), Vec::<ruma::OwnedRoomId>::new());
    assert_eq!(house.actions().await.iter().filter(|action| *action == "room.close").count(), 1);
}
