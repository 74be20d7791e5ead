//! Which layers fit through the way to one subscriber. Pure: what is wanted goes in, a layer for each comes out.
//!
//! Everybody gets the lowest layer before anybody gets a better one; then those with a higher priority, and among equals
//! what is shown on a screen, are raised first. Sound is not chosen: it is taken off before. What is kept may use all of the
//! way, what is added only a part, and only a while after it has been taken away: otherwise a layer that just fits would
//! come and go with every wave of the estimate.

/// Percent of the estimate up to which something is added.
const ADD_PERCENT_MAX: u64 = 85;

/// A layer as it counts here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Offer {
    /// Whether packets come.
    pub(crate) is_live: bool,
    /// What it takes.
    pub(crate) bits_per_second: u64,
}

/// A picture that somebody has subscribed to.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    /// What is higher comes first.
    pub(crate) priority: u8,
    /// Whether it is a screen.
    pub(crate) is_screen: bool,
    /// The best layer that is wished.
    pub(crate) wished: usize,
    /// The layer that was chosen before.
    pub(crate) chosen: Option<usize>,
    /// Whether it must not be given more now.
    pub(crate) is_held: bool,
    /// All layers, the lowest first.
    pub(crate) offers: Vec<Offer>,
}

impl Candidate {
    /// Layers that may be chosen, the lowest first. If nothing up to the wished one comes, what comes above it has to do; and
    /// if nothing comes at all, it stays as it was, because there is nothing better to switch to.
    fn choices(&self) -> Vec<usize> {
        let is_live = |layer: &usize| self.offers.get(*layer).is_some_and(|offer| offer.is_live);
        let wished: Vec<usize> = (0..=self.wished).filter(is_live).collect();
        if !wished.is_empty() {
            return wished;
        }
        let above = (self.wished..self.offers.len()).find(is_live);
        vec![above.or(self.chosen).unwrap_or(0)]
    }

    /// What does not come costs nothing.
    fn cost(&self, layer: Option<usize>) -> u64 {
        let offer = layer.and_then(|layer| self.offers.get(layer)).filter(|offer| offer.is_live);
        offer.map_or(0, |offer| offer.bits_per_second)
    }
}

/// A layer for each candidate, in their order; nothing for those that do not fit.
pub(crate) fn allocate(budget_bps: Option<u64>, candidates: &[Candidate]) -> Vec<Option<usize>> {
    let choices: Vec<Vec<usize>> = candidates.iter().map(Candidate::choices).collect();
    let Some(budget) = budget_bps else { return choices.iter().map(|choices| choices.last().copied()).collect() };
    let mut order: Vec<usize> = (0..candidates.len()).collect();
    // The sort is stable: among equals the older subscription comes first, and does so always.
    order.sort_by_key(|at| rank(&candidates[*at]));
    let mut filling = Filling { budget, spent: 0, chosen: vec![None; candidates.len()] };
    for at in &order {
        filling.raise(candidates, *at, choices[*at].first().copied());
    }
    for group in order.chunk_by(|one, other| rank(&candidates[*one]) == rank(&candidates[*other])) {
        loop {
            let before = filling.spent_and_chosen();
            for at in group {
                let above = |layer: &&usize| filling.chosen[*at].is_some_and(|chosen| **layer > chosen);
                let next = choices[*at].iter().find(above).copied();
                filling.raise(candidates, *at, next);
            }
            if filling.spent_and_chosen() == before {
                break;
            }
        }
    }
    filling.chosen
}

/// The candidate that comes first, and the lowest layer that may be chosen for it.
pub(crate) fn first(candidates: &[Candidate]) -> Option<(usize, usize)> {
    let (at, candidate) = candidates.iter().enumerate().min_by_key(|(_, candidate)| rank(candidate))?;
    Some((at, *candidate.choices().first()?))
}

/// The estimate at which as much as this would be added: what has to be looked for, so that it can be.
pub(crate) fn estimate_for(bits_per_second: u64) -> u64 {
    bits_per_second.saturating_mul(100) / ADD_PERCENT_MAX
}

/// What comes first is less.
fn rank(candidate: &Candidate) -> (u8, bool) {
    (u8::MAX - candidate.priority, !candidate.is_screen)
}

/// The way while it is filled.
struct Filling {
    budget: u64,
    spent: u64,
    chosen: Vec<Option<usize>>,
}

impl Filling {
    /// Gives a candidate this layer instead of what he has, if it fits.
    fn raise(&mut self, candidates: &[Candidate], at: usize, layer: Option<usize>) {
        let candidate = &candidates[at];
        let is_added = layer > candidate.chosen;
        if layer.is_none() || (is_added && candidate.is_held) {
            return;
        }
        let others = self.spent.saturating_sub(candidate.cost(self.chosen[at]));
        let spent = others.saturating_add(candidate.cost(layer));
        let room = if is_added { self.budget / 100 * ADD_PERCENT_MAX } else { self.budget };
        if spent <= room {
            (self.spent, self.chosen[at]) = (spent, layer);
        }
    }

    /// To see whether anything has changed.
    fn spent_and_chosen(&self) -> (u64, usize) {
        (self.spent, self.chosen.iter().flatten().sum())
    }
}

#[cfg(test)]
mod tests {
    use super::{Candidate, Offer, allocate};

    /// The usual camera: 150, 500 and 1,700 kbit/s.
    fn camera() -> Candidate {
        let offer = |kbps: u64| Offer { is_live: true, bits_per_second: kbps * 1_000 };
        let offers = vec![offer(150), offer(500), offer(1_700)];
        Candidate { priority: 0, is_screen: false, wished: 2, chosen: None, is_held: false, offers }
    }

    fn check(kbps: u64, candidates: &[Candidate], wanted: &[Option<usize>]) {
        assert_eq!(allocate(Some(kbps * 1_000), candidates), wanted, "{kbps} kbit/s for {candidates:?}");
    }

    #[test]
    fn the_better_layer_comes_when_it_fits_with_room_to_spare() {
        for (kbps, wanted) in
            [(100, None), (180, Some(0)), (500, Some(0)), (600, Some(1)), (1_900, Some(1)), (2_100, Some(2))]
        {
            check(kbps, &[camera()], &[wanted]);
        }
        assert_eq!(allocate(None, &[camera()]), [Some(2)]);
    }

    #[test]
    fn what_is_there_stays_until_it_does_not_fit_at_all() {
        let with = |chosen| Candidate { chosen, ..camera() };
        for (kbps, before, after) in [
            (1_700, Some(2), Some(2)),
            (1_699, Some(2), Some(1)),
            (500, Some(1), Some(1)),
            (499, Some(1), Some(0)),
            (150, Some(0), Some(0)),
            (149, Some(0), None),
        ] {
            check(kbps, &[with(before)], &[after]);
        }
    }

    #[test]
    fn who_was_given_less_is_not_given_more_at_once() {
        let held = |chosen| Candidate { chosen, is_held: true, ..camera() };
        check(9_000, &[held(None)], &[None]);
        check(9_000, &[held(Some(0))], &[Some(0)]);
        check(160, &[held(Some(2))], &[Some(0)]);
    }

    #[test]
    fn everybody_gets_a_little_before_anybody_gets_more() {
        check(1_000, &[camera(), camera(), camera()], &[Some(1), Some(0), Some(0)]);
        check(400, &[camera(), camera(), camera()], &[Some(0), Some(0), None]);
        check(2_000, &[camera(), camera(), camera()], &[Some(1), Some(1), Some(1)]);
    }

    #[test]
    fn priority_comes_first_and_then_the_screen() {
        let screen = Candidate { is_screen: true, ..camera() };
        let first = Candidate { priority: 1, ..camera() };
        check(2_400, &[camera(), screen.clone()], &[Some(0), Some(2)]);
        check(2_600, &[camera(), screen.clone(), first.clone()], &[Some(0), Some(0), Some(2)]);
        check(200, &[camera(), screen, first], &[None, None, Some(0)]);
    }

    #[test]
    fn what_does_not_come_is_not_chosen_while_anything_else_does() {
        let without = |silent: &[usize], chosen, wished| {
            let mut candidate = Candidate { chosen, wished, ..camera() };
            silent.iter().for_each(|layer| candidate.offers[*layer].is_live = false);
            candidate
        };
        check(9_000, &[without(&[2], Some(2), 2)], &[Some(1)]);
        check(9_000, &[without(&[1, 2], Some(2), 2)], &[Some(0)]);
        check(9_000, &[without(&[0], None, 0)], &[Some(1)]);
        check(9_000, &[without(&[0, 1, 2], Some(2), 2)], &[Some(2)]);
        check(9_000, &[without(&[0, 1, 2], None, 2)], &[Some(0)]);
        assert_eq!(allocate(None, &[without(&[2], None, 2)]), [Some(1)]);
    }
}
