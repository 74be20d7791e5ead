//! What happened on each day, in numbers: for the console's pictures and the forecast of the disk.

use rusqlite::{Row, params};

use super::{Error, Tx, View, from_ms, to_ms};

/// Days that are kept. Older ones go when a new one comes.
pub const DAYS_KEPT: u64 = 400;

/// One day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Day {
    /// Counted from 1970-01-01, UTC.
    pub day: u64,
    /// Messages that people of this server sent.
    pub messages: u64,
    /// Accounts that were there at all.
    pub people: u64,
    /// What was used of the volume when it was last looked at.
    pub disk_used_bytes: u64,
    /// The size of the volume.
    pub disk_total_bytes: u64,
}

/// Adds to a day: messages are counted, of people the most counts, of the disk the last.
pub fn add(tx: &Tx<'_>, seen: &Day) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO days (day, messages, people, disk_used_bytes, disk_total_bytes) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT DO UPDATE SET messages = messages + excluded.messages, people = max(people, excluded.people),
            disk_used_bytes = excluded.disk_used_bytes, disk_total_bytes = excluded.disk_total_bytes",
        params![
            from_ms(seen.day),
            from_ms(seen.messages),
            from_ms(seen.people),
            from_ms(seen.disk_used_bytes),
            from_ms(seen.disk_total_bytes),
        ],
    )?;
    tx.execute("DELETE FROM days WHERE day < ?1", [from_ms(seen.day.saturating_sub(DAYS_KEPT))])?;
    Ok(())
}

/// The days from `first` on, in order. Days on which the server did not run are missing.
pub fn since(view: &View<'_>, first: u64) -> Result<Vec<Day>, Error> {
    let sql = "SELECT day, messages, people, disk_used_bytes, disk_total_bytes FROM days WHERE day >= ?1 ORDER BY day";
    view.rows(sql, [from_ms(first)], read)
}

fn read(row: &Row<'_>) -> Result<Day, Error> {
    let number = |column| -> Result<u64, Error> { Ok(to_ms(row.get(column)?)) };
    Ok(Day {
        day: number(0)?,
        messages: number(1)?,
        people: number(2)?,
        disk_used_bytes: number(3)?,
        disk_total_bytes: number(4)?,
    })
}

#[cfg(test)]
mod tests {
    use super::super::Error;
    use super::super::tests::fresh;
    use super::{DAYS_KEPT, Day, add, since};

    #[test]
    fn a_day_grows_and_old_ones_go() {
        let (_dir, sql) = fresh();
        let day = |day, messages, people, disk_used_bytes| Day {
            day,
            messages,
            people,
            disk_used_bytes,
            disk_total_bytes: 1_000,
        };
        sql.write_blocking(move |tx| -> Result<(), Error> {
            add(tx, &day(20_000, 3, 5, 100))?;
            add(tx, &day(20_000, 4, 2, 90))?;
            add(tx, &day(20_002, 1, 1, 110))?;
            assert_eq!(since(tx, 20_000)?, [day(20_000, 7, 5, 90), day(20_002, 1, 1, 110)]);
            assert_eq!(since(tx, 20_001)?, [day(20_002, 1, 1, 110)]);
            add(tx, &day(20_001 + DAYS_KEPT, 0, 0, 0))?;
            assert_eq!(since(tx, 0)?.iter().map(|it| it.day).collect::<Vec<_>>(), [20_002, 20_001 + DAYS_KEPT]);
            Ok(())
        })
        .unwrap();
        assert_eq!(sql.read_blocking(|view| -> Result<_, Error> { Ok(since(view, 0)?.len()) }).unwrap(), 2);
    }
}
