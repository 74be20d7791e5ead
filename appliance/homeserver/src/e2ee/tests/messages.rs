//! Messages to devices.

use veche_base::limits::{TO_DEVICE_BYTES_MAX, TO_DEVICE_PAGE_MAX};

use super::*;

impl House {
    async fn send(&self, from: &Device, txn_id: &str, to: &Device, recipient: Recipient, text: &str) {
        let content = raw(&json!({ "text": text }));
        let messages = BTreeMap::from([(to.user.clone(), BTreeMap::from([(recipient, content)]))]);
        self.e2ee().send_to_device(&from.user, &from.id, "m.test", txn_id, messages).await.unwrap();
    }
}

fn texts(messages: &[Box<RawValue>]) -> Vec<String> {
    messages.iter().map(|message| value(message)["content"]["text"].as_str().unwrap().to_owned()).collect()
}

fn only(device: &Device) -> Recipient {
    Recipient::Device(device.id.clone())
}

#[tokio::test]
async fn a_message_stays_until_the_device_comes_back_with_its_token() {
    let house = House::new().await;
    let (alice, bob) = (house.sign_in("alice", "A").await, house.sign_in("bob", "B").await);
    let since = house.now();
    house.send(&alice, "1", &bob, only(&bob), "one").await;
    let update = house.update(&bob, Some(since));
    assert_eq!(texts(&update.to_device), ["one"]);
    let message = value(&update.to_device[0]);
    assert_eq!((&message["sender"], &message["type"]), (&json!(alice.user), &json!("m.test")));
    // The answer was lost: the device asks with the old token again.
    house.e2ee().acknowledge(&bob.user, &bob.id, since).await.unwrap();
    assert_eq!(texts(&house.update(&bob, Some(since)).to_device), ["one"]);
    let answered = house.now();
    house.e2ee().acknowledge(&bob.user, &bob.id, answered).await.unwrap();
    assert!(house.update(&bob, Some(answered)).to_device.is_empty());
    assert!(house.update(&bob, None).to_device.is_empty(), "deleted, not only passed over");
}

#[tokio::test]
async fn a_repeated_sending_does_nothing_and_other_devices_may_use_the_same_id() {
    let house = House::new().await;
    let (alice, bob) = (house.sign_in("alice", "A").await, house.sign_in("bob", "B").await);
    house.send(&alice, "1", &bob, only(&bob), "one").await;
    house.send(&alice, "1", &bob, only(&bob), "again").await;
    house.send(&bob, "1", &bob, only(&bob), "own").await;
    assert_eq!(texts(&house.update(&bob, None).to_device), ["one", "own"]);
}

#[tokio::test]
async fn all_devices_and_only_real_ones_are_reached() {
    let house = House::new().await;
    let alice = house.sign_in("alice", "A").await;
    let (one, other) = (house.sign_in("bob", "B1").await, house.sign_in("bob", "B2").await);
    house.send(&alice, "1", &one, Recipient::All, "all").await;
    house.send(&alice, "2", &one, Recipient::Device("GONE".into()), "nobody").await;
    for device in [&one, &other] {
        assert_eq!(texts(&house.update(device, None).to_device), ["all"]);
    }
    house.sign_out(&other).await;
    let again = house.sign_in("bob", "B2").await;
    assert!(house.update(&again, None).to_device.is_empty(), "the queue goes with the device");
}

#[tokio::test]
async fn contents_that_are_too_large_or_no_objects_are_refused() {
    let house = House::new().await;
    let alice = house.sign_in("alice", "A").await;
    let send = async |content: &Value| {
        let to = BTreeMap::from([(Recipient::All, raw(content))]);
        let messages = BTreeMap::from([(alice.user.clone(), to)]);
        house.e2ee().send_to_device(&alice.user, &alice.id, "m.test", "1", messages).await
    };
    let large = json!({ "text": "x".repeat(TO_DEVICE_BYTES_MAX) });
    assert!(matches!(send(&large).await, Err(SendToDeviceError::TooLarge)));
    assert!(matches!(send(&json!([])).await, Err(SendToDeviceError::Invalid(_))));
    assert!(house.update(&alice, None).to_device.is_empty());
}

#[tokio::test]
async fn a_long_queue_comes_in_pages_and_loses_nothing() {
    let house = House::new().await;
    let (alice, bob) = (house.sign_in("alice", "A").await, house.sign_in("bob", "B").await);
    let (count, mut since) = (TO_DEVICE_PAGE_MAX + 20, Some(house.now()));
    for number in 0..count {
        house.send(&alice, &number.to_string(), &bob, only(&bob), &number.to_string()).await;
    }
    let mut received = Vec::new();
    loop {
        let (page, end) = house.e2ee().messages(&bob.user, &bob.id, since, house.now(), TO_DEVICE_PAGE_MAX).unwrap();
        received.extend(texts(&page));
        let Some(end) = end else { break };
        assert_eq!(page.len(), TO_DEVICE_PAGE_MAX);
        house.e2ee().acknowledge(&bob.user, &bob.id, end).await.unwrap();
        since = Some(end);
    }
    assert_eq!(received, (0..count).map(|number| number.to_string()).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_dehydrated_device_receives_and_is_emptied_page_by_page() {
    let house = House::new().await;
    let (alice, bob) = (house.device("alice", "A").await, house.device("bob", "B").await);
    let ghost =
        Device { user: bob.user.clone(), id: "GHOST".into(), key: Signer::named("GHOST"), token: String::new() };
    let keys = KeysUpload { one_time_keys: vec![ghost.one_time("1", "1")], ..ghost.keys() };
    let data = raw(&json!({ "algorithm": "org.matrix.msc3814.v2", "device_pickle": "p", "nonce": "n" }));
    let upload = DehydratedUpload { device_id: ghost.id.clone(), display_name: Some("Ghost".to_owned()), data, keys };
    house.e2ee().put_dehydrated(&bob.user, upload).await.unwrap();
    assert_eq!(house.query(&alice.user, &bob.user).device_keys[&bob.user].len(), 2);
    house.send(&alice, "1", &bob, Recipient::All, "hello").await;
    assert_eq!(house.e2ee().fetch_dehydrated(&bob.user).unwrap().0, ghost.id);
    let (page, next) = house.e2ee().dehydrated_messages(&bob.user, &ghost.id, None).unwrap();
    assert_eq!(texts(&page), ["hello"]);
    let (page, _) = house.e2ee().dehydrated_messages(&bob.user, &ghost.id, Some(next)).unwrap();
    assert!(page.is_empty());
    assert!(matches!(house.e2ee().dehydrated_messages(&bob.user, &bob.id, None), Err(DehydratedError::NotFound)));
    assert_eq!(house.e2ee().delete_dehydrated(&bob.user).await.unwrap(), ghost.id);
    assert_eq!(house.query(&alice.user, &bob.user).device_keys[&bob.user].len(), 1);
    assert!(matches!(house.e2ee().fetch_dehydrated(&bob.user), Err(DehydratedError::NotFound)));
    assert!(house.e2ee().messages(&bob.user, &ghost.id, None, house.now(), 9).unwrap().0.is_empty());
}
