//! `veche doctor`: asks the running server through the control socket; looks at what can be seen without one.

use std::env;
use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::path::Path;

use veche_api::admin::v1::reachability::{Line, Report, State};
use veche_base::Clock;
use veche_runtime::SystemClock;

use super::finding::{Finding, Subject};
use super::print::{Language, text};
use super::{CALL_SUBJECTS, RELAY_SUBJECTS, browser, clock, dns};
use crate::addresses::{OwnName, decide, look_once};
use crate::cli;
use crate::control::{self, Answer, Request};
use crate::exit::Failure;
use crate::settings::{Loaded, Settings, default_file};

/// Prints the report; fails if anything in it does not work.
pub(crate) fn run(arguments: &cli::Doctor) -> Result<(), Failure> {
    let dir = &arguments.data.dir;
    if !dir.is_dir() {
        return Err(Failure::new(format_args!("there is no data folder {}", dir.display())));
    }
    let failed = Failure::during(format!("the server running on {} cannot be asked", dir.display()));
    let report = match control::ask(dir, &Request::Doctor).map_err(failed)? {
        Some(Answer::Examined(report)) => *report,
        Some(Answer::Refused(reason)) => return Err(Failure::new(reason)),
        Some(_) => return Err(Failure::new("the server answered something else; is it the same version?")),
        None => without_server(dir)?,
    };
    print(&report, arguments.json).map_err(Failure::during("the report cannot be printed"))?;
    match report.state {
        State::Failed => Err(Failure::new("something does not work; see the report")),
        State::Skipped | State::Ok | State::Warning => Ok(()),
    }
}

fn print(report: &Report, json: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if json {
        serde_json::to_writer(&mut out, report)?;
        return out.write_all(b"\n");
    }
    out.write_all(text(report, Language::of(|name| env::var(name).ok())).as_bytes())
}

/// What can be seen of a server that does not run.
fn without_server(dir: &Path) -> Result<Report, Failure> {
    let settings = Loaded::read(default_file(dir).as_deref(), &[])?.settings;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(Failure::during("the report cannot be made"))?;
    let known = runtime.block_on(look_once(&settings));
    let decided = decide(&known);
    let now_ms = SystemClock::new().wall_ms();
    let not_running = Finding::failed(
        "not_running",
        format!("No server runs on {}; what only a running one can tell is left out.", dir.display()),
        format!("На данных {} не запущен сервер; того, что видно только у запущенного, в отчёте нет.", dir.display()),
    )
    .mend("Start it: veche serve.", "Запустите его: veche serve.");
    let mut lines = vec![
        not_running.about(Subject::Server),
        dns::name(&OwnName::of(&settings), &known, &decided).about(Subject::Dns),
        dns::addresses(&decided, None).about(Subject::Addresses),
        browser::browser(None, &OwnName::of(&settings), &known).about(Subject::Browser),
    ];
    lines.extend(ports(&settings));
    lines.push(clock::clock(now_ms, clock::newest_file_ms(dir), None).about(Subject::Clock));
    Ok(Report::new(settings.server.name.to_string(), now_ms, lines))
}

/// Whether the ports could be listened on.
fn ports(settings: &Settings) -> Vec<Line> {
    let tcp = |address: SocketAddr| TcpListener::bind(address).map(|_| ());
    let udp = |address: SocketAddr| UdpSocket::bind(address).map(|_| ());
    let listen = &settings.listen;
    let [turn_udp, turn_tcp, ..] = RELAY_SUBJECTS;
    let [calls_udp, calls_tcp] = CALL_SUBJECTS;
    let ice_tcp = listen.ice_tcp.filter(|_| listen.sfu.is_some());
    vec![
        free("listen.https", listen.https, tcp).about(Subject::Https),
        free("listen.redirect", listen.redirect, tcp).about(Subject::Redirect),
        free("listen.turn", listen.turn, udp).about(turn_udp),
        free("listen.turn", listen.turn, tcp).about(turn_tcp),
        free("listen.sfu", listen.sfu, udp).about(calls_udp),
        free("listen.ice_tcp", ice_tcp, tcp).about(calls_tcp),
    ]
}

fn free(key: &str, address: Option<SocketAddr>, bind: impl Fn(SocketAddr) -> io::Result<()>) -> Finding {
    let Some(address) = address else {
        return Finding::skipped("off", format!("{key} is off."), format!("{key} выключен."));
    };
    match bind(address) {
        Ok(()) => Finding::skipped(
            "free",
            format!("{address} is free for the server."),
            format!("{address} свободен для сервера."),
        ),
        Err(error) => Finding::failed(
            "taken",
            format!("The server cannot listen on {address}: {error}."),
            format!("Сервер не сможет слушать {address}: {error}."),
        )
        .mend(
            format!("End the program that uses the port (ss -lptun shows it), or change {key}."),
            format!("Завершите программу, занявшую порт (её покажет ss -lptun), или измените {key}."),
        ),
    }
}
