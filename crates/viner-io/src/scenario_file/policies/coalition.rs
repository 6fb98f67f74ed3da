//! Payments within a coalition.

use std::collections::BTreeMap;

use viner_model::scenario::{Action, CoalitionRule};

use super::kinds::Kind;
use super::{NOBODY, PolicyReader};
use crate::diagnostic::Diagnostic;
use crate::scenario_file::domain::SHARE;
use crate::scenario_file::fields::{Fields, number_of};
use crate::scenario_file::findings::Reported;

#[derive(Clone, Copy, PartialEq)]
enum Rule {
    EqualWelfare,
    Weights,
}

const RULES: [(&str, Rule); 2] =
    [("equal-welfare", Rule::EqualWelfare), ("weights", Rule::Weights)];

impl PolicyReader<'_, '_, '_> {
    pub(super) fn coalition(&mut self, kind: &Kind) -> Action {
        if let Some(entry) = self.fields.entry("file") {
            let diagnostic = Diagnostic::new(format!("a `{}` is not read from a table", kind.name))
                .expected("the keys `members` and `rule`");
            self.findings.add(entry.key_at, &self.fields.path_of("file"), diagnostic);
        }
        let members = self.selector("members");
        let rule = self.rule();
        Action::Coalition {
            members: members.unwrap_or(NOBODY),
            rule: rule.unwrap_or(CoalitionRule::EqualWelfare),
        }
    }

    fn rule(&mut self) -> Result<CoalitionRule, Reported> {
        let rule = self.fields.required("rule", "\"equal-welfare\" or \"weights\"", self.findings);
        let rule = rule.and_then(|_| self.fields.word("rule", &RULES, self.findings));
        let weights = self.weights();
        match (rule?, weights) {
            (Some(Rule::EqualWelfare), Some(_)) => {
                let diagnostic =
                    Diagnostic::new("`weights` and the rule `equal-welfare` contradict each other")
                        .expected("the rule `weights`, or no weights");
                let at = self.fields.entry("weights").map_or(self.fields.at, |entry| entry.key_at);
                Err(self.findings.add(at, &self.fields.path_of("weights"), diagnostic))
            }
            (Some(Rule::Weights), None) => {
                let path = self.fields.path_of("weights");
                let expected = "each member's part of the loss, such as { USA = 0.6, DEU = 0.4 }";
                Err(self.findings.missing(self.fields.at, &path, "key `weights`", expected))
            }
            (Some(Rule::Weights), Some(weights)) => weights.map(CoalitionRule::Weights),
            (_, None) => Ok(CoalitionRule::EqualWelfare),
            (None, Some(_)) => Err(Reported),
        }
    }

    /// The weights, if there are any. Where their numbers are wrong, all weigh the same, so that the
    /// names can still be looked up.
    fn weights(&mut self) -> Option<Result<BTreeMap<String, f64>, Reported>> {
        let node = self.fields.node("weights")?;
        let path = self.fields.path_of("weights");
        let expected = "a table of weights by region";
        let fields = match Fields::of(node, &path, expected, self.findings) {
            Ok(fields) => fields,
            Err(reported) => return Some(Err(reported)),
        };
        let mut weights = BTreeMap::new();
        let mut is_good = true;
        for entry in fields.entries() {
            let path = fields.path_of(&entry.key);
            let weight = number_of(&entry.node, &path, SHARE, SHARE.words, self.findings);
            is_good &= weight.is_ok();
            weights.insert(entry.key.clone(), weight.unwrap_or_default());
        }
        let sum = weights.values().sum();
        if !is_good || self.findings.check_sum(node.at, &path, "weights", sum).is_err() {
            let equal = 1.0 / weights.len() as f64;
            for weight in weights.values_mut() {
                *weight = equal;
            }
        }
        Some(if weights.is_empty() { Err(Reported) } else { Ok(weights) })
    }
}
