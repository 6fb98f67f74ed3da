//! A game for people and for programs: payoffs, best replies, equilibria, break-even values.

use std::fmt::Write;

use serde_json::{Map, Value, json};
use viner_io::game::{GameQuestion, SolvedGame};
use viner_model::game::{Dominated, Game};

use crate::summary::{align, new_table};

/// Rows of a table in the terminal; the files have all.
const ROWS: usize = 64;

/// A solved game with the words that it is told in.
pub struct GameSummary<'a> {
    question: &'a GameQuestion,
    solved: &'a SolvedGame,
    game: &'a Game,
    equilibria: Vec<usize>,
}

impl<'a> GameSummary<'a> {
    /// Finds the equilibria.
    pub fn of(question: &'a GameQuestion, solved: &'a SolvedGame) -> Self {
        let game = &solved.payoffs;
        Self { question, solved, game, equilibria: game.pure_equilibria() }
    }

    fn player(&self, player: usize) -> &'a str {
        &self.question.plan.players[player].name
    }

    fn action(&self, player: usize, action: usize) -> &'a str {
        &self.question.plan.players[player].actions[action].name
    }

    fn currency(&self) -> &'static str {
        let unit = self.question.question.baseline.description.unit.millions();
        if unit == "million EUR" { "EUR" } else { "USD" }
    }

    /// All of it for people: payoffs in percent of baseline real spending.
    pub fn text(&self, seconds: f64) -> String {
        let (question, game) = (self.question, self.game);
        let mut text = String::new();
        let _ = writeln!(text, "{}", question.title());
        let policies = question.question.file.scenario.policies.len();
        let _ = writeln!(
            text,
            "{} players, {} combinations of actions beside {policies} policies on baseline {}\n",
            game.players(),
            game.combinations(),
            question.question.baseline_name
        );
        for player in 0..game.players() {
            let _ = writeln!(
                text,
                "{}: {}; real spending {:.0} billion {}",
                self.player(player),
                question.member_codes(player).join(", "),
                self.solved.spending[player] / 1e3,
                self.currency()
            );
        }
        let how = if game.players() == 2 { ", row player first" } else { "" };
        let _ = writeln!(
            text,
            "\nPayoffs, percent of real spending{how}; * is a best reply, [ ] an equilibrium"
        );
        let payoffs = if game.players() == 2 { self.matrix() } else { self.list() };
        let _ = writeln!(text, "{payoffs}");
        let _ = writeln!(text, "{}", self.equilibria_text());
        for dominated in game.dominated() {
            let _ = writeln!(text, "{}", self.dominated_text(dominated));
        }
        let _ = writeln!(
            text,
            "\nBreak-even: what an action must be worth to be chosen, the others' actions held"
        );
        let _ = writeln!(text, "{}\n", self.break_even());
        let _ = write!(
            text,
            "certified: every equation of every combination holds within {:.1e}\n\
             {} equilibria in {} evaluations, {:.0} ms",
            self.solved.residual,
            game.combinations(),
            self.solved.evaluations,
            1e3 * seconds
        );
        text
    }

    /// A payoff with its mark.
    fn marked(&self, combination: usize, player: usize) -> String {
        let mark = if self.game.is_best_reply(combination, player) { "*" } else { "" };
        format!("{}{mark}", percent(self.game.payoff(combination, player)))
    }

    /// Rows are the actions of the first player, columns those of the second.
    fn matrix(&self) -> String {
        let game = self.game;
        let mut header = vec![format!("{} \\ {}", self.player(0), self.player(1))];
        header.extend((0..game.actions(1)).map(|action| self.action(1, action).to_owned()));
        let mut table = new_table(&header.iter().map(String::as_str).collect::<Vec<_>>());
        for row in 0..game.actions(0) {
            let mut cells = vec![self.action(0, row).to_owned()];
            cells.extend((0..game.actions(1)).map(|column| {
                let combination = game.index(&[row, column]);
                let both =
                    format!("{}, {}", self.marked(combination, 0), self.marked(combination, 1));
                if self.equilibria.contains(&combination) { format!("[{both}]") } else { both }
            }));
            table.add_row(cells);
        }
        align(&mut table, 1);
        format!("{table}\n")
    }

    fn list(&self) -> String {
        let game = self.game;
        let players = 0..game.players();
        let mut header: Vec<&str> = players.clone().map(|player| self.player(player)).collect();
        let units: Vec<String> =
            players.clone().map(|player| format!("{} %", self.player(player))).collect();
        header.extend(units.iter().map(String::as_str));
        header.push("");
        let mut table = new_table(&header);
        for combination in 0..game.combinations().min(ROWS) {
            let chosen = game.combination(combination);
            let actions = chosen.iter().enumerate();
            let mut cells: Vec<String> =
                actions.map(|(player, action)| self.action(player, *action).to_owned()).collect();
            cells.extend(players.clone().map(|player| self.marked(combination, player)));
            let is_equilibrium = self.equilibria.contains(&combination);
            cells.push(if is_equilibrium { "[equilibrium]" } else { "" }.to_owned());
            table.add_row(cells);
        }
        align(&mut table, game.players());
        format!("{table}\n{}", more(game.combinations()))
    }

    fn equilibria_text(&self) -> String {
        let mut text = String::new();
        let shown = self.equilibria.iter().take(ROWS);
        for &combination in shown {
            let name = self.question.plan.name_of(&self.game.combination(combination));
            let _ = writeln!(text, "equilibrium: {name}");
        }
        text.push_str(&more(self.equilibria.len()));
        if self.equilibria.is_empty() {
            let _ = writeln!(text, "no equilibrium in pure strategies");
        }
        if let Some(mixture) = self.game.mixed_equilibrium() {
            let mixes = mixture.probabilities.iter().enumerate().map(|(player, probabilities)| {
                let actions = probabilities.iter().enumerate().filter(|(_, p)| **p > 0.0);
                let actions: Vec<String> = actions
                    .map(|(action, p)| {
                        format!("{} with probability {p:.3}", self.action(player, action))
                    })
                    .collect();
                format!("{} = {}", self.player(player), actions.join(" or "))
            });
            let mixes: Vec<String> = mixes.collect();
            let payoffs: Vec<String> = mixture.payoffs.iter().copied().map(percent).collect();
            let _ = writeln!(
                text,
                "mixed equilibrium: {}; payoffs {}",
                mixes.join(", "),
                payoffs.join(", ")
            );
        }
        text.trim_end().to_owned()
    }

    fn dominated_text(&self, dominated: Dominated) -> String {
        let Dominated { player, action, by, strictly } = dominated;
        let how = if strictly { "always worse than" } else { "never better than" };
        let (action, by) = (self.action(player, action), self.action(player, by));
        format!("dominated: {} = {action} is {how} {by}", self.player(player))
    }

    /// A row for every action of every player against every choice of the others.
    fn break_even(&self) -> String {
        let game = self.game;
        let money = format!("billion {}", self.currency());
        let mut table = new_table(&[
            "player",
            "action",
            "others",
            "welfare %",
            "value %",
            "break-even %",
            &money,
            "",
        ]);
        let mut rows = 0;
        for player in 0..game.players() {
            for combination in 0..game.combinations() {
                let Some(lead) = self.solved.welfare.break_even(combination, player) else {
                    continue;
                };
                rows += 1;
                if rows > ROWS {
                    continue;
                }
                let chosen = game.combination(combination);
                let others = (0..game.players()).filter(|other| *other != player);
                let others: Vec<&str> =
                    others.map(|other| self.action(other, chosen[other])).collect();
                let is_chosen = game.is_best_reply(combination, player);
                table.add_row(vec![
                    self.player(player).to_owned(),
                    self.action(player, chosen[player]).to_owned(),
                    others.join(", "),
                    percent(self.solved.welfare.payoff(combination, player)),
                    percent(self.solved.values[[combination, player]]),
                    percent(lead),
                    signed(lead * self.solved.spending[player] / 1e3, 1),
                    if is_chosen { "*" } else { "" }.to_owned(),
                ]);
            }
        }
        align(&mut table, 3);
        format!("{table}{}", more(rows).trim_end())
    }

    /// The same for programs: fractions, and money in millions.
    pub fn json(&self) -> Value {
        let game = self.game;
        let actions = |chosen: &[usize]| -> Map<String, Value> {
            let pairs = chosen.iter().enumerate();
            pairs
                .map(|(player, &action)| {
                    (self.player(player).to_owned(), json!(self.action(player, action)))
                })
                .collect()
        };
        let players: Vec<Value> = (0..game.players())
            .map(|player| {
                let names: Vec<&str> =
                    (0..game.actions(player)).map(|action| self.action(player, action)).collect();
                json!({
                    "player": self.player(player),
                    "members": self.question.member_codes(player),
                    "million": self.solved.spending[player],
                    "actions": names,
                })
            })
            .collect();
        let payoffs: Vec<Value> = (0..game.combinations())
            .map(|c| {
                let outcome = |player: usize| {
                    let lead = self.solved.welfare.break_even(c, player);
                    let outcome = json!({
                        "payoff": game.payoff(c, player),
                        "welfare": self.solved.welfare.payoff(c, player),
                        "value": self.solved.values[[c, player]],
                        "break_even": lead,
                        "break_even_million_usd": lead.map(|l| l * self.solved.spending[player]),
                        "best_reply": game.is_best_reply(c, player),
                    });
                    (self.player(player).to_owned(), outcome)
                };
                let outcomes: Map<String, Value> = (0..game.players()).map(outcome).collect();
                json!({ "actions": actions(&game.combination(c)), "players": outcomes })
            })
            .collect();
        let pure: Vec<Map<String, Value>> =
            self.equilibria.iter().map(|&c| actions(&game.combination(c))).collect();
        let mixed = game.mixed_equilibrium().map(|mixture| {
            let player = |player: usize| {
                let pairs = mixture.probabilities[player].iter().enumerate();
                let probabilities: Map<String, Value> = pairs
                    .map(|(action, p)| (self.action(player, action).to_owned(), json!(p)))
                    .collect();
                let payoff = mixture.payoffs[player];
                let entry = json!({ "probabilities": probabilities, "payoff": payoff });
                (self.player(player).to_owned(), entry)
            };
            (0..game.players()).map(player).collect::<Map<String, Value>>()
        });
        let dominated: Vec<Value> = game
            .dominated()
            .into_iter()
            .map(|Dominated { player, action, by, strictly }| {
                json!({
                    "player": self.player(player),
                    "action": self.action(player, action),
                    "by": self.action(player, by),
                    "strictly": strictly,
                })
            })
            .collect();
        json!({
            "title": self.question.title(),
            "baseline": self.question.question.baseline_name,
            "players": players,
            "payoffs": payoffs,
            "equilibria": { "pure": pure, "mixed": mixed },
            "dominated": dominated,
            "certificate": { "largest": self.solved.residual },
        })
    }
}

/// How many rows are not shown.
fn more(rows: usize) -> String {
    if rows > ROWS {
        format!("... {} more rows: write them with `-o`\n", rows - ROWS)
    } else {
        String::new()
    }
}

/// A fraction as percent with sign and three decimals: whole economies gain and lose little.
fn percent(value: f64) -> String {
    signed(100.0 * value, 3)
}

fn signed(value: f64, decimals: usize) -> String {
    let text = format!("{value:+.decimals$}");
    // Negative zero would print its sign.
    if text.contains(['1', '2', '3', '4', '5', '6', '7', '8', '9']) {
        text
    } else {
        text.replace('-', "+")
    }
}
