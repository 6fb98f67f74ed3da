//! Games: a plan, the baseline of its scenario, and every combination of actions solved.

use serde_json::{Value as Json, json};
use viner_model::game::{Game, combination};
use viner_model::ndarray::Array2;
use viner_model::problem::ScenarioError;
use viner_model::report::RegionOutcomes;
use viner_model::variants::{VariantFailure, Variants};

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::plan::{PlanQuestion, PlanSource};
use crate::question::{NoAnswer, Question};
use crate::results::Program;
use crate::scenario_file::{
    GamePlan, MAX_COMBINATIONS, PLAYER, PlanScenario, PlayerPlan, read_game_plan,
};

/// Payoffs that differ by less are equal: equilibria are certified to 1e-10 of every equation, and
/// welfare is a ratio of two of their numbers.
const TIE: f64 = 1e-9;

/// A plan on its baseline, both checked.
#[derive(Clone, Debug)]
pub struct GameQuestion {
    /// The plan.
    pub plan: GamePlan,
    /// Its scenario and baseline.
    pub question: Question,
    /// Positions of each player's members, each once.
    members: Vec<Vec<usize>>,
}

/// Why a game has no payoffs.
#[derive(Clone, Debug)]
pub enum NoGame {
    /// Its scenario or its baseline has no answer.
    Scenario(NoAnswer),
    /// A combination of actions has no certified equilibrium.
    Combination {
        /// The first such, in words.
        combination: String,
        /// Why.
        failure: VariantFailure,
        /// How many there are.
        failures: usize,
    },
}

/// A game with its payoffs.
#[derive(Clone, Debug)]
pub struct SolvedGame {
    /// Welfare of players, fractions of their baseline real spending.
    pub welfare: Game,
    /// Welfare and political value.
    pub payoffs: Game,
    /// Stated political values `[combination, player]`.
    pub values: Array2<f64>,
    /// Baseline final spending by player, million.
    pub spending: Vec<f64>,
    /// Largest relative residual of any equation in any combination.
    pub residual: f64,
    /// Evaluations of the model in all.
    pub evaluations: usize,
}

impl GameQuestion {
    /// Reads a plan, its scenario and its baseline; everything that is wrong with any is reported at
    /// once.
    ///
    /// # Errors
    /// All diagnostics.
    pub fn open(
        source: &PlanSource,
        overrides: &[String],
        table_tolerance: f64,
    ) -> Result<Self, Diagnostics> {
        let (plan, mut diagnostics) = read_game_plan(&source.plan, overrides);
        let Some(plan) = plan else { return Err(diagnostics) };
        let opened = PlanQuestion::open(source, &plan.head, &[PLAYER], overrides, table_tolerance);
        let question = match opened {
            Ok(opened) => opened.question,
            Err(problems) => {
                diagnostics.extend(problems);
                return Err(diagnostics);
            }
        };
        let members: Vec<Vec<usize>> = (0..plan.players.len())
            .map(|player| members(&plan, player, &question, &mut diagnostics))
            .collect();
        let game = Self { plan, question, members };
        // Too many combinations are refused already.
        if game.plan.combinations() <= MAX_COMBINATIONS {
            game.check_combinations(&mut diagnostics);
        }
        diagnostics.into_result().map(|()| game)
    }

    /// Title of the plan; that of its scenario where it has none.
    pub fn title(&self) -> &str {
        let title = self.plan.head.title.as_str();
        if title.is_empty() { self.question.title() } else { title }
    }

    /// Codes of a player's members.
    pub fn member_codes(&self, player: usize) -> Vec<&str> {
        let regions = &self.question.baseline.regions;
        self.members[player].iter().map(|&n| regions.code(n)).collect()
    }

    /// Everybody's action in each combination, the last player's running fastest.
    fn combinations(&self) -> Vec<Vec<usize>> {
        let actions = self.plan.actions();
        (0..self.plan.combinations()).map(|index| combination(&actions, index)).collect()
    }

    /// Reports what is wrong with any combination, each mistake once.
    fn check_combinations(&self, diagnostics: &mut Diagnostics) {
        let file = &self.question.file;
        let baseline = std::sync::Arc::clone(&self.question.baseline);
        let variants = Variants::on_reference(baseline, &file.scenario, self.question.settings);
        // Where something was wrong already, a policy without cells may be its consequence.
        let already = !diagnostics.is_empty();
        let consequence =
            |error: &ScenarioError| already && matches!(error, ScenarioError::NoCells { .. });
        let combinations = self.combinations();
        let errors =
            variants.check_each(combinations.len(), |c| self.plan.policies(file, &combinations[c]));
        for (chosen, errors) in combinations.iter().zip(&errors) {
            for error in errors.iter().filter(|error| !consequence(error)) {
                let diagnostic = self.plan.locate(file, chosen, error);
                if !diagnostics.0.contains(&diagnostic) {
                    diagnostics.push(diagnostic);
                }
            }
        }
    }

    /// Solves every combination.
    ///
    /// # Errors
    /// The baseline or a combination has no certified equilibrium.
    pub fn solve(&self) -> Result<SolvedGame, NoGame> {
        let question = &self.question;
        let baseline = std::sync::Arc::clone(&question.baseline);
        let variants = Variants::new(baseline, &question.file.scenario, question.settings)
            .map_err(|error| NoGame::Scenario(question.no_answer(error)))?;
        let income = &variants.baseline.income;
        let weights: Vec<Vec<f64>> = self
            .plan
            .players
            .iter()
            .zip(&self.members)
            .map(|(player, members)| weights(player, members, &variants))
            .collect();
        let combinations = self.combinations();
        let players = self.plan.players.len();
        let policies = |c: usize| self.plan.policies(&question.file, &combinations[c]);
        let solved = variants
            .solve_each(combinations.len(), policies, |problem, equilibrium| {
                let outcomes = RegionOutcomes::of(problem, equilibrium);
                let welfare = |(members, weights): (&Vec<usize>, &Vec<f64>)| -> f64 {
                    members.iter().zip(weights).map(|(&n, w)| w * outcomes.welfare[n]).sum()
                };
                let welfare: Vec<f64> = self.members.iter().zip(&weights).map(welfare).collect();
                let residual = equilibrium.certificate.worst().relative;
                (welfare, residual, equilibrium.statistics.evaluations)
            })
            .map_err(|(index, failure, failures)| NoGame::Combination {
                combination: self.plan.name_of(&combinations[index]),
                failure,
                failures,
            })?;
        let shape = (combinations.len(), players);
        let welfare = Array2::from_shape_fn(shape, |(c, p)| solved[c].0[p]);
        let values = Array2::from_shape_fn(shape, |(c, p)| {
            let action = combinations[c][p];
            self.plan.players[p].actions[action].value(&combinations[c])
        });
        let game = |payoffs| {
            // Payoffs of certified equilibria are numbers, and every player has an action.
            Game::new(self.plan.actions(), payoffs, TIE)
                .unwrap_or_else(|error| unreachable!("{error}"))
        };
        Ok(SolvedGame {
            payoffs: game(&welfare + &values),
            welfare: game(welfare),
            values,
            spending: self.members.iter().map(|m| m.iter().map(|&n| income[n]).sum()).collect(),
            residual: solved.iter().map(|solved| solved.1).fold(0.0, f64::max),
            evaluations: solved.iter().map(|solved| solved.2).sum(),
        })
    }

    /// The manifest of a game: enough to repeat it.
    pub fn manifest(&self, solved: &SolvedGame, program: Program, seconds: f64) -> Json {
        let question = &self.question;
        let scenario = match self.plan.head.scenario {
            PlanScenario::Named { .. } => question.file.manifest_entry(),
            PlanScenario::Inline(_) => Json::Null,
        };
        json!({
            "viner": { "version": program.version, "commit": program.commit },
            "title": self.title(),
            "plan": self.plan.head.manifest_entry(&self.plan.files),
            "scenario": scenario,
            "baseline": question.baseline_entry(),
            "solver": {
                "combinations": solved.payoffs.combinations(),
                "evaluations": solved.evaluations,
                "seconds": seconds,
                "tolerance": question.settings.tolerance,
            },
            "certificate": { "largest": solved.residual },
            "platform": {
                "os": std::env::consts::OS,
                "architecture": std::env::consts::ARCH,
            },
        })
    }
}

/// Positions of a player's members, each once.
fn members(
    plan: &GamePlan,
    player: usize,
    question: &Question,
    diagnostics: &mut Diagnostics,
) -> Vec<usize> {
    let regions = &question.baseline.regions;
    let groups = &question.file.scenario.groups;
    let mut positions = Vec::new();
    let path = |key: String| format!("player.{player}.{key}");
    for (index, name) in plan.players[player].members.iter().enumerate() {
        let group = groups.get(name).map(Vec::as_slice);
        let codes = group.unwrap_or(std::slice::from_ref(name));
        let known: Vec<usize> = codes.iter().filter_map(|code| regions.position(code)).collect();
        if known.is_empty() {
            let candidates = regions.codes().chain(groups.keys().map(String::as_str));
            let diagnostic = Diagnostic::unknown("region", name, candidates);
            // A single name may be written without a list.
            diagnostics
                .push(plan.head.locations.place(&path(format!("members.{index}")), diagnostic));
        }
        for position in known {
            if !positions.contains(&position) {
                positions.push(position);
            }
        }
    }
    for code in plan.players[player].weights.iter().flatten().map(|(code, _)| code) {
        if !regions.position(code).is_some_and(|position| positions.contains(&position)) {
            let codes = positions.iter().map(|&position| regions.code(position));
            let diagnostic = Diagnostic::unknown("member of the player:", code, codes);
            diagnostics
                .push(plan.head.locations.place(&path(format!("weights.{code}")), diagnostic));
        }
    }
    positions
}

/// Weights of a player's members, which sum to 1: as stated, or by baseline income.
fn weights(player: &PlayerPlan, members: &[usize], variants: &Variants) -> Vec<f64> {
    let baseline = &variants.baseline;
    let weight = |&n: &usize| match &player.weights {
        Some(weights) => weights.get(baseline.regions.code(n)).copied().unwrap_or(0.0),
        None => baseline.income[n],
    };
    let weights: Vec<f64> = members.iter().map(weight).collect();
    let sum: f64 = weights.iter().sum();
    weights.iter().map(|weight| weight / sum).collect()
}
