use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use ruma::{DeviceId, device_id, user_id};

use super::*;

async fn gone(house: &House) -> Vec<String> {
    let work = house.directory.pending_work(99).await.unwrap();
    work.into_iter()
        .map(|(_, work)| match work {
            Work::DeviceRemoved { device_id, .. } => device_id.to_string(),
            Work::AccountDeactivated { user_id, erase } => format!("{user_id} {erase}"),
        })
        .collect()
}

#[tokio::test]
async fn logout_ends_the_session_at_once_everywhere() {
    let house = House::with_people().await;
    let mut revocations = house.directory.revocations();
    let (here, there) = (house.login("alice", "HERE").await, house.login("alice", "THERE").await);
    let held = house.who(&here).await.unwrap();
    assert!(waits(held.revoked()).await);
    house.directory.logout(&held).await.unwrap();
    held.revoked().await;
    assert!(matches!(house.who(&here).await, Err(AuthenticateError::Unknown)));
    assert!(matches!(house.after_a_crash().who(&here).await, Err(AuthenticateError::Unknown)));
    house.who(&there).await.unwrap();
    let revoked = revocations.try_recv().unwrap();
    assert_eq!((revoked.device_id.as_str(), revoked.reason), ("HERE", Reason::SignedOut));
    assert_eq!(gone(&house).await, ["HERE"]);
    house.directory.logout(&held).await.unwrap();
    assert_eq!(gone(&house).await, ["HERE"], "twice does no harm");
}

#[tokio::test]
async fn sessions_that_can_be_used_are_told_and_no_others() {
    let house = House::with_people().await;
    let (stays, gone) = (house.requester("alice", "HERE").await, house.requester("alice", "GONE").await);
    let locked = house.requester("bob", "HOME").await;
    house.directory.logout(&gone).await.unwrap();
    let root = house.root().await;
    house.directory.set_locked(&root, &locked.user_id, true).await.unwrap();
    let told = |house: &House| {
        let mut sessions = house.directory.usable_sessions();
        sessions.retain(|(user, _)| user != "@root:ex.org");
        sessions
    };
    assert_eq!(told(&house), [(stays.user_id.clone(), stays.session_id)]);
    assert_eq!(told(&house.after_a_crash()), told(&house));
    house.directory.set_locked(&root, &locked.user_id, false).await.unwrap();
    assert!(told(&house).contains(&(locked.user_id, locked.session_id)), "it comes back with the account");
}

#[tokio::test]
async fn a_late_logout_leaves_the_new_session_of_the_device_alone() {
    let house = House::with_people().await;
    let old = house.requester("alice", "HERE").await;
    let new = house.login("alice", "HERE").await;
    house.directory.logout(&old).await.unwrap();
    house.who(&new).await.unwrap();
}

#[tokio::test]
async fn logout_all_ends_everything_of_the_account_and_nothing_else() {
    let house = House::with_people().await;
    let (one, two) = (house.login("alice", "ONE").await, house.login("alice", "TWO").await);
    let bob = house.login("bob", "HOME").await;
    house.directory.logout_all(&house.who(&one).await.unwrap()).await.unwrap();
    for signed_in in [&one, &two] {
        assert!(matches!(house.who(signed_in).await, Err(AuthenticateError::Unknown)));
    }
    house.who(&bob).await.unwrap();
    assert_eq!(gone(&house).await, ["ONE", "TWO"]);
}

#[tokio::test]
async fn devices_are_deleted_with_ones_own_proof_only() {
    let house = House::with_people().await;
    let alice = house.requester("alice", "HERE").await;
    let lost = house.login("alice", "LOST").await;
    let bob = house.requester("bob", "LOST").await;
    let devices: BTreeSet<_> = [device_id!("LOST").to_owned(), device_id!("NEVER").to_owned()].into();
    let refused = house.directory.delete_devices(&alice, devices.clone(), house.pass(&bob).await).await;
    assert!(matches!(refused, Err(DeviceError::NotProven)));
    house.directory.delete_devices(&alice, devices, house.pass(&alice).await).await.unwrap();
    assert!(matches!(house.who(&lost).await, Err(AuthenticateError::Unknown)));
    assert!(house.directory.device(&bob.user_id, device_id!("LOST")).is_some(), "bob's device of the same name");
    assert_eq!(gone(&house).await, ["LOST"]);
}

#[tokio::test]
async fn work_for_conversations_stays_until_done_also_over_a_crash() {
    let house = House::with_people().await;
    let alice = house.requester("alice", "HERE").await;
    assert!(waits(house.directory.work_arrived()).await);
    house.directory.logout(&alice).await.unwrap();
    house.directory.work_arrived().await;
    let after = house.after_a_crash();
    let (number, _) = after.directory.pending_work(9).await.unwrap()[0].clone();
    after.directory.work_done(number).await.unwrap();
    assert!(after.directory.pending_work(9).await.unwrap().is_empty());
}

/// Whoever owns conversations, as far as this crate can tell.
struct Owner {
    directory: Arc<Directory>,
    asked: AtomicU32,
    fails: AtomicBool,
}

impl Owner {
    fn of(house: &House) -> Arc<Self> {
        let directory = Arc::clone(&house.directory);
        let owner = Arc::new(Self { directory, asked: AtomicU32::new(0), fails: AtomicBool::new(false) });
        let conversations = Arc::downgrade(&owner);
        house.directory.set_conversations(conversations);
        owner
    }
}

impl Conversations for Owner {
    fn settle_device<'a>(&'a self, user: &'a UserId, device: &'a DeviceId) -> Settling<'a> {
        Box::pin(async move {
            self.asked.fetch_add(1, Ordering::SeqCst);
            if self.fails.load(Ordering::SeqCst) {
                return Err(StoreError::DiskFull);
            }
            for number in self.directory.pending_work_of(user, device).await? {
                self.directory.work_done(number).await?;
            }
            Ok(())
        })
    }
}

#[tokio::test]
async fn a_device_comes_back_once_the_former_one_of_its_name_is_forgotten() {
    let house = House::with_people().await;
    let owner = Owner::of(&house);
    let alice = house.requester("alice", "HERE").await;
    house.requester("bob", "HERE").await;
    house.directory.logout(&alice).await.unwrap();
    house.login("alice", "THERE").await;
    house.login("bob", "HERE").await;
    assert_eq!(owner.asked.load(Ordering::SeqCst), 0, "other names wait for nothing");
    house.login("alice", "HERE").await;
    assert_eq!(owner.asked.load(Ordering::SeqCst), 1);
    assert!(gone(&house).await.is_empty(), "nothing is left that could be forgotten later");
}

#[tokio::test]
async fn a_device_that_cannot_be_forgotten_does_not_come_back_and_costs_no_login_token() {
    let house = House::with_people().await;
    let owner = Owner::of(&house);
    let alice = house.requester("alice", "HERE").await;
    let token = house.directory.issue_login_token(house.pass(&alice).await).await.unwrap().token;
    house.directory.logout(&alice).await.unwrap();
    let back = |credentials| {
        let request = LoginRequest { credentials, device_id: Some("HERE".into()), ..login("alice", PASSWORD) };
        house.directory.login(request)
    };
    let ways = [login("alice", PASSWORD).credentials, Credentials::Token(token)];
    owner.fails.store(true, Ordering::SeqCst);
    for way in &ways {
        let refused = back(way.clone()).await;
        assert!(matches!(refused, Err(LoginError::Internal(StoreError::DiskFull))), "{refused:?}");
    }
    assert!(house.directory.devices(&alice.user_id).is_empty());
    assert_eq!(gone(&house).await, ["HERE"]);
    owner.fails.store(false, Ordering::SeqCst);
    for way in ways {
        back(way).await.unwrap();
    }
    drop(owner);
    house.directory.logout(&house.requester("alice", "HERE").await).await.unwrap();
    assert!(matches!(back(login("alice", PASSWORD).credentials).await, Err(LoginError::Internal(_))));
}

#[tokio::test]
async fn changed_password_replaces_the_old_one_and_signs_others_out_when_asked() {
    let house = House::with_people().await;
    for (logout_devices, old, new) in [(false, PASSWORD, "another horse"), (true, "another horse", "third horse")] {
        let sign_in = |device: &str| {
            let mut request = login("alice", old);
            request.device_id = Some(device.into());
            house.directory.login(request)
        };
        let (here, there) = (sign_in("HERE").await.unwrap(), sign_in("THERE").await.unwrap());
        let alice = house.who(&here).await.unwrap();
        let auth = password_auth(&alice.user_id, old, None);
        let pass = house.uia(&alice, &auth).await.unwrap();
        house.directory.change_password(&alice, secret(new), logout_devices, pass).await.unwrap();
        house.who(&here).await.unwrap();
        assert_eq!(house.who(&there).await.is_err(), logout_devices);
        assert!(house.try_login("alice", old).await.is_err());
        assert!(house.after_a_crash().try_login("alice", new).await.is_ok());
    }
    let alice = house.requester("bob", "HERE").await;
    for weak in ["", "1234567", &"a".repeat(513)] {
        let refused = house.directory.change_password(&alice, secret(weak), true, house.pass(&alice).await).await;
        assert!(matches!(refused, Err(ChangePasswordError::Weak)), "{weak:?}");
    }
}

#[tokio::test]
async fn deactivated_account_is_gone_for_good() {
    let house = House::with_people().await;
    let alice = house.requester("alice", "HERE").await;
    let signed_in = house.login("alice", "THERE").await;
    let bob = house.requester("bob", "HERE").await;
    let refused = house.directory.deactivate(&alice, true, house.pass(&bob).await).await;
    assert!(matches!(refused, Err(DeactivateError::NotProven)));
    assert!(house.directory.is_active(&alice.user_id));

    house.directory.deactivate(&alice, true, house.pass(&alice).await).await.unwrap();
    assert!(alice.is_revoked());
    for house in [&house, &house.after_a_crash()] {
        assert!(matches!(house.who(&signed_in).await, Err(AuthenticateError::Unknown)));
        assert!(matches!(house.try_login("alice", PASSWORD).await, Err(LoginError::WrongCredentials)));
        assert!(!house.directory.is_active(&alice.user_id));
        assert!(house.directory.account(&alice.user_id).unwrap().erased);
        assert_eq!(house.directory.local_users(), [user_id!("@bob:ex.org"), user_id!("@root:ex.org")]);
        assert_eq!(gone(house).await, ["HERE", "THERE", "@alice:ex.org true"]);
        let again = NewUser { username: "alice".to_owned(), password: secret(PASSWORD), admin: false };
        let taken = house.directory.create_user(&Authority::console(), again).await;
        assert!(matches!(taken, Err(RegisterError::UserInUse)), "the name is nobody else's");
    }
}

#[tokio::test]
async fn reports_are_bounded_and_read_by_administrators() {
    let house = House::with_people().await;
    let alice = house.requester("alice", "HERE").await;
    let subject = || Subject::User(user_id!("@bob:ex.org").to_owned());
    let number = house.directory.report(&alice, subject(), Some("rude".to_owned())).await.unwrap();
    let long = house.directory.report(&alice, subject(), Some("a".repeat(5_000))).await;
    assert!(matches!(long, Err(ReportError::TooLong)));
    for _ in 1..100 {
        house.directory.report(&alice, subject(), None).await.unwrap();
    }
    assert!(matches!(house.directory.report(&alice, subject(), None).await, Err(ReportError::TooMany)));
    house.clock.advance(std::time::Duration::from_secs(24 * 3_600 + 1));
    house.directory.report(&alice, subject(), None).await.unwrap();
    assert!(alice.authority().is_err());
    let root = house.root().await;
    assert_eq!(house.directory.reports(&root, None, 1_000).await.unwrap().len(), 101);
    assert!(house.directory.delete_report(&root, number).await.unwrap());
    assert!(!house.directory.delete_report(&root, number).await.unwrap());
}
