//! Texts: what is read, what is written, what is refused and where.

use proptest::prelude::*;

use super::{
    Argument, Call, Column, Expression, Function, Operator, Outcome, Selector, Word,
    function::Parameter,
};

fn parsed(text: &str) -> Outcome {
    Outcome::parse(text).unwrap_or_else(|error| panic!("{}\n{error}", error.marked(text)))
}

/// Column and message.
fn refused(text: &str) -> String {
    let error = Outcome::parse(text).map(|outcome| outcome.to_string()).expect_err(text);
    format!("{}: {error}", error.column)
}

#[test]
fn texts_are_read_and_written() {
    for (text, written) in [
        ("welfare(RUS)", "welfare(RUS)"),
        (" flow ( RUS,west ,* ) ", "flow(RUS, west, *)"),
        ("1+2*3-4/5", "1 + 2 * 3 - 4 / 5"),
        ("(1+2)*3", "(1 + 2) * 3"),
        ("1-(2-3)", "1 - (2 - 3)"),
        ("-(1+2)", "-(1 + 2)"),
        ("--1.50", "--1.5"),
        ("base.exports(RUS)", "base.exports(RUS)"),
        ("exports(RUS, not B|C)", "exports(RUS, not B|C)"),
        ("exports(not)", "exports(\"not\")"),
        ("regime(oil-price-cap)", "regime(oil-price-cap)"),
        ("regime(\"tariff 0\")=shadow-full", "regime(\"tariff 0\") = shadow-full"),
        ("(regime(a) != slack) * 2", "(regime(a) != slack) * 2"),
        ("growth(turnover(RUS,CHN),2022)", "growth(turnover(RUS, CHN), 2022)"),
        ("at(flow(RUS,CHN,B)-1,2023)>=1e3", "at(flow(RUS, CHN, B) - 1, 2023) >= 1000"),
        ("rank(flow(CHN,RUS,C),importer,not ROW)", "rank(flow(CHN, RUS, C), importer, not ROW)"),
        ("(1 < 2) = (3 > 4)", "(1 < 2) = (3 > 4)"),
    ] {
        assert_eq!(parsed(text).to_string(), written);
        assert_eq!(parsed(written), parsed(text));
    }
}

#[test]
fn errors_point_at_the_character() {
    for (text, expected) in [
        ("", "1: found the end, expected a number, an outcome or `(`"),
        ("welfar(RUS)", "1: unknown outcome `welfar`; did you mean `welfare`?"),
        ("1 + qqqqq(RUS)", "5: unknown outcome `qqqqq`"),
        ("base.welfar(RUS)", "6: unknown outcome `welfar`; did you mean `welfare`?"),
        ("base.(1)", "6: found `(`, expected the name of an outcome"),
        ("welfare", "8: found the end, expected `(`, as in `welfare(R)`"),
        ("welfare()", "1: `welfare` has 0 arguments, expected `welfare(R)`"),
        ("flow(RUS, CHN)", "1: `flow` has 2 arguments, expected `flow(i, n, s)`"),
        ("2*welfare(RUS, CHN)", "3: `welfare` has 2 arguments, expected `welfare(R)`"),
        ("welfare(RUS", "12: found the end, expected `,` or `)`"),
        ("welfare(RUS) welfare(CHN)", "14: found `w`, expected an operator or the end"),
        ("welfare(,)", "9: found `,`, expected a region, a group or `*`"),
        ("flow(RUS, CHN, )", "16: found `)`, expected a sector, a group or `*`"),
        ("growth(welfare(RUS), x)", "22: found `x`, expected a year"),
        ("(1 + 2", "7: found the end, expected an operator or `)`"),
        ("1 < 2 < 3", "7: found `<`, expected an operator or the end"),
        (
            "1 + regime(cap)",
            "5: `regime` is a word, not a number, expected it alone or before `=` or `!=`",
        ),
        (
            "regime(cap) > slack",
            "1: `regime` is a word, not a number, expected it alone or before `=` or `!=`",
        ),
        ("regime(cap) = ", "15: found the end, expected a regime, such as `slack`"),
        ("base.regime(cap)", "6: `base.regime` has no meaning"),
        ("base.growth(income(A), 2020)", "6: `base.growth` has no meaning"),
        ("welfare(\"RUS)", "14: found the end, expected `\"`"),
        ("1e999", "1: found `1e999`, expected a finite number"),
        ("€", "1: found `€`, expected a number, an outcome or `(`"),
    ] {
        assert_eq!(refused(text), expected);
    }
    let deep = "(".repeat(100);
    assert!(refused(&deep).ends_with("an outcome of 61 levels, expected at most 60"));
    assert!(refused(&"-".repeat(100)).contains("levels"));
    assert!(refused(&"1+".repeat(3000)).contains("an outcome of 6000 characters"));
    // A long chain is no nesting.
    parsed(&format!("{}1", "1+".repeat(1900)));
}

#[test]
fn a_mark_stands_under_the_character() {
    let error = Outcome::parse("1 + welfar(RUS)").unwrap_err();
    assert_eq!(error.marked("1 + welfar(RUS)"), "1 + welfar(RUS)\n    ^");
}

#[test]
fn outcomes_say_what_they_need() {
    assert!(parsed("1 + growth(income(A), 2020)").needs_path());
    assert!(parsed("share(at(income(A), 2020), 2)").needs_path());
    assert!(!parsed("income(A)").needs_path());
    assert!(parsed("regime(cap)").is_text());
    assert!(!parsed("regime(cap) = slack").is_text());
}

fn word() -> impl Strategy<Value = Word> {
    prop_oneof!["[A-Za-z0-9_.:-]{1,8}", "[^\"]{1,6}"].prop_map(|text| Word { text, at: Column(0) })
}

fn selector() -> impl Strategy<Value = Selector> {
    let names = prop::collection::vec(word(), 1..3);
    prop_oneof![
        Just(Selector { not: false, names: Vec::new(), at: Column(0) }),
        (any::<bool>(), names).prop_map(|(not, names)| Selector { not, names, at: Column(0) }),
    ]
}

/// A call of any function, with outcomes among its arguments taken from `inner`.
fn call(inner: BoxedStrategy<Expression>) -> BoxedStrategy<Call> {
    let functions: Vec<Function> = Function::all().collect();
    prop::sample::select(functions)
        .prop_flat_map(move |function| {
            let inner = inner.clone();
            (function.required()..=function.parameters().len()).prop_flat_map(move |count| {
                let arguments: Vec<BoxedStrategy<Argument>> = function.parameters()[..count]
                    .iter()
                    .map(|parameter| match parameter {
                        Parameter::Expression => {
                            inner.clone().prop_map(Argument::Expression).boxed()
                        }
                        Parameter::Year => {
                            (0..9999).prop_map(|year| Argument::Year(year, Column(0))).boxed()
                        }
                        _ => selector().prop_map(Argument::Names).boxed(),
                    })
                    .collect();
                let no_base =
                    matches!(function, Function::Regime | Function::Growth | Function::At);
                (any::<bool>(), arguments).prop_map(move |(base, arguments)| Call {
                    base: base && !no_base,
                    function,
                    arguments,
                    at: Column(0),
                })
            })
        })
        .boxed()
}

fn is_word(expression: &Expression) -> bool {
    matches!(expression, Expression::Call(call) if call.function == Function::Regime)
}

fn expression() -> impl Strategy<Value = Expression> {
    let operators = [
        Operator::Add,
        Operator::Subtract,
        Operator::Multiply,
        Operator::Divide,
        Operator::Less,
        Operator::LessOrEqual,
        Operator::Greater,
        Operator::GreaterOrEqual,
        Operator::Equal,
        Operator::NotEqual,
    ];
    let number = prop_oneof![(0.0..1e6_f64), (0u32..9).prop_map(f64::from)];
    let leaf = prop_oneof![
        number.prop_map(Expression::Number),
        selector().prop_map(|selector| Expression::Call(Call {
            base: false,
            function: Function::Welfare,
            arguments: vec![Argument::Names(selector)],
            at: Column(0),
        })),
    ];
    leaf.prop_recursive(4, 24, 3, move |inner| {
        let two = (inner.clone(), inner.clone());
        let regime = (word(), any::<bool>(), word());
        prop_oneof![
            inner.clone().prop_map(|inner| Expression::Negative(Box::new(inner))),
            (prop::sample::select(operators.to_vec()), two).prop_map(
                |(operator, (left, right))| {
                    Expression::Binary(operator, Box::new(left), Box::new(right))
                }
            ),
            regime.prop_map(|(policy, equal, word)| {
                let names = Selector { not: false, names: vec![policy], at: Column(0) };
                let arguments = vec![Argument::Names(names)];
                let function = Function::Regime;
                let call = Call { base: false, function, arguments, at: Column(0) };
                Expression::Is { call, equal, word }
            }),
            call(inner.boxed())
                .prop_map(Expression::Call)
                .prop_filter("a word is no number", |call| !is_word(call)),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(expression in expression()) {
        let outcome = Outcome { expression };
        let text = outcome.to_string();
        let again = Outcome::parse(&text);
        prop_assert_eq!(again.as_ref().ok(), Some(&outcome), "{}: {:?}", text, again);
    }

    #[test]
    fn any_text_is_read_or_refused(text in "[a-z.(),*+<>=!\" 0-9-]{0,40}") {
        if let Err(error) = Outcome::parse(&text) {
            prop_assert!(error.column >= 1 && error.column <= text.chars().count() + 1);
        }
    }
}
