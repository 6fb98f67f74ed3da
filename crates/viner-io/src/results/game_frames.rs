//! A game as tables.

use super::Frame;
use crate::game::{GameQuestion, SolvedGame};

/// Tables `payoffs` and `equilibria`.
///
/// `payoffs` has a row for every combination of actions and player; `equilibria` one for every
/// equilibrium, player and action in use.
pub fn game_frames(question: &GameQuestion, solved: &SolvedGame) -> Vec<Frame> {
    vec![payoffs(question, solved), equilibria(question, solved)]
}

fn payoffs(question: &GameQuestion, solved: &SolvedGame) -> Frame {
    let players = &question.plan.players;
    let game = &solved.payoffs;
    let rows = || (0..game.combinations()).flat_map(|c| (0..players.len()).map(move |p| (c, p)));
    let mut frame = Frame::new("payoffs");
    for (position, player) in players.iter().enumerate() {
        let action = |(c, _)| player.actions[game.combination(c)[position]].name.clone();
        frame = frame.text(&player.name, rows().map(action));
    }
    let break_even = |(c, p): (usize, usize)| solved.welfare.break_even(c, p).unwrap_or(f64::NAN);
    let best_reply = |(c, p)| if game.is_best_reply(c, p) { "yes" } else { "no" };
    frame
        .text("player", rows().map(|(_, p)| players[p].name.clone()))
        .number("payoff", rows().map(|(c, p)| game.payoff(c, p)))
        .number("welfare", rows().map(|(c, p)| solved.welfare.payoff(c, p)))
        .number("value", rows().map(|(c, p)| solved.values[[c, p]]))
        .number("break_even", rows().map(break_even))
        .number(
            "break_even_million_usd",
            rows().map(|row| break_even(row) * solved.spending[row.1]),
        )
        .text("best_reply", rows().map(best_reply))
}

/// A row of `equilibria`.
struct Row {
    kind: &'static str,
    equilibrium: usize,
    player: usize,
    action: usize,
    probability: f64,
    payoff: f64,
    break_even: Option<f64>,
}

fn equilibria(question: &GameQuestion, solved: &SolvedGame) -> Frame {
    let players = &question.plan.players;
    let game = &solved.payoffs;
    let mut rows = Vec::new();
    for (index, combination) in (1..).zip(game.pure_equilibria()) {
        for (player, action) in game.combination(combination).into_iter().enumerate() {
            rows.push(Row {
                kind: "pure",
                equilibrium: index,
                player,
                action,
                probability: 1.0,
                payoff: game.payoff(combination, player),
                break_even: solved.welfare.break_even(combination, player),
            });
        }
    }
    if let Some(mixture) = game.mixed_equilibrium() {
        for (player, probabilities) in mixture.probabilities.iter().enumerate() {
            let in_use = probabilities.iter().enumerate().filter(|(_, p)| **p > 0.0);
            rows.extend(in_use.map(|(action, &probability)| {
                let welfare = &solved.welfare;
                Row {
                    kind: "mixed",
                    equilibrium: 1,
                    player,
                    action,
                    probability,
                    payoff: mixture.payoffs[player],
                    break_even: welfare.expected_break_even(player, action, &mixture.probabilities),
                }
            }));
        }
    }
    let break_even = |row: &Row| row.break_even.unwrap_or(f64::NAN);
    Frame::new("equilibria")
        .text("kind", rows.iter().map(|row| row.kind))
        .number("equilibrium", rows.iter().map(|row| row.equilibrium as f64))
        .text("player", rows.iter().map(|row| players[row.player].name.clone()))
        .text("action", rows.iter().map(|row| players[row.player].actions[row.action].name.clone()))
        .number("probability", rows.iter().map(|row| row.probability))
        .number("payoff", rows.iter().map(|row| row.payoff))
        .number("break_even", rows.iter().map(break_even))
        .number(
            "break_even_million_usd",
            rows.iter().map(|row| break_even(row) * solved.spending[row.player]),
        )
}
