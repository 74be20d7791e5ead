//! Tables as text: RFC 4180, with commas or semicolons, as spreadsheets of different countries write them.

/// Lines of a table that are looked at.
const LINES_MAX: usize = 10_000;

/// The rows, each with the number of its first line, from 1. Empty lines are left out. Fails with the line in which a quote
/// begins that does not end.
pub(super) fn read(text: &str) -> Result<Vec<(u32, Vec<String>)>, u32> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let first = text.lines().next().unwrap_or_default();
    let separator = if first.contains(';') && !first.contains(',') { ';' } else { ',' };
    let (mut rows, mut cells, mut cell) = (Vec::new(), Vec::new(), String::new());
    let (mut line, mut begun, mut quoted) = (1, 1, None);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted.is_some() && letters.peek() == Some(&'"') => {
                letters.next();
                cell.push('"');
            }
            '"' if quoted.is_some() => quoted = None,
            '"' if cell.is_empty() => quoted = Some(line),
            '\r' if quoted.is_none() => {}
            '\n' if quoted.is_none() => {
                cells.push(std::mem::take(&mut cell));
                push(&mut rows, begun, std::mem::take(&mut cells));
                line += 1;
                begun = line;
                if rows.len() >= LINES_MAX {
                    break;
                }
            }
            separated if separated == separator && quoted.is_none() => cells.push(std::mem::take(&mut cell)),
            other => {
                line += u32::from(other == '\n');
                cell.push(other);
            }
        }
    }
    if let Some(line) = quoted {
        return Err(line);
    }
    cells.push(cell);
    push(&mut rows, begun, cells);
    Ok(rows)
}

fn push(rows: &mut Vec<(u32, Vec<String>)>, line: u32, cells: Vec<String>) {
    if cells.iter().any(|cell| !cell.trim().is_empty()) {
        rows.push((line, cells));
    }
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn quotes_separators_and_line_ends_are_understood() {
        let rows = read("a,b\r\n\"x, \"\"y\"\"\nz\",2\n\n,\nlast").unwrap();
        let cells: Vec<_> = rows.iter().map(|(line, cells)| (*line, cells.join("|"))).collect();
        let expected = [(1, "a|b"), (2, "x, \"y\"\nz|2"), (6, "last")];
        assert_eq!(cells, expected.map(|(line, text)| (line, text.to_owned())));
        assert_eq!(read("a;b\n1;2,3\n").unwrap()[1].1, ["1", "2,3"]);
        assert_eq!(read("a\n\"b\nc").unwrap_err(), 2);
        assert!(read("").unwrap().is_empty());
    }
}
