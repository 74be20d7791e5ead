//! Messages in an encrypted room and everything that is done to them.

use futures_util::stream;
use matrix_sdk::RoomState;
use matrix_sdk::attachment::AttachmentInfo;
use matrix_sdk::media::{MediaFormat, MediaRequestParameters};
use matrix_sdk::room::Receipts;
use matrix_sdk::room::edit::EditedContent;
use matrix_sdk::ruma::api::client::receipt::create_receipt::v3::ReceiptType;
use matrix_sdk::ruma::events::receipt::{ReceiptThread, ReceiptType as Shown};
use matrix_sdk::ruma::events::room::MediaSource;
use matrix_sdk::ruma::events::room::message::{
    MessageType, RoomMessageEventContent, RoomMessageEventContentWithoutRelation,
};
use matrix_sdk_ui::timeline::{AttachmentConfig, AttachmentSource, EventTimelineItem, ReactionStatus, TimelineFocus};
use veche_test_sdk::{Phone, Screen, Server, first, soon, text_of};

/// Alice and Bob, each with the same encrypted room open.
async fn conversation(server: &Server) -> (Phone, Screen, Phone, Screen) {
    let (alice, bob, id) = Phone::pair(server).await;
    let hers = alice.open(&alice.room(&id, RoomState::Joined).await).await;
    let his = bob.open(&bob.room(&id, RoomState::Joined).await).await;
    (alice, hers, bob, his)
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_talk_encrypted() {
    let server = Server::start().await;
    let (alice, mut hers, bob, mut his) = conversation(&server).await;
    hers.send("hello").await;
    let seen = his.message("hello").await;
    assert_eq!(seen.sender(), alice.user_id());
    assert!(seen.encryption_info().is_some(), "it came encrypted");
    his.send("good day").await;
    let seen = hers.message("good day").await;
    assert_eq!(seen.sender(), bob.user_id());
    hers.reads(&["hello", "good day"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_are_edited_and_taken_back() {
    let server = Server::start().await;
    let (_alice, mut hers, _bob, mut his) = conversation(&server).await;
    hers.send("helo").await;
    his.message("helo").await;
    let item = hers.message("helo").await;
    let corrected = EditedContent::RoomMessage(RoomMessageEventContentWithoutRelation::text_plain("hello"));
    hers.timeline.edit(&item.identifier(), corrected).await.unwrap();
    let seen = his.message("hello").await;
    assert!(seen.content().as_message().unwrap().is_edited());
    his.reads(&["hello"]).await;

    let item = hers.message("hello").await;
    hers.timeline.redact(&item.identifier(), Some("said too much")).await.unwrap();
    let gone = his.event("redacted", |item| item.content().is_redacted()).await;
    assert_eq!(gone.event_id(), item.event_id());
    hers.event("redacted", |item| item.content().is_redacted()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reactions_come_and_go() {
    let server = Server::start().await;
    let (_alice, mut hers, bob, mut his) = conversation(&server).await;
    hers.send("lunch?").await;
    let item = his.message("lunch?").await;
    let by_bob = |item: &EventTimelineItem| {
        item.content().reactions().is_some_and(|all| {
            all.get("👍").is_some_and(|by| {
                by.get(&bob.user_id()).is_some_and(|one| matches!(one.status, ReactionStatus::RemoteToRemote(_)))
            })
        })
    };
    assert!(his.timeline.toggle_reaction(&item.identifier(), "👍").await.unwrap());
    hers.event("a thumb", by_bob).await;
    // Not before the server has it: what it has not, it cannot redact.
    his.event("one's own thumb", by_bob).await;
    assert!(!his.timeline.toggle_reaction(&item.identifier(), "👍").await.unwrap());
    hers.event("no thumb", |item| text_of(item) == "lunch?" && !by_bob(item)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn replies_show_what_they_answer() {
    let server = Server::start().await;
    let (alice, mut hers, _bob, mut his) = conversation(&server).await;
    let question = hers.send("where?").await;
    his.message("where?").await;
    let answer = RoomMessageEventContentWithoutRelation::text_plain("here");
    his.timeline.send_reply(answer, question.clone()).await.unwrap();
    let seen = hers.message("here").await;
    assert_eq!(seen.content().in_reply_to().unwrap().event_id, question);
    let mentioned = seen.content().as_message().unwrap().mentions().unwrap().user_ids.clone();
    assert!(mentioned.contains(&alice.user_id()), "whoever is answered is mentioned");
}

#[tokio::test(flavor = "multi_thread")]
async fn threads_are_read_apart_and_counted() {
    let server = Server::start().await;
    let (alice, mut hers, _bob, mut his) = conversation(&server).await;
    let root = hers.send("the budget").await;
    his.message("the budget").await;
    let focus = || TimelineFocus::Thread { root_event_id: root.clone() };
    let mut his_thread = Screen::focused(his.timeline.room(), focus()).await;
    his_thread.timeline.send(RoomMessageEventContent::text_plain("too high").into()).await.unwrap();
    let reply = his_thread.message("too high").await;
    assert_eq!(reply.content().thread_root(), Some(root.clone()));

    let summary = hers
        .event("a thread of one", |item| item.content().thread_summary().is_some_and(|thread| thread.num_replies == 1))
        .await;
    assert_eq!(summary.event_id(), Some(&*root));
    // What is said in the thread stays there.
    hers.reads(&["the budget"]).await;
    let mut her_thread = Screen::focused(hers.timeline.room(), focus()).await;
    her_thread.timeline.paginate_backwards(20).await.unwrap();
    her_thread.message("too high").await;

    // A receipt in the thread is one of the thread.
    let room = alice.client.get_room(hers.timeline.room().room_id()).unwrap();
    let last = reply.event_id().unwrap().to_owned();
    let thread = ReceiptThread::Thread(root.clone());
    room.send_single_receipt(ReceiptType::Read, thread.clone(), last.clone()).await.unwrap();
    his_thread
        .event("read by Alice in the thread", |item| {
            item.event_id() == Some(&*last)
                && item.read_receipts().get(&alice.user_id()).is_some_and(|receipt| receipt.thread == thread)
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn receipts_are_seen_by_those_who_may() {
    let server = Server::start().await;
    let (_alice, mut hers, bob, mut his) = conversation(&server).await;
    let first_id = hers.send("one").await;
    his.message("one").await;
    assert!(his.timeline.send_single_receipt(ReceiptType::Read, first_id.clone()).await.unwrap());
    hers.event("read by Bob", |item| {
        item.event_id() == Some(&*first_id) && item.read_receipts().contains_key(&bob.user_id())
    })
    .await;

    // A private one moves nobody's picture but one's own.
    let second = hers.send("two").await;
    his.message("two").await;
    let receipts = Receipts::new().private_read_receipt(second.clone()).fully_read_marker(second.clone());
    his.timeline.send_multiple_receipts(receipts).await.unwrap();
    let own = his.timeline.room();
    let mut updates = own.subscribe_to_updates();
    loop {
        let private = own.load_user_receipt(Shown::ReadPrivate, ReceiptThread::Unthreaded, &bob.user_id()).await;
        if private.unwrap().is_some_and(|(id, _)| id == second) {
            break;
        }
        soon("one's own private receipt", updates.recv()).await.unwrap();
    }
    // Bob's next message is behind whatever would have told Alice.
    his.send("three").await;
    hers.message("three").await;
    let room = hers.timeline.room();
    for thread in [ReceiptThread::Unthreaded, ReceiptThread::Main] {
        let private = room.load_user_receipt(Shown::ReadPrivate, thread, &bob.user_id()).await.unwrap();
        assert!(private.is_none(), "a private receipt was told to somebody else");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn typing_is_seen_and_ends() {
    let server = Server::start().await;
    let (_alice, hers, bob, his) = conversation(&server).await;
    let (_guard, typing) = hers.timeline.room().subscribe_to_typing_notifications();
    let typing = stream::unfold(typing, async |mut typing| typing.recv().await.ok().map(|who| (who, typing)));
    let mut typing = Box::pin(typing);
    his.timeline.room().typing_notice(true).await.unwrap();
    first("Bob types", &mut typing, |who| who.contains(&bob.user_id())).await;
    his.timeline.room().typing_notice(false).await.unwrap();
    first("Bob has ended", &mut typing, |who| who.is_empty()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_sent_encrypted() {
    let server = Server::start().await;
    let (_alice, hers, bob, mut his) = conversation(&server).await;
    let bytes: Vec<u8> = (0..200_000_u32).map(|i| (i % 251) as u8).collect();
    let source = AttachmentSource::Data { bytes: bytes.clone(), filename: "plan.bin".to_owned() };
    let config =
        AttachmentConfig { info: Some(AttachmentInfo::File(Default::default())), ..AttachmentConfig::default() };
    hers.timeline.send_attachment(source, "application/octet-stream".parse().unwrap(), config).await.unwrap();
    let seen = his.message("plan.bin").await;
    let MessageType::File(file) = seen.content().as_message().unwrap().msgtype() else { panic!("not a file") };
    assert!(matches!(file.source, MediaSource::Encrypted(_)), "the server must not see what is in it");
    let request = MediaRequestParameters { source: file.source.clone(), format: MediaFormat::File };
    let got = soon("the file", bob.client.media().get_media_content(&request, false)).await.unwrap();
    assert_eq!(got, bytes);
}

#[tokio::test(flavor = "multi_thread")]
async fn history_is_read_back_to_the_beginning() {
    let server = Server::start().await;
    let (_alice, mut hers, bob, his) = conversation(&server).await;
    for i in 0..60 {
        hers.timeline.send(RoomMessageEventContent::text_plain(format!("message {i}")).into()).await.unwrap();
    }
    hers.message("message 59").await;
    let id = hers.timeline.room().room_id().to_owned();
    drop((his, hers));
    // A room that is opened late shows its end, and the rest when it is scrolled to.
    let mut late = bob.open(&bob.room(&id, RoomState::Joined).await).await;
    late.message("message 59").await;
    while !soon("an older page", late.timeline.paginate_backwards(25)).await.unwrap() {}
    late.message("message 0").await;
    let wanted: Vec<String> = (0..60).map(|i| format!("message {i}")).collect();
    late.reads(&wanted.iter().map(String::as_str).collect::<Vec<_>>()).await;
}
