//! Which name of a template has no value. The engine says where it missed one, as a stretch of the
//! expression; here are the names that the template needs and the context lacks.

use minijinja::{Error, Template};
use serde_json::Value;

fn has_value(context: &Value, path: &str) -> bool {
    path.split('.').try_fold(context, |value, key| value.get(key)).is_some()
}

fn is_part_of_name(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_' || letter == '.'
}

/// Whether `text` holds `path` as a name of its own.
fn names(text: &str, path: &str) -> bool {
    text.match_indices(path).any(|(at, _)| {
        !text[..at].ends_with(is_part_of_name)
            && !text[at + path.len()..].starts_with(is_part_of_name)
    })
}

/// The missing name that `error` is about, or those that it may be about.
pub fn missing_names(
    template: &Template<'_, '_>,
    context: &Value,
    known: &[&str],
    error: &Error,
) -> Vec<String> {
    let mut missing: Vec<String> = template
        .undeclared_variables(true)
        .into_iter()
        .filter(|path| !known.contains(&path.as_str()) && !has_value(context, path))
        .collect();
    missing.sort();
    let stretch = error.range().and_then(|range| template.source().get(range)).unwrap_or("");
    let line = error.line().and_then(|line| template.source().lines().nth(line - 1)).unwrap_or("");
    for text in [stretch, line] {
        let named: Vec<String> = missing.iter().filter(|path| names(text, path)).cloned().collect();
        if !named.is_empty() {
            return named;
        }
    }
    if missing.is_empty() && !stretch.is_empty() {
        missing.push(stretch.to_owned());
    }
    missing
}
