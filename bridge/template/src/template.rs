//! Templates of text in the language of Jinja: checked, and rendered with a context.

use std::collections::HashSet;
use std::io;

use minijinja::machinery::{
    get_compiled_template, tokenize, Instruction, Instructions, Token, WhitespaceConfig,
};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Template, UndefinedBehavior};
use serde_json::Value;

use crate::fault::{Fault, Kind};
use crate::missing::missing_names;

/// A template is written by a person.
const SOURCE_BYTES_MAX: usize = 256 << 10;
/// Of one `{{ }}` or `{% %}`, and of `elif`s: the parser goes one call deeper for some of them.
const TOKENS_MAX: usize = 1_000;
const BRANCHES_MAX: usize = 1_000;
/// Steps of one rendering.
const FUEL: u64 = 1_000_000;
const RECURSION_MAX: usize = 100;
/// What a rendering writes.
const OUTPUT_BYTES_MAX: usize = 4 << 20;

/// Names that are bound where they may be called.
const LOCAL_FUNCTIONS: [&str; 4] = ["loop", "caller", "super", "self"];
/// Functions that need no value of the context.
const FUNCTIONS: [&str; 2] = ["range", "dict"];

/// What is wrong with a template, and in which line of it; 0 when in none.
pub struct Wrong {
    pub line: u32,
    pub fault: Fault,
}

impl Wrong {
    fn new(kind: Kind, line: usize, text: impl std::fmt::Display) -> Self {
        Self { line: u32::try_from(line).unwrap_or(0), fault: Fault::new(kind, text) }
    }
}

fn environment<'a>() -> Environment<'a> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(RECURSION_MAX);
    environment.set_debug(true); // errors know their stretch of the source
    environment.set_auto_escape_callback(|name| {
        if name.ends_with(".html") {
            AutoEscape::Html
        } else {
            AutoEscape::None
        }
    });
    // They show all that a context holds.
    environment.remove_global("debug");
    environment.remove_filter("pprint");
    // A value that can hold itself has no end when it is printed.
    environment.remove_global("namespace");
    environment
}

fn kind_of(error: &Error) -> Kind {
    let text = error.detail().unwrap_or("");
    match error.kind() {
        ErrorKind::OutOfFuel => Kind::Exhausted,
        ErrorKind::InvalidOperation if text.contains("recursion limit") => Kind::Exhausted,
        _ => Kind::Invalid,
    }
}

/// The innermost error: the engine wraps those of blocks and macros.
fn root_of(error: &Error) -> &Error {
    let mut root = error;
    while let Some(inner) = std::error::Error::source(root).and_then(|one| one.downcast_ref()) {
        root = inner;
    }
    root
}

fn wrong(error: &Error) -> Wrong {
    let error = root_of(error);
    let text = match (error.kind(), error.detail()) {
        (ErrorKind::OutOfFuel, _) => format!("it takes more than {FUEL} steps"),
        (ErrorKind::SyntaxError | ErrorKind::InvalidOperation, Some(detail)) => detail.to_owned(),
        (ErrorKind::UnknownFunction, Some(detail)) => format!("function {detail}"),
        (kind, Some(detail)) if kind.to_string().split(' ').all(|word| detail.contains(word)) => {
            detail.to_owned()
        }
        (kind, Some(detail)) => format!("{kind}: {detail}"),
        (kind, None) => kind.to_string(),
    };
    Wrong::new(kind_of(error), error.line().unwrap_or(0), text)
}

/// The parser and all that walks its tree go one call deeper for each token of some expressions.
fn check_size(source: &str) -> Result<(), Wrong> {
    if source.len() > SOURCE_BYTES_MAX {
        let text = format!("it is longer than {} KiB", SOURCE_BYTES_MAX >> 10);
        return Err(Wrong::new(Kind::Exhausted, 0, text));
    }
    let mut tokens = 0;
    let mut branches = 0;
    let mut is_first = false;
    let found = tokenize(source, false, Default::default(), WhitespaceConfig::default());
    for token in found {
        let Ok((token, span)) = token else {
            break; // the parser says it with its place
        };
        match token {
            Token::BlockStart | Token::VariableStart => tokens = 0,
            Token::Ident("elif") if is_first => branches += 1,
            _ => tokens += 1,
        }
        is_first = matches!(token, Token::BlockStart);
        if tokens > TOKENS_MAX {
            let text = format!("an expression has more than {TOKENS_MAX} parts");
            return Err(Wrong::new(Kind::Exhausted, span.start_line as usize, text));
        }
        if branches > BRANCHES_MAX {
            let text = format!("it has more than {BRANCHES_MAX} times elif");
            return Err(Wrong::new(Kind::Exhausted, span.start_line as usize, text));
        }
    }
    Ok(())
}

fn compile<'e>(
    environment: &'e Environment<'e>,
    name: &'e str,
    source: &'e str,
) -> Result<Template<'e, 'e>, Wrong> {
    check_size(source)?;
    let template =
        environment.template_from_named_str(name, source).map_err(|error| wrong(&error))?;
    check_names(environment, &template)?;
    Ok(template)
}

fn each_step<'t>(code: &'t Instructions<'t>) -> impl Iterator<Item = (usize, &'t Instruction<'t>)> {
    (0u32..).map_while(|at| Some((code.get_line(at).unwrap_or(0), code.get(at)?)))
}

/// Names that the engine would miss only when it comes to their place.
fn check_names<'e>(
    environment: &'e Environment<'e>,
    template: &Template<'e, 'e>,
) -> Result<(), Wrong> {
    let compiled = get_compiled_template(template);
    let codes = || std::iter::once(&compiled.instructions).chain(compiled.blocks.values());
    let mut functions: HashSet<&str> = FUNCTIONS.into_iter().chain(LOCAL_FUNCTIONS).collect();
    functions.extend(codes().flat_map(each_step).filter_map(|(_, step)| match step {
        Instruction::StoreLocal(name) => Some(*name),
        _ => None,
    }));
    let state = environment.empty_state();
    for (line, step) in codes().flat_map(each_step) {
        let text = match step {
            Instruction::Include(_) | Instruction::LoadBlocks => {
                "a template cannot read another one".to_owned()
            }
            Instruction::ApplyFilter(name, ..)
                if state.apply_filter(name, &[]).is_err_and(is(ErrorKind::UnknownFilter)) =>
            {
                format!("there is no filter '{name}'")
            }
            Instruction::PerformTest(name, ..)
                if state.perform_test(name, &[]).is_err_and(is(ErrorKind::UnknownTest)) =>
            {
                format!("there is no test '{name}'")
            }
            Instruction::CallFunction(name, _) if !functions.contains(name) => {
                format!("there is no function '{name}'")
            }
            _ => continue,
        };
        return Err(Wrong::new(Kind::Invalid, line, text));
    }
    Ok(())
}

fn is(kind: ErrorKind) -> impl Fn(Error) -> bool {
    move |error| error.kind() == kind
}

pub fn check(name: &str, source: &str) -> Result<(), Wrong> {
    let environment = environment();
    compile(&environment, name, source).map(|_| ())
}

/// What was rendered so far, up to a limit.
#[derive(Default)]
struct Output {
    bytes: Vec<u8>,
    is_full: bool,
}

impl io::Write for Output {
    fn write(&mut self, more: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + more.len() > OUTPUT_BYTES_MAX {
            self.is_full = true;
            return Err(io::Error::other("full"));
        }
        self.bytes.extend_from_slice(more);
        Ok(more.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn read_context(context: &str) -> Result<Value, Wrong> {
    match serde_json::from_str(context) {
        Ok(value @ Value::Object(_)) => Ok(value),
        Ok(_) => Err(Wrong::new(Kind::Invalid, 0, "the context is not a JSON object")),
        Err(error) => Err(Wrong { line: 0, fault: error.into() }),
    }
}

pub fn render(name: &str, source: &str, context: &str) -> Result<String, Wrong> {
    let environment = environment();
    let template = compile(&environment, name, source)?;
    let context = read_context(context)?;
    let mut output = Output::default();
    let rendered = template.render_captured_to(&context, &mut output).map(|_| ());
    if output.is_full {
        let text = format!("it writes more than {} MiB", OUTPUT_BYTES_MAX >> 20);
        return Err(Wrong::new(Kind::Exhausted, 0, text));
    }
    if let Err(error) = rendered {
        let mut found = wrong(&error);
        let root = root_of(&error);
        if root.kind() == ErrorKind::UndefinedError {
            let missing = missing_names(&template, &context, &FUNCTIONS, root);
            found.fault.text = format!("there is no value for '{}'", missing.join("', '"));
        }
        return Err(found);
    }
    String::from_utf8(output.bytes).map_err(|error| Wrong::new(Kind::Internal, 0, error))
}

#[cfg(test)]
#[path = "template_tests.rs"]
mod tests;
