//! The figures: kept as they come, printed as a table of both servers with the ratio between them.

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
    veche: Option<f64>,
    synapse: Option<f64>,
}

#[derive(Default)]
pub(crate) struct Report {
    rows: Vec<Row>,
    notes: Vec<String>,
}

impl Report {
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
        let at = self.rows.iter().position(|r| r.name == name).unwrap_or_else(|| {
            self.rows.push(Row { name: name.to_owned(), unit, better, aim, veche: None, synapse: None });
            self.rows.len() - 1
        });
        match kind {
            Kind::Veche => self.rows[at].veche = Some(value),
            Kind::Synapse => self.rows[at].synapse = Some(value),
        }
    }

    pub(crate) fn note(&mut self, words: String) {
        self.notes.push(words);
    }

    /// `text` for people, one line a figure.
    pub(crate) fn table(&self) -> String {
        let mut out = String::new();
        let width = self.rows.iter().map(|r| r.name.len() + r.unit.len() + 2).max().unwrap_or(0);
        let _ = writeln!(out, "{:width$}  {:>11}  {:>11}  {:>9}  aim", "", "veche", "synapse", "times");
        for row in &self.rows {
            let label = format!("{}, {}", row.name, row.unit);
            let ratio = row.ratio().map_or_else(String::new, |r| format!("{}x", number(r)));
            let (veche, synapse) = (row.veche.map_or_else(dash, number), row.synapse.map_or_else(dash, number));
            let _ = writeln!(out, "{label:width$}  {veche:>11}  {synapse:>11}  {ratio:>9}  {}", row.aim);
        }
        for note in &self.notes {
            let _ = writeln!(out, "  {note}");
        }
        out
    }

    pub(crate) fn json(&self) -> Value {
        let rows = self.rows.iter().map(|r| {
            json!({ "name": r.name, "unit": r.unit, "veche": r.veche, "synapse": r.synapse, "times": r.ratio(), "aim": r.aim })
        });
        json!({ "figures": rows.collect::<Vec<_>>(), "notes": self.notes })
    }
}

impl Row {
    /// How many times better Veche is.
    fn ratio(&self) -> Option<f64> {
        let (veche, synapse) = (self.veche?, self.synapse?);
        let (over, under) = match self.better {
            Better::More => (veche, synapse),
            Better::Less => (synapse, veche),
        };
        (under > 0.0).then(|| over / under)
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
