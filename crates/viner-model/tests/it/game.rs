//! Games whose equilibria are in textbooks.

use viner_model::game::{Dominated, Game, GameError, Mixture};
use viner_model::ndarray::Array2;

/// Differences of payoffs below this are ties.
const TIE: f64 = 1e-9;

/// Probabilities solve systems of a few equations with payoffs of a few units.
const PROBABILITY: f64 = 1e-12;

/// A game for two: payoffs (row player, column player) by row.
fn bimatrix<const R: usize, const C: usize>(payoffs: [[(f64, f64); C]; R]) -> Game {
    let table = payoffs.iter().flatten().flat_map(|(row, column)| [*row, *column]).collect();
    Game::new(vec![R, C], Array2::from_shape_vec((R * C, 2), table).unwrap(), TIE).unwrap()
}

fn mixed(game: &Game) -> Mixture {
    game.mixed_equilibrium().unwrap()
}

#[track_caller]
fn assert_mixture(mixture: &Mixture, probabilities: [&[f64]; 2], payoffs: [f64; 2]) {
    for player in 0..2 {
        assert!((mixture.payoffs[player] - payoffs[player]).abs() < PROBABILITY, "{mixture:?}");
        let pairs = mixture.probabilities[player].iter().zip(probabilities[player]);
        for (found, expected) in pairs {
            assert!((found - expected).abs() < PROBABILITY, "{mixture:?}");
        }
    }
}

/// Actions: 0 keep silent, 1 confess.
#[test]
fn the_prisoners_confess() {
    let game = bimatrix([[(-1.0, -1.0), (-3.0, 0.0)], [(0.0, -3.0), (-2.0, -2.0)]]);
    assert_eq!(game.pure_equilibria(), [game.index(&[1, 1])]);
    assert_eq!(game.mixed_equilibrium(), None);
    let strictly = |player| Dominated { player, action: 0, by: 1, strictly: true };
    assert_eq!(game.dominated(), [strictly(0), strictly(1)]);
    // Silence must be worth the year that confessing saves, whatever the other does.
    assert_eq!(game.break_even(game.index(&[0, 0]), 0), Some(1.0));
    assert_eq!(game.break_even(game.index(&[0, 1]), 0), Some(1.0));
    assert_eq!(game.break_even(game.index(&[1, 1]), 1), Some(-1.0));
}

#[test]
fn pennies_are_matched_by_chance_only() {
    let game = bimatrix([[(1.0, -1.0), (-1.0, 1.0)], [(-1.0, 1.0), (1.0, -1.0)]]);
    assert_eq!(game.pure_equilibria(), [0_usize; 0]);
    assert_mixture(&mixed(&game), [&[0.5, 0.5], &[0.5, 0.5]], [0.0, 0.0]);
    assert_eq!(game.dominated(), []);
}

#[test]
fn the_sexes_meet_at_one_of_two_places_or_by_chance() {
    let game = bimatrix([[(2.0, 1.0), (0.0, 0.0)], [(0.0, 0.0), (1.0, 2.0)]]);
    assert_eq!(game.pure_equilibria(), [0, 3]);
    let (third, two) = (1.0 / 3.0, 2.0 / 3.0);
    let mixture = mixed(&game);
    assert_mixture(&mixture, [&[two, third], &[third, two]], [two, two]);
    for player in 0..2 {
        for action in 0..2 {
            let lead = game.expected_break_even(player, action, &mixture.probabilities).unwrap();
            assert!(lead.abs() < PROBABILITY, "who mixes is indifferent: {lead}");
        }
    }
}

#[test]
fn rock_paper_scissors() {
    let (win, lose, even) = ((1.0, -1.0), (-1.0, 1.0), (0.0, 0.0));
    let game = bimatrix([[even, lose, win], [win, even, lose], [lose, win, even]]);
    assert_eq!(game.pure_equilibria(), [0_usize; 0]);
    let third = [1.0 / 3.0; 3];
    assert_mixture(&mixed(&game), [&third, &third], [0.0, 0.0]);
}

/// Supports of different sizes and payoffs of different scales; the equilibrium is by hand: rows mix
/// so that columns earn the same from both, and the reverse.
#[test]
fn two_actions_against_three() {
    let game =
        bimatrix([[(3.0, 30.0), (0.0, 0.0), (2.0, -1.0)], [(0.0, 0.0), (3.0, 60.0), (2.0, -1.0)]]);
    // 30 p = 60 (1 − p); 3 q = 3 (1 − q).
    assert_mixture(&mixed(&game), [&[2.0 / 3.0, 1.0 / 3.0], &[0.5, 0.5, 0.0]], [1.5, 20.0]);
}

/// Rows are indifferent against the first column: whatever they do, columns prefer the first.
#[test]
fn a_degenerate_game() {
    let game = bimatrix([[(1.0, 1.0), (0.0, 0.0)], [(1.0, 0.5), (0.0, 0.5)]]);
    assert_eq!(game.pure_equilibria(), [0, 2, 3].map(|index| index).as_slice());
    assert_eq!(game.dominated(), [Dominated { player: 1, action: 1, by: 0, strictly: false }]);
    // All payoffs equal: every combination is an equilibrium, nothing is dominated.
    let flat = bimatrix([[(1.0, 1.0); 3]; 3]);
    assert_eq!(flat.pure_equilibria(), (0..9).collect::<Vec<_>>());
    assert_eq!((flat.dominated(), flat.mixed_equilibrium()), (Vec::new(), None));
}

/// A degenerate game without pure equilibrium: columns' third action repeats their first.
#[test]
fn a_degenerate_game_without_pure_equilibrium() {
    let (win, lose) = ((1.0, -1.0), (-1.0, 1.0));
    let game = bimatrix([[win, lose, win], [lose, win, lose]]);
    assert_eq!(game.pure_equilibria(), [0_usize; 0]);
    let mixture = mixed(&game);
    assert!((mixture.probabilities[0][0] - 0.5).abs() < PROBABILITY, "{mixture:?}");
    assert!((mixture.probabilities[1][1] - 0.5).abs() < PROBABILITY, "{mixture:?}");
}

/// Rock, paper, scissors with any odd number of signs, each beating the half that follows it: more
/// actions than are listed, so Lemke and Howson's path is taken.
#[test]
fn many_signs() {
    let signs = 31_usize;
    let beats = |i: usize, j: usize| match (j + signs - i) % signs {
        0 => 0.0,
        ahead if ahead <= signs / 2 => 1.0,
        _ => -1.0,
    };
    let table = (0..signs * signs).flat_map(|c| {
        let win = beats(c / signs, c % signs);
        [win, -win]
    });
    let table = Array2::from_shape_vec((signs * signs, 2), table.collect()).unwrap();
    let game = Game::new(vec![signs, signs], table, TIE).unwrap();
    let mixture = mixed(&game);
    for player in 0..2 {
        assert!(mixture.payoffs[player].abs() < 1e-9, "{mixture:?}");
        for probability in &mixture.probabilities[player] {
            assert!((probability - 1.0 / signs as f64).abs() < 1e-9, "{mixture:?}");
        }
    }
}

/// Nobody moves alone in a vote of three by majority over a loss of 1 each: all combinations in which
/// no single vote decides, and those in which the decisive votes are for the gain.
#[test]
fn three_players() {
    let payoff = |c: usize| if (c >> 2 & 1) + (c >> 1 & 1) + (c & 1) >= 2 { 1.0 } else { 0.0 };
    let table = Array2::from_shape_fn((8, 3), |(c, _)| payoff(c));
    let game = Game::new(vec![2, 2, 2], table, TIE).unwrap();
    assert_eq!(game.combination(6), [1, 1, 0]);
    assert_eq!(game.index(&[1, 1, 0]), 6);
    assert_eq!(game.deviation(6, 0, 0), 2);
    assert_eq!(game.pure_equilibria(), [0, 3, 5, 6, 7]);
    assert_eq!(game.mixed_equilibrium(), None);
    let weakly = |player| Dominated { player, action: 0, by: 1, strictly: false };
    assert_eq!(game.dominated(), [weakly(0), weakly(1), weakly(2)]);
}

#[test]
fn one_player_with_one_action_has_nothing_to_value() {
    let game = Game::new(vec![1, 2], Array2::zeros((2, 2)), TIE).unwrap();
    assert_eq!(game.break_even(0, 0), None);
    assert!(game.is_best_reply(0, 0));
}

#[test]
fn what_is_no_game() {
    let new = |actions: &[usize], table: Array2<f64>| Game::new(actions.to_vec(), table, TIE);
    assert_eq!(new(&[], Array2::zeros((1, 0))), Err(GameError::NoAction { player: 0 }));
    assert_eq!(new(&[2, 0], Array2::zeros((0, 2))), Err(GameError::NoAction { player: 1 }));
    let shape = GameError::Shape { found: [3, 2], expected: [4, 2] };
    assert_eq!(new(&[2, 2], Array2::zeros((3, 2))), Err(shape));
    let nan = new(&[1], Array2::from_elem((1, 1), f64::NAN));
    assert!(matches!(nan, Err(GameError::NotFinite { player: 0, combination: 0, .. })));
}

/// Any game for two has an equilibrium: the mixed one found where there is no pure one must be one.
#[test]
fn random_games_have_equilibria() {
    let mut state = 7_u64;
    let mut draw = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963);
        (state >> 40) as f64 / f64::from(1_u32 << 24)
    };
    for (rows, columns) in [(2, 2), (3, 2), (4, 4), (5, 3), (7, 7), (8, 9), (20, 20)] {
        for _ in 0..5 {
            let table = Array2::from_shape_fn((rows * columns, 2), |_| draw());
            let game = Game::new(vec![rows, columns], table, TIE).unwrap();
            let Some(mixture) = game.mixed_equilibrium() else {
                assert!(!game.pure_equilibria().is_empty(), "{rows} by {columns}");
                continue;
            };
            for player in 0..2 {
                let sum: f64 = mixture.probabilities[player].iter().sum();
                assert!((sum - 1.0).abs() < 1e-12);
                for action in 0..game.actions(player) {
                    let earned = game.expected(player, action, &mixture.probabilities);
                    assert!(earned <= mixture.payoffs[player] + 1e-9, "{rows} by {columns}");
                    if mixture.probabilities[player][action] > 1e-9 {
                        assert!(earned >= mixture.payoffs[player] - 1e-9, "{rows} by {columns}");
                    }
                }
            }
        }
    }
}
