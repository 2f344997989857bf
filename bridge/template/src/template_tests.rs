use std::time::Duration;

use super::*;
use crate::room::{self, Limits};

fn said(wrong: Wrong) -> (Kind, u32, String) {
    (wrong.fault.kind, wrong.line, wrong.fault.text)
}

fn fault_of(source: &str) -> (Kind, u32, String) {
    said(
        render("t.txt", source, r#"{"count": 3, "contract": {"title": "T"}, "rows": [1, 2]}"#)
            .unwrap_err(),
    )
}

fn made(name: &str, source: &str) -> String {
    render(name, source, "{\"count\": 3, \"who\": \"<Zo\u{eb}> & \u{2615}\", \"rows\": [1, 2]}")
        .unwrap_or_else(|wrong| panic!("{}", wrong.fault.text))
}

/// In a room, as the bridge does it.
fn in_room(source: &str) -> Result<String, Fault> {
    let source = source.to_owned();
    let limits = Limits { time: Duration::from_secs(5), ..Limits::default() };
    room::run(&limits, move || {
        render("t.txt", &source, r#"{"a": "q", "n": 1}"#).map_err(|wrong| wrong.fault)
    })?
}

#[test]
fn values_are_put_in() {
    assert_eq!(
        made("t.txt", "{{ count }} for {{ who }}{% for r in rows %},{{ r }}{% endfor %}"),
        "3 for <Zo\u{eb}> & \u{2615},1,2"
    );
    assert_eq!(
        made("t.txt", "{{ who|upper }} {{ nope|default('-') }} {{ rows|tojson }}"),
        "<ZO\u{cb}> & \u{2615} - [1,2]"
    );
    assert_eq!(made("t.txt", "{% macro m(x) %}[{{ x }}]{% endmacro %}{{ m(count) }}"), "[3]");
}

#[test]
fn only_html_is_escaped() {
    assert_eq!(made("a/mail.html", "<b>{{ who }}</b>"), "<b>&lt;Zo\u{eb}&gt; &amp; \u{2615}</b>");
    for name in ["mail.txt", "mail.htm", "mail.xml", "mail.json", "mail.html.j2", "html"] {
        assert_eq!(made(name, "<b>{{ who }}</b>"), "<b><Zo\u{eb}> & \u{2615}</b>", "{name}");
    }
}

#[test]
fn mistakes_of_syntax_have_their_line() {
    let open = said(check("t.txt", "a\n\n{{ count ").unwrap_err());
    assert_eq!((open.0, open.1), (Kind::Invalid, 3));
    assert!(open.2.contains("unexpected end of input"), "{}", open.2);
    let unended = said(check("t.txt", "{% for x in y %}\n").unwrap_err());
    assert_eq!(unended.0, Kind::Invalid);
    let word = said(check("t.txt", "x\n{% unless x %}").unwrap_err());
    assert_eq!((word.0, word.1), (Kind::Invalid, 2));
    assert!(word.2.contains("unless"), "{}", word.2);
}

#[test]
fn names_that_do_not_exist_are_found_without_rendering() {
    let all = [
        ("\n{{ 'a'|nofilter }}", 2, "there is no filter 'nofilter'"),
        (
            "{% if 1 is odd %}{% if 1 is notest %}{% endif %}{% endif %}",
            1,
            "there is no test 'notest'",
        ),
        ("\n\n{{ nofunction() }}", 3, "there is no function 'nofunction'"),
        ("{{ debug() }}", 1, "there is no function 'debug'"),
        ("{% set n = namespace(x=1) %}", 1, "there is no function 'namespace'"),
        ("{% macro m() %}\n{{ 1|nofilter }}{% endmacro %}", 2, "there is no filter 'nofilter'"),
        ("{% block b %}\n{{ 1|nofilter }}{% endblock %}", 2, "there is no filter 'nofilter'"),
        ("\n{% include '/etc/passwd' %}", 2, "a template cannot read another one"),
        ("{% extends 'x' %}", 1, "a template cannot read another one"),
        ("{% import 'x' as y %}", 1, "a template cannot read another one"),
        ("{% from 'x' import y %}", 1, "a template cannot read another one"),
    ];
    for (source, line, text) in all {
        let found = said(check("t.txt", source).unwrap_err());
        assert_eq!(found, (Kind::Invalid, line, text.to_owned()), "{source}");
    }
    for source in [
        "{{ range(3)|join }}",
        "{% macro m(x) %}{{ x }}{% endmacro %}{{ m(1) }}",
        "{% for x in y recursive %}{{ loop(x) }}{% endfor %}",
        "{% macro m() %}{{ caller() }}{% endmacro %}{% call m() %}1{% endcall %}",
    ] {
        assert!(check("t.txt", source).is_ok(), "{source}");
    }
}

#[test]
fn a_name_without_a_value_is_named() {
    let all = [
        ("\n{{ cuont }}", 2, "'cuont'"),
        ("{{ contract.titel }} {{ other }}", 1, "'contract.titel'"),
        ("{{ nope|upper }}", 1, "'nope'"),
        ("{% if nope %}{% endif %}", 1, "'nope'"),
        ("{% for x in nope %}{% endfor %}", 1, "'nope'"),
        ("{% for x in rows %}\n{{ x.name }}{% endfor %}", 2, "'x.name'"),
    ];
    for (source, line, name) in all {
        let text = format!("there is no value for {name}");
        assert_eq!(fault_of(source), (Kind::Invalid, line, text), "{source}");
    }
}

#[test]
fn a_context_is_an_object() {
    for (context, text) in [("[1]", "the context is not a JSON object"), ("{", "cannot be read")] {
        let found = said(render("t.txt", "x", context).unwrap_err());
        assert_eq!((found.0, found.1), (Kind::Invalid, 0));
        assert!(found.2.contains(text), "{}", found.2);
    }
}

#[test]
fn loops_end() {
    let endless =
        "{% for i in range(100000) %}\n{% for j in range(100000) %}{% endfor %}{% endfor %}";
    assert_eq!(fault_of(endless).0, Kind::Exhausted);
    assert_eq!(fault_of(endless).2, "it takes more than 1000000 steps");
    let macros = "{% macro m(x) %}{{ m(x) }}{% endmacro %}{{ m(1) }}";
    assert_eq!(fault_of(macros).0, Kind::Exhausted);
}

#[test]
fn output_has_an_end() {
    let much = format!("{{% for i in range(100000) %}}{}{{% endfor %}}", "0123456789".repeat(7));
    assert_eq!(fault_of(&much), (Kind::Exhausted, 0, "it writes more than 4 MiB".to_owned()));
}

#[test]
fn memory_has_an_end() {
    let doubled = format!("{{% set x = 'x' %}}{}", "{% set x = x ~ x %}".repeat(60));
    for source in [
        doubled.as_str(),
        "{{ 'a'|indent(99999999999) }}",
        "{{ 'a' * 99999999 }}",
        "{{ [1]|batch(99999999999)|list }}",
        "{{ [1] * 99999999999 }}",
        "{{ range(100000)|join('0123456789' * 1000)|length }}",
        "{{ '%99999999999d'|format(1) }}",
    ] {
        match in_room(source) {
            Ok(made) => assert!(made.len() < 1 << 20, "{source}"),
            Err(fault) => assert_ne!(fault.kind, Kind::Internal, "{source}: {}", fault.text),
        }
    }
    assert_eq!(in_room(&doubled).unwrap_err().text, "it takes more than 64 MiB of memory");
}

#[test]
fn depth_has_an_end() {
    let most = TOKENS_MAX / 3;
    let expressions = [
        ("not ", "1", ""),
        ("-", "1", ""),
        ("", "a", ".a"),
        ("", "a", "[1]"),
        ("", "a", "()"),
        ("", "a", "|e"),
        ("", "a", "+a"),
        ("", "1", "+1"),
        ("", "a", " if n else a"),
        ("", "1", "**1"),
        ("", "a", " is odd"),
        ("(", "1", ")"),
        ("[", "1", "]"),
        ("", "n", "<n"),
    ];
    for (before, middle, after) in expressions {
        for count in [most - 1, 20_000] {
            let source =
                format!("{{{{ {}{middle}{} }}}}", before.repeat(count), after.repeat(count));
            let _ = in_room(&source);
        }
    }
    for count in [BRANCHES_MAX, 20_000] {
        let _ = in_room(&format!("{{% if 0 %}}{}{{% endif %}}", "{%elif 0%}".repeat(count)));
    }
    let _ = in_room(&format!("{}{}", "{% if 1 %}".repeat(9_000), "{% endif %}".repeat(9_000)));
    let elifs = format!("{{% if 0 %}}{}{{% endif %}}", "{%elif 0%}".repeat(BRANCHES_MAX + 1));
    assert_eq!(in_room(&elifs).unwrap_err().text, "it has more than 1000 times elif");
    let parts = format!("{{{{ a{} }}}}", ".a".repeat(TOKENS_MAX));
    assert_eq!(in_room(&parts).unwrap_err().text, "an expression has more than 1000 parts");
    let nested = format!("{{% set x = a %}}{}", "{%set x=[x]%}".repeat(19_000));
    for end in [
        "{{ x|length }}",
        "{{ x }}",
        "{{ x|tojson|length }}",
        "{{ x == x }}",
        "{{ {x: 1}|length }}",
    ] {
        let _ = in_room(&format!("{nested}{end}"));
    }
    let long = "x".repeat(SOURCE_BYTES_MAX + 1);
    assert_eq!(in_room(&long).unwrap_err().text, "it is longer than 256 KiB");
}
