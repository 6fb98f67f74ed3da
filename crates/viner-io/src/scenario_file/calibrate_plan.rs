//! `[calibrate]` of a path's plan: sizes that no source gives, and the figures that they are fitted to.

use super::document::{Node, Value, parse_document, quote};
use super::domain::{FINITE, POSITIVE};
use super::fields::{Fields, number_of, text_of, texts_of};
use super::findings::{Findings, Reported};
use super::locations::Locations;
use super::source::ScenarioSource;
use crate::builtin;
use crate::diagnostic::Diagnostic;

/// Key of the table in a plan.
pub(super) const CALIBRATE: &str = "calibrate";
/// Sizes that are fitted at most.
const MAX_SIZES: usize = 30;
/// Units of figures, and what one is in the unit of outcomes.
const UNITS: [(&str, f64); 5] =
    [("fraction", 1.0), ("%", 0.01), ("ratio", 1.0), ("million USD", 1.0), ("billion USD", 1000.0)];

/// What is fitted to what.
#[derive(Clone, Debug, PartialEq)]
pub struct CalibratePlan {
    /// Sizes to fit.
    pub choose: Vec<FittedSize>,
    /// What they are fitted to.
    pub training: Vec<TrainingRow>,
    /// Keys with the sizes that a fit found, which the plan applies.
    pub fitted: Vec<(String, f64)>,
    /// Where everything was written, and the path of the table there.
    pub(crate) locations: Locations,
    pub(crate) path: &'static str,
    /// Name and text of the file that it is read from, if it is not in the plan itself.
    pub(super) file: Option<(String, String)>,
}

/// A size to fit.
#[derive(Clone, Debug, PartialEq)]
pub struct FittedSize {
    /// Key of the scenario, as after `--set`.
    pub key: String,
    /// Smallest value.
    pub lower: f64,
    /// Largest value.
    pub upper: f64,
    /// Where the search starts.
    pub start: f64,
}

/// A figure to fit to.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainingRow {
    /// Name.
    pub id: String,
    /// Outcome of the path that it is a figure of.
    pub target: String,
    /// The figure, in `unit`.
    pub value: f64,
    /// How far off a good fit may be, in `unit`.
    pub sd: f64,
    /// Unit of the figure.
    pub unit: String,
    /// What one of the unit is in the unit of the outcome.
    pub scale: f64,
    /// Rows of one group are left out together.
    pub group: String,
    /// Who says so.
    pub source: String,
    /// Rows of evidence that state the same figure: these are not scored.
    pub uses: Vec<String>,
}

impl CalibratePlan {
    /// The sizes as overrides.
    pub(super) fn overrides(&self) -> Vec<String> {
        self.fitted.iter().map(|(key, value)| format!("{key}={value:?}")).collect()
    }

    /// A diagnostic at a key of the table.
    pub(crate) fn place(&self, key: &str, diagnostic: Diagnostic) -> Diagnostic {
        let path =
            if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) };
        self.locations.place(&path, diagnostic)
    }
}

/// Reads `[calibrate]` of a plan; where it is a text, a built-in calibration of this name or a file with the
/// keys of the table.
pub(super) fn read_calibrate(
    root: &Node,
    source: &ScenarioSource,
    findings: &mut Findings,
) -> Result<Option<CalibratePlan>, Reported> {
    let Some(node) = root.get(CALIBRATE) else { return Ok(None) };
    let Some(name) = node.as_text() else {
        let locations = Locations::of(&source.name, root);
        return read_table(node, CALIBRATE, locations, findings).map(Some);
    };
    let (file, text) = find(name, node, source, findings)?;
    let mut own = Findings::new(&file);
    let (document, errors) = parse_document(&text);
    let failed = !errors.is_empty();
    for error in errors {
        own.add_syntax(error, "");
    }
    let read = if failed {
        Err(Reported)
    } else {
        read_table(&document, "", Locations::of(&file, &document), &mut own)
    };
    for problem in own.into_diagnostics() {
        findings.add_placed(problem);
    }
    read.map(|plan| Some(CalibratePlan { file: Some((name.to_owned(), text)), ..plan }))
}

/// The name for messages and the text of a calibration.
fn find(
    name: &str,
    node: &Node,
    source: &ScenarioSource,
    findings: &mut Findings,
) -> Result<(String, String), Reported> {
    let at_hand = source.files.get(name).map(String::as_str);
    if let Some(text) = at_hand.or_else(|| builtin::calibration(name)) {
        return Ok((format!("calibration `{name}`"), text.to_owned()));
    }
    let path = source.folder.as_ref().map(|folder| folder.join(name));
    let Some(path) = path.filter(|path| path.is_file()) else {
        let diagnostic = Diagnostic::unknown("calibration", name, builtin::calibrations())
            .hint("a calibration is a table, a TOML file beside the plan, or built in");
        return Err(findings.add(node.at, CALIBRATE, diagnostic));
    };
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok((path.display().to_string(), text)),
        Err(error) => {
            let problem = format!("cannot read `{}`: {error}", path.display());
            Err(findings.add(node.at, CALIBRATE, Diagnostic::new(problem)))
        }
    }
}

fn read_table(
    node: &Node,
    path: &'static str,
    locations: Locations,
    findings: &mut Findings,
) -> Result<CalibratePlan, Reported> {
    let expected = "a table, `[calibrate]`, or the name of a calibration";
    let fields = Fields::of(node, path, expected, findings)?;
    let keys = fields.check_keys(&["title", "choose", "training", "fitted"], findings);
    let choose = each(&fields, "choose", findings, choose);
    let training = each(&fields, "training", findings, training);
    let fitted = fitted(&fields, findings);
    keys?;
    let (choose, training) = (choose?, training?);
    for (what, keys) in [
        ("choose", choose.iter().map(|size| &size.key).collect::<Vec<_>>()),
        ("training", training.iter().map(|row| &row.id).collect()),
    ] {
        if let Some(at) = (1..keys.len()).find(|&at| keys[..at].contains(&keys[at])) {
            let problem = format!("`{}` is there twice", quote(keys[at]));
            let path = format!("{}.{at}", fields.path_of(what));
            let at = fields.node(what).map_or(fields.at, |node| node.at);
            return Err(findings.add(at, &path, Diagnostic::new(problem)));
        }
    }
    if choose.len() > MAX_SIZES {
        let diagnostic = Diagnostic::new(format!("{} sizes are to be fitted", choose.len()))
            .expected(format!("at most {MAX_SIZES}"));
        return Err(findings.add(fields.at, &fields.path_of("choose"), diagnostic));
    }
    Ok(CalibratePlan { choose, training, fitted: fitted?, locations, path, file: None })
}

fn each<T>(
    fields: &Fields<'_>,
    key: &str,
    findings: &mut Findings,
    read: impl Fn(&Fields<'_>, &mut Findings) -> Result<T, Reported>,
) -> Result<Vec<T>, Reported> {
    let expected = format!("a list of tables, each under `[[{}]]`", fields.path_of(key));
    let node = fields.required(key, &expected, findings)?;
    let path = fields.path_of(key);
    let items = match &node.value {
        Value::List(items) if !items.is_empty() => items,
        _ => return Err(findings.wrong_type(node, &path, &expected)),
    };
    let mut all = Vec::with_capacity(items.len());
    let mut result = Ok(());
    for (index, item) in items.iter().enumerate() {
        let path = format!("{path}.{index}");
        let one =
            Fields::of(item, &path, &expected, findings).and_then(|fields| read(&fields, findings));
        match one {
            Ok(one) => all.push(one),
            Err(reported) => result = Err(reported),
        }
    }
    result.map(|()| all)
}

fn choose(fields: &Fields<'_>, findings: &mut Findings) -> Result<FittedSize, Reported> {
    let keys = fields.check_keys(&["key", "lower", "upper", "start", "note"], findings);
    let expected = "a key of the scenario, such as \"policy.threat-to-banks.change\"";
    let key = required_text(fields, "key", expected, findings);
    let lower = fields.required_number("lower", FINITE, findings);
    let upper = fields.required_number("upper", FINITE, findings);
    let start = fields.required_number("start", FINITE, findings);
    keys?;
    let size = FittedSize { key: key?, lower: lower?, upper: upper?, start: start? };
    if size.lower < size.upper && (size.lower..=size.upper).contains(&size.start) {
        return Ok(size);
    }
    let found = format!("{} to {}, {}", size.lower, size.upper, size.start);
    let diagnostic = Diagnostic::new("`lower`, `upper` and `start` are in no order")
        .found(found)
        .expected("`lower` below `upper`, and `start` between them");
    Err(findings.add(fields.at, &fields.path_of("lower"), diagnostic))
}

fn training(fields: &Fields<'_>, findings: &mut Findings) -> Result<TrainingRow, Reported> {
    let known = ["id", "target", "value", "sd", "unit", "group", "source", "uses", "note"];
    let keys = fields.check_keys(&known, findings);
    let id = required_text(fields, "id", "a name of the figure", findings);
    let expected = "an outcome of the path, such as \"growth(flow(DEU, RUS, goods), 2022)\"";
    let target = required_text(fields, "target", expected, findings);
    let value = fields.required_number("value", FINITE, findings);
    let sd = fields.required_number("sd", POSITIVE, findings);
    let unit = fields.text("unit", "a unit", findings);
    let group = fields.text("group", "a name", findings);
    let source = required_text(fields, "source", "who says so", findings);
    let uses = match fields.node("uses") {
        None => Ok(Vec::new()),
        Some(node) => {
            texts_of(node, &fields.path_of("uses"), "a list of ids of rows of evidence", findings)
        }
    };
    keys?;
    let unit = unit?.unwrap_or("fraction");
    let Some((_, scale)) = UNITS.iter().find(|(name, _)| *name == unit) else {
        let diagnostic = Diagnostic::unknown("unit", unit, UNITS.iter().map(|(name, _)| *name));
        return Err(findings.add(fields.at, &fields.path_of("unit"), diagnostic));
    };
    let id = id?;
    Ok(TrainingRow {
        // A row without a group is one of its own.
        group: group?.unwrap_or(&id).to_owned(),
        id,
        target: target?,
        value: value?,
        sd: sd?,
        unit: unit.to_owned(),
        scale: *scale,
        source: source?,
        uses: uses?,
    })
}

fn fitted(fields: &Fields<'_>, findings: &mut Findings) -> Result<Vec<(String, f64)>, Reported> {
    let Some(node) = fields.node("fitted") else { return Ok(Vec::new()) };
    let path = fields.path_of("fitted");
    let expected = "a table of keys, such as { \"policy.threat-to-banks.change\" = 0.04 }";
    let table = Fields::of(node, &path, expected, findings)?;
    let mut sizes = Vec::new();
    for entry in table.entries() {
        let path = table.path_of(&entry.key);
        let value = number_of(&entry.node, &path, FINITE, FINITE.words, findings)?;
        sizes.push((entry.key.clone(), value));
    }
    Ok(sizes)
}

fn required_text(
    fields: &Fields<'_>,
    key: &str,
    expected: &str,
    findings: &mut Findings,
) -> Result<String, Reported> {
    let node = fields.required(key, expected, findings)?;
    text_of(node, &fields.path_of(key), expected, findings).map(ToOwned::to_owned)
}
