//! Matching push rule patterns against text that anybody in a room may have written.
//!
//! Patterns come from users and text from strangers, so the time for each match is bounded: no
//! regular expressions are built and nothing recurses. `*` stands for any run of characters, `?`
//! for one. Both sides must be in lower case already: the caller folds each text once per event.

/// Patterns longer than this never match text: no keyword is that long.
pub(crate) const PATTERN_CHARS_MAX: usize = 255;

/// What is left of the work that one user's rules may cause for one event.
#[derive(Debug)]
pub(crate) struct Budget(u32);

impl Budget {
    pub(crate) const fn new(steps: u32) -> Self {
        Self(steps)
    }

    /// Takes `steps`; false once there is nothing left.
    fn take(&mut self, steps: usize) -> bool {
        let left = u32::try_from(steps).ok().and_then(|steps| self.0.checked_sub(steps));
        self.0 = left.unwrap_or(0);
        left.is_some()
    }
}

/// Whether `pattern` matches the whole of `text`.
pub(crate) fn matches_whole(pattern: &str, text: &str, budget: &mut Budget) -> bool {
    if !has_wildcard(pattern) {
        return pattern == text;
    }
    let Some(pattern) = chars_of(pattern) else { return false };
    let mut states = States::new(&pattern);
    states.start();
    for character in text.chars() {
        if states.is_dead() || !budget.take(states.active.len() + 1) {
            return false;
        }
        states.step(character);
    }
    states.accepts()
}

/// Whether `pattern` matches a part of `text` that begins and ends at a word boundary.
pub(crate) fn matches_word(pattern: &str, text: &str, budget: &mut Budget) -> bool {
    if pattern.is_empty() {
        return false;
    }
    if !has_wildcard(pattern) {
        return contains_word(pattern, text, budget);
    }
    let Some(pattern) = chars_of(pattern) else { return false };
    let mut states = States::new(&pattern);
    let mut previous = None;
    for character in text.chars() {
        if is_boundary(previous, Some(character)) {
            if states.accepts() {
                return true;
            }
            states.start();
        }
        if !budget.take(states.active.len() + 1) {
            return false;
        }
        states.step(character);
        previous = Some(character);
    }
    states.accepts()
}

/// Whether `word` itself stands in `text` between word boundaries.
pub(crate) fn contains_word(word: &str, text: &str, budget: &mut Budget) -> bool {
    if word.is_empty() || !budget.take(text.len() / 16 + 1) {
        return false;
    }
    text.match_indices(word).any(|(start, _)| {
        let (before, rest) = text.split_at(start);
        let (inside, after) = rest.split_at(word.len());
        is_boundary(before.chars().next_back(), inside.chars().next())
            && is_boundary(inside.chars().next_back(), after.chars().next())
    })
}

/// A boundary is the start or end of the text, or a place beside a character that belongs to no
/// word. Words are ASCII letters, digits and `_`: so says the specification, for every language.
fn is_boundary(left: Option<char>, right: Option<char>) -> bool {
    !(left.is_some_and(is_word_char) && right.is_some_and(is_word_char))
}

fn is_word_char(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

fn has_wildcard(pattern: &str) -> bool {
    pattern.contains(['*', '?'])
}

/// The characters of a pattern, runs of `*` written as one.
fn chars_of(pattern: &str) -> Option<Vec<char>> {
    let mut chars: Vec<char> = Vec::new();
    for character in pattern.chars() {
        if character != '*' || chars.last() != Some(&'*') {
            chars.push(character);
        }
    }
    (chars.len() <= PATTERN_CHARS_MAX).then_some(chars)
}

/// Every place in the pattern that the text read so far may have led to. The work for one
/// character is bounded by the length of the pattern, whatever the text.
struct States<'p> {
    pattern: &'p [char],
    active: Vec<usize>,
    next: Vec<usize>,
    is_active: Vec<bool>,
}

impl<'p> States<'p> {
    fn new(pattern: &'p [char]) -> Self {
        Self { pattern, active: Vec::new(), next: Vec::new(), is_active: vec![false; pattern.len() + 1] }
    }

    /// A match may begin here.
    fn start(&mut self) {
        let mut active = std::mem::take(&mut self.active);
        self.enter(0, &mut active);
        self.active = active;
    }

    fn enter(&mut self, place: usize, into: &mut Vec<usize>) {
        let mut place = place;
        while !self.is_active[place] {
            self.is_active[place] = true;
            into.push(place);
            if self.pattern.get(place) != Some(&'*') {
                break;
            }
            // `*` may stand for nothing.
            place += 1;
        }
    }

    fn step(&mut self, character: char) {
        let active = std::mem::take(&mut self.active);
        for place in &active {
            self.is_active[*place] = false;
        }
        let mut next = std::mem::take(&mut self.next);
        for &place in &active {
            match self.pattern.get(place) {
                Some('*') => self.enter(place, &mut next),
                Some(&expected) if expected == '?' || expected == character => self.enter(place + 1, &mut next),
                _ => {}
            }
        }
        self.active = next;
        self.next = active;
        self.next.clear();
    }

    fn accepts(&self) -> bool {
        self.is_active[self.pattern.len()]
    }

    fn is_dead(&self) -> bool {
        self.active.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plenty() -> Budget {
        Budget::new(u32::MAX)
    }

    #[test]
    fn whole_text_patterns() {
        for (pattern, text, expected) in [
            ("m.room.message", "m.room.message", true),
            ("m.room.message", "m.room.messages", false),
            ("m.room.*", "m.room.message", true),
            ("*", "", true),
            ("?", "", false),
            ("?", "ж", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-b-b-c-", false),
            ("***", "anything", true),
            ("*x", "xxxxy", false),
        ] {
            assert_eq!(matches_whole(pattern, text, &mut plenty()), expected, "{pattern} on {text}");
        }
    }

    #[test]
    fn word_patterns() {
        for (pattern, text, expected) in [
            ("cake", "i like cake", true),
            ("cake", "cakes are fine", false),
            ("cake", "pancake", false),
            ("cake", "pancake, cake", true),
            ("cake", "cake!", true),
            ("cake*", "cakes", true),
            ("ca?e", "a cave", true),
            ("ca?e", "caves", false),
            ("*ake", "pancake", true),
            ("a*z", "b a and z b", true),
            ("привет", "всем привет!", true),
            ("", "anything", false),
            ("!", "stop!", true),
            ("o b", "foo bar", false),
            ("foo bar", "foo bar", true),
            ("_x", "a_x", false),
        ] {
            assert_eq!(matches_word(pattern, text, &mut plenty()), expected, "{pattern} in {text}");
        }
    }

    #[test]
    fn long_and_hostile_input_ends_quietly() {
        let text = "xaa ".repeat(16_000);
        assert!(!matches_word("aa", &text, &mut plenty()));
        assert!(!matches_word(&"*a?".repeat(80), &"a".repeat(60_000), &mut Budget::new(100_000)));
        assert!(!matches_word(&"?".repeat(PATTERN_CHARS_MAX + 1), &text, &mut plenty()));
        assert!(matches_word(&"*".repeat(10_000), &text, &mut plenty()));
    }
}
