//! Lost connections, and a server that is killed.

use matrix_sdk::RoomState;
use matrix_sdk::ruma::events::room::message::RoomMessageEventContent;
use veche_test_sdk::{Phone, Screen, Server, soon};

async fn type_text(screen: &Screen, text: &str) {
    screen.timeline.send(RoomMessageEventContent::text_plain(text).into()).await.unwrap();
}

/// Scrolls back until the beginning of the room; what the phone has is then complete.
async fn scroll_to_the_beginning(screen: &Screen) {
    while !soon("an older page", screen.timeline.paginate_backwards(100)).await.unwrap() {}
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_messages_arrive_in_order_while_one_side_reconnects() {
    let server = Server::start().await;
    let (alice, bob, id) = Phone::pair(&server).await;
    let mut hers = alice.open(&alice.room(&id, RoomState::Joined).await).await;
    let mut his = bob.open(&bob.room(&id, RoomState::Joined).await).await;
    for i in 0..200 {
        if i % 40 == 10 {
            bob.sync.stop().await;
        }
        if i % 40 == 30 {
            bob.sync.start().await;
        }
        type_text(&hers, &format!("{i}")).await;
        if i % 20 == 19 {
            hers.message(&format!("{i}")).await;
        }
    }
    let wanted: Vec<String> = (0..200).map(|i| format!("{i}")).collect();
    let wanted: Vec<&str> = wanted.iter().map(String::as_str).collect();
    hers.reads(&wanted).await;
    bob.runs().await;
    his.message("199").await;
    scroll_to_the_beginning(&his).await;
    his.reads(&wanted).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_comes_back_and_the_conversation_goes_on() {
    let mut server = Server::start().await;
    let address = server.ready().http.to_string();
    server.set("listen.http", &address);
    let (alice, bob, id) = Phone::pair(&server).await;
    let mut hers = alice.open(&alice.room(&id, RoomState::Joined).await).await;
    let mut his = bob.open(&bob.room(&id, RoomState::Joined).await).await;
    hers.send("before").await;
    his.message("before").await;

    server.kill();
    alice.is_offline().await;
    bob.is_offline().await;
    type_text(&hers, "written meanwhile").await;
    server.restart().await;
    alice.runs().await;
    bob.runs().await;
    // As Element X does when the network is back.
    alice.client.send_queue().set_enabled(true).await;
    hers.message("written meanwhile").await;
    his.message("written meanwhile").await;
    his.send("after").await;
    hers.message("after").await;
    // A server that was away has forgotten the connection: it tells the room from its end with a gap before it, and the SDK
    // shows what is behind the gap until somebody scrolls. What it shows of a room that it begins anew while a message
    // waits to be sent is wrong: matrix-sdk-ui 0.18 forgets the items and not the places of their events
    // (`TimelineStateTransaction::clear`), and shows the message twice. So the room is opened again.
    drop((hers, his));
    for phone in [&alice, &bob] {
        let mut screen = phone.open(&phone.room(&id, RoomState::Joined).await).await;
        scroll_to_the_beginning(&screen).await;
        screen.reads(&["before", "written meanwhile", "after"]).await;
    }
}
