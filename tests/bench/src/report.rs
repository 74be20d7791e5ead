//! The figures: kept as they come, printed as a table of Veche and its peer with the ratio between them.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Value, json};

use crate::process::Kind;

#[derive(Clone, Copy)]
pub(crate) enum Better {
    More,
    Less,
}

struct Row {
    name: String,
    unit: &'static str,
    better: Better,
    /// What DESIGN.md §4 asks of Veche.
    aim: &'static str,
    of_veche: Option<f64>,
    of_peer: Option<f64>,
}

/// The rows in which Veche stands beside this peer, or alone.
struct Table {
    peer: Option<Kind>,
    rows: Vec<Row>,
}

#[derive(Default)]
pub(crate) struct Report {
    tables: Vec<Table>,
    notes: Vec<String>,
}

impl Report {
    /// From here on figures are those of Veche and of this peer.
    pub(crate) fn beside(&mut self, peer: Option<Kind>) {
        self.tables.push(Table { peer, rows: Vec::new() });
    }

    /// Files a figure. The same name from the other server goes into the same row.
    pub(crate) fn figure(
        &mut self,
        kind: Kind,
        name: &str,
        unit: &'static str,
        better: Better,
        aim: &'static str,
        value: f64,
    ) {
        let table = self.tables.last_mut().expect("loads run after their peer was named");
        let rows = &mut table.rows;
        let at = rows.iter().position(|r| r.name == name).unwrap_or_else(|| {
            rows.push(Row { name: name.to_owned(), unit, better, aim, of_veche: None, of_peer: None });
            rows.len() - 1
        });
        match kind {
            Kind::Veche => rows[at].of_veche = Some(value),
            Kind::Synapse | Kind::Coturn | Kind::Nginx => rows[at].of_peer = Some(value),
        }
    }

    pub(crate) fn note(&mut self, words: String) {
        self.notes.push(words);
    }

    /// `text` for people, one line a figure.
    pub(crate) fn table(&self) -> String {
        let mut out = String::new();
        let rows = self.tables.iter().flat_map(|table| &table.rows);
        let width = rows.map(|row| row.label().chars().count()).max().unwrap_or(0);
        for Table { peer, rows } in self.tables.iter().filter(|table| !table.rows.is_empty()) {
            let peer = peer.map_or("nobody", Kind::name);
            let _ = writeln!(out, "{:width$}  {:>11}  {peer:>11}  {:>9}  aim", "", "veche", "times");
            for row in rows {
                let ratio = row.ratio().map_or_else(String::new, |r| format!("{}x", number(r)));
                let (veche, peer) = (row.of_veche.map_or_else(dash, number), row.of_peer.map_or_else(dash, number));
                let _ = writeln!(out, "{:width$}  {veche:>11}  {peer:>11}  {ratio:>9}  {}", row.label(), row.aim);
            }
            out.push('\n');
        }
        for note in &self.notes {
            let _ = writeln!(out, "  {note}");
        }
        out
    }

    pub(crate) fn json(&self) -> Value {
        let figures = self.tables.iter().flat_map(|table| table.rows.iter().map(|row| row.json(table.peer)));
        json!({ "figures": figures.collect::<Vec<_>>(), "notes": self.notes })
    }
}

impl Row {
    fn label(&self) -> String {
        format!("{}, {}", self.name, self.unit)
    }

    /// How many times better Veche is.
    fn ratio(&self) -> Option<f64> {
        let (veche, peer) = (self.of_veche?, self.of_peer?);
        let (over, under) = match self.better {
            Better::More => (veche, peer),
            Better::Less => (peer, veche),
        };
        (under > 0.0).then(|| over / under)
    }

    fn json(&self, peer: Option<Kind>) -> Value {
        json!({
            "name": self.name, "unit": self.unit, "veche": self.of_veche, "peer": peer.map(Kind::name), "of_peer": self.of_peer,
            "times": self.ratio(), "aim": self.aim,
        })
    }
}

fn dash() -> String {
    "-".to_owned()
}

fn number(value: f64) -> String {
    match value {
        v if v >= 100.0 => format!("{v:.0}"),
        v if v >= 10.0 => format!("{v:.1}"),
        v => format!("{v:.2}"),
    }
}

pub(crate) fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// The p-th of a hundred, of times in any order.
pub(crate) fn percentile(times: &mut [Duration], p: usize) -> Duration {
    times.sort_unstable();
    let at = (times.len() * p).div_ceil(100).saturating_sub(1);
    times.get(at).copied().unwrap_or_default()
}
