// What templates print, by topic. Expectations were checked against Python's Jinja2.

import { describe, expect, it } from "vitest";
import { parseJson } from "../../src/json/index.ts";
import { compileTemplate, TemplateError } from "../../src/template/index.ts";

const render = (source: string, context: Record<string, unknown> = {}): string =>
  compileTemplate(source).render(context);

function failure(source: string, context: Record<string, unknown> = {}): TemplateError {
  try {
    render(source, context);
  } catch (error) {
    if (error instanceof TemplateError) return error;
    throw error;
  }
  throw new Error(`rendered: ${source}`);
}

describe("white space", () => {
  it.each([
    ["a {#- c -#} b", "ab"],
    ["a\n{# c #}\nb", "a\nb"],
    ["  {% if true %}\n  x\n  {% endif %}\ny", "  x\ny"],
    ["{%- if true -%}\n x \n{%- endif -%} y", "xy"],
    ["  {%+ if true %}x{% endif %}", "  x"],
    ["{% if true +%}\nx{% endif %}", "\nx"],
    ["{% if true %} \na{% endif %}", " \na"],
    ["x {% if true %}\n a{% endif %}\n\nb", "x  a\nb"],
    ["x\n\u00a0{% if true %}a{% endif %}", "x\na"],
    ["x\n\ufeff{% if true %}a{% endif %}", "x\n\ufeffa"],
    ["{% raw %}\nx{{ y }}\n{% endraw %}\ny", "\nx{{ y }}\ny"],
    ["{% raw -%}\n x \n{%- endraw %}\ny", "xy"],
    ["  {{ 1 }}\nx", "  1\nx"],
    ["  {{- 1 }}\n x", "1\n x"],
    ["{{ '}}' }}{{ '%}' }}", "}}%}"],
    ["{{-5}}|{{ -5 }}", "5|-5"],
    ["a\r\nb\rc\n", "a\nb\nc"],
    ["x\n\n", "x\n"],
  ])("%j gives %j", (source, output) => {
    expect(render(source)).toBe(output);
  });
});

describe("scopes", () => {
  it.each([
    ["{% for i in [1,2] %}{{ x }}{% set x = i %}{{ x }};{% endfor %}{{ x }}", "51;52;5"],
    ["{% for i in [1,2] %}{{ x }}{% endfor %}{% set x = 3 %}{{ x }}", "3"],
    ["{{ x }}{% for i in [1,2] %}{{ x }}{% endfor %}{% set x = 3 %}{{ x }}", "5553"],
    ["{% for i in [1] %}{{ x }}{% endfor %}{% if false %}{% set x = 1 %}{% endif %}{{ x }}", "55"],
    ["{% macro m() %}{{ x }}{% endmacro %}{{ m() }}{% set x = 1 %}{{ m() }}", "1"],
    ["{% set x = x ~ 'a' %}{{ x }}", "5a"],
    ["{% macro m(y=y) %}{{ y }}{% endmacro %}{{ m() }}", ""],
    ["{% if true %}{% set x = 2 %}{% endif %}{{ x }}", "2"],
    ["{% generation %}{{ x }}{% set x = 2 %}{{ x }}{% endgeneration %}{{ x }}", "525"],
    ["{% with a = 1, b = a %}{{ b }}{% endwith %}", ""],
    [
      "{% macro m2() %}{% set x = 'in' %}{{ caller() }}{% endmacro %}{% call m2() %}{{ x }}{% endcall %}",
      "5",
    ],
    ["{% set y = 1 %}{% block b %}{{ x }}{{ y }}{% endblock %}", "51"],
    ["{% for i in [3,1] recursive %}{{ i }}{% if i is sequence %}{{ loop(i) }}{% endif %}{% endfor %}", "31"],
    [
      "{% for i in [[1,[2]],3] recursive %}{% if i is iterable %}({{ loop(i) }}){% else %}{{ i }}{% endif %}{% endfor %}",
      "(1(2))3",
    ],
  ])("%s prints %s", (source, output) => {
    expect(render(source, { x: 5 })).toBe(output);
  });
});

describe("loops", () => {
  it.each([
    ["{% for i in [1] %}{% break %}{% else %}E{% endfor %}", "E"],
    ["{% for i in [1,2] %}{{ i }}{% if i == 2 %}{% break %}{% endif %}{% else %}E{% endfor %}", "12"],
    [
      "{% for x in [1,2,3,4] if x is even %}{{ x }}{{ loop.last }}{{ loop.length }};{% endfor %}",
      "2False2;4True2;",
    ],
    ["{% for a, (b, c) in [[1, [2, 3]]] %}{{ a }}{{ b }}{{ c }}{% endfor %}", "123"],
    ["{% for c in 'a🚀' %}{{ c }}-{{ loop.nextitem }};{% endfor %}", "a-🚀;🚀-;"],
    [
      "{% set ns = namespace(n=0) %}{% for i in range(4) if i >= ns.n %}{% set ns.n = i + 2 %}{{ i }}{% endfor %}",
      "02",
    ],
  ])("%s prints %s", (source, output) => {
    expect(render(source)).toBe(output);
  });
});

describe("values", () => {
  it.each([
    ["{{ v }}", '{"a":[true,null,1.0,1e22,"x"],"10":{}}', "{'a': [True, None, 1.0, 1e+22, 'x'], '10': {}}"],
    [
      "{{ v.items }}|{{ v['items'] }}|{{ v.pop is defined }}|{{ v['pop'] }}",
      '{"items":1,"pop":2}',
      /^<.*>\|1\|False\|2$/,
    ],
    ["{{ v.x }}{{ v['x'] }}{{ v.get('x', 3) }}{{ v.get('y', 3) }}", '{"x":null}', "NoneNoneNone3"],
    ["{{ {1: 'a', true: 'b', 1.0: 'c'} }}", "null", "{1: 'c'}"],
    [
      "{{ -7 // 2 }} {{ -7 % 3 }} {{ 7 % -3 }} {{ 2 ** 3 ** 2 }} {{ -2 ** 2 }} {{ 4 / 2 }}",
      "null",
      "-4 2 -2 64 4 2.0",
    ],
    [
      "{{ 9007199254740993 + 1 }} {{ 10 ** 30 }} {{ v + 1 }}",
      "12345678901234567890",
      "9007199254740994 1000000000000000000000000000000 12345678901234567891",
    ],
    [
      "{{ 1 == 1.0 }} {{ 1 == true }} {{ '1' == 1 }} {{ [] == () }} {{ none == false }}",
      "null",
      "True True False False False",
    ],
    [
      "{{ '🚀x'[1:] }} {{ '🚀' > '\\uffff' }} {{ 'a🚀b'|length }} {{ 'a🚀b'.find('b') }}",
      "null",
      "x True 3 2",
    ],
    ["{{ '%s|%5.2f|%-4d|%x' % ('é', 2.675, 3, 255) }}", "null", "é| 2.67|3   |ff"],
    [
      "{{ '{:>6,.1f}|{!r:^7}|{0[0]}'.format(12345.67, 'a') if false else '{:>9,.1f}|{!r:^7}'.format(12345.67, 'a') }}",
      "null",
      " 12,345.7|  'a'  ",
    ],
    ["{{ '<' + ('<b>'|safe) }} {{ '<' ~ ('<b>'|safe) }}", "null", "&lt;<b> <<b>"],
    [
      "{{ (0.5)|round }} {{ 2.5|round }} {{ 2.675|round(2) }} {{ 1234|round(-2) }}",
      "null",
      "0.0 2.0 2.67 1200",
    ],
    [
      "{{ [3,1,2]|sort }} {{ ['b','A']|sort }} {{ [{'a':2},{'a':1}]|map(attribute='a')|list }}",
      "null",
      "[1, 2, 3] ['A', 'b'] [2, 1]",
    ],
    [
      "{{ v|tojson }}{{ v|tojson(indent=2) }}{{ v|tojson(2) }}",
      '{"é":"<\\n"}',
      '{"é": "<\\n"}{\n  "é": "<\\n"\n}{"\\u00e9": "<\\n"}',
    ],
  ])("%s", (source, json, output) => {
    const text = compileTemplate(source).render({ v: parseJson(json) });
    if (typeof output === "string") expect(text).toBe(output);
    else expect(text).toMatch(output);
  });

  it("has no way to JavaScript", () => {
    const context = { m: { a: 1 }, l: [1], s: "x" };
    for (const value of ["m", "l", "s", "none", "1", "cycler", "lipsum", "range"]) {
      for (const name of [
        "constructor",
        "__proto__",
        "prototype",
        "toString",
        "hasOwnProperty",
        "length",
        "value",
      ]) {
        expect(render(`{{ ${value}.${name} is defined }}{{ ${value}['${name}'] is defined }}`, context)).toBe(
          "FalseFalse",
        );
      }
    }
    expect(render("{{ cycler.__init__ }}{{ lipsum.__globals__ }}{{ ''|attr('__class__') }}")).toBe("");
    expect(failure("{{ cycler.__init__.__globals__ }}").kind).toBe("SecurityError");
    expect(failure("{{ '{0.__class__.__mro__}'.format(1) }}").kind).toBe("SecurityError");
    expect(failure("{{ ''.__class__.__mro__ }}").kind).toBe("SecurityError");
    expect(
      render("{{ v.constructor }}{{ v.__proto__ }}", { v: parseJson('{"constructor":1,"__proto__":2}') }),
    ).toBe("12");
  });

  it("shows the clock it was given", () => {
    const now = new Date(2025, 6, 10, 12, 0, 0);
    const source = "{{ strftime_now('%d %b %Y|%U %V %j %k %-m %y %p|%c|%q') }}";
    expect(compileTemplate(source).render({}, { now })).toBe(
      "10 Jul 2025|27 28 191 12 7 25 PM|Thu Jul 10 12:00:00 2025|%q",
    );
  });
});

describe("errors", () => {
  it.each([
    ["{{ 'a' + 1 }}", "TypeError", 'can only concatenate str (not "int") to str'],
    ["{{ d.x.y }}", "UndefinedError", "'dict object' has no attribute 'x'"],
    ["{{ d[9].y }}", "UndefinedError", "dict object has no element 9"],
    ["{{ none[1:] if d is none else d['a'][1:] }}", "TypeError", "'int' object is not subscriptable"],
    ["{{ 1 // 0 }}", "ZeroDivisionError", "integer division or modulo by zero"],
    ["{{ raise_exception('no') }}", "TemplateError", "no"],
    ["{{ '%d' % 'x' }}", "TypeError", "%d format: a real number is required, not str"],
    ["{{ 'abc'.index('z') }}", "ValueError", "substring not found"],
    [
      "{% set x = 1 %}{% set x.y = 2 %}",
      "TemplateRuntimeError",
      "cannot assign attribute on non-namespace object",
    ],
    ["{% include 'x' %}", "TypeError", "no loader for this environment specified"],
  ])("%s raises %s", (source, kind, reason) => {
    const error = failure(source, { d: { a: 1 } });
    expect([error.kind, error.reason]).toEqual([kind, reason]);
    expect(error.code).toBe(kind === "TemplateError" ? "TEMPLATE_REFUSED" : "TEMPLATE_FAILED");
  });

  it.each([
    ["{{ a b }}", "expected token 'end of print statement', got 'b'"],
    ["{{ (1] }}", "unexpected ']', expected ')'"],
    ["{{ 1", "unexpected end of template, expected 'end of print statement'."],
    [
      "{% if x %}",
      "Unexpected end of template. Jinja was looking for the following tags: 'elif' or 'else' or 'endif'. The innermost block that needs to be closed is 'if'.",
    ],
    [
      "{% for x in y %}{% endif %}",
      "Encountered unknown tag 'endif'. Jinja was looking for the following tags: 'endfor' or 'else'. The innermost block that needs to be closed is 'for'.",
    ],
    ["{{ x|nope }}", "No filter named 'nope'."],
    ["{{ x is nope }}", "No test named 'nope'."],
    ["{# x", "Missing end of comment tag"],
    ["{% raw %}x", "Missing end of raw directive"],
    ["{{ @ }}", "unexpected char '@' at 3"],
    ["{% set 1 = 2 %}", "can't assign to 'const'"],
    ["{% macro m(a=1, b) %}{% endmacro %}", "non-default argument follows default argument"],
    ["{% break %}", "'break' outside loop"],
    ["{% for x in y %}{% generation %}{% break %}{% endgeneration %}{% endfor %}", "'break' outside loop"],
  ])("does not compile %s", (source, reason) => {
    const error = failure(source);
    expect([error.code, error.reason]).toEqual(["TEMPLATE_INVALID", reason]);
  });

  it("fails on an unknown filter in an if only when it runs", () => {
    expect(render("{% if false %}{{ x|nope }}{% endif %}ok")).toBe("ok");
    expect(failure("{% if true %}{{ x|nope }}{% endif %}").reason).toBe("No filter named 'nope' found.");
  });

  it("shows the place with a caret", () => {
    const error = failure("line one\n  🚀 {{ d.zz.y }}", { d: {} });
    expect([error.line, error.column]).toEqual([2, 12]);
    expect(error.message.split("\n")).toEqual([
      "'dict object' has no attribute 'zz' (line 2, column 12)",
      "  2 |   🚀 {{ d.zz.y }}",
      "    |            ^",
    ]);
  });
});

describe("sizes beyond 64 bits", () => {
  const huge = `1${"0".repeat(20)}`;

  it.each([
    [`'ab' * -${huge}`, "OverflowError"],
    [`[] * ${huge}`, "OverflowError"],
    [`'ab'.center(-${huge})`, "OverflowError"],
    [`'a,b'.split(',', ${huge})`, "OverflowError"],
    [`'ab'|indent(-${huge})`, "OverflowError"],
    [`'%*d' % (-${huge}, 5)`, "OverflowError"],
    [`'{:${huge}}'.format('a')`, "ValueError"],
    [`'ab' * ${2n ** 63n}`, "OverflowError"],
  ])("refuses %s", (expression, kind) => {
    expect(failure(`{{ ${expression} }}`).kind).toBe(kind);
  });

  it.each([
    ["'ab' * -9223372036854775808", ""],
    [`[1, 2]|batch(${huge})|list`, "[[1, 2]]"],
    ["-9223372036854775808|filesizeformat", "-9223372036854775808 Bytes"],
    [`'abc'[${huge}:]`, ""],
  ])("prints %s", (expression, output) => {
    expect(render(`{{ ${expression} }}`)).toBe(output);
  });
});

describe("HTML", () => {
  const noopener = 'rel="noopener"';

  it.each([
    ["see https://a.org/x).", `see <a href="https://a.org/x" ${noopener}>https://a.org/x</a>).`],
    ["(www.a.com/b(c))", `(<a href="https://www.a.com/b(c)" ${noopener}>www.a.com/b(c)</a>)`],
    ["mail x@y.org, now", 'mail <a href="mailto:x@y.org">x@y.org</a>, now'],
    ["<b>", "&lt;b&gt;"],
    ["a@b:c @d.org tel:1", "a@b:c @d.org tel:1"],
  ])("urlize %s", (text, output) => {
    expect(render("{{ x|urlize }}", { x: text })).toBe(output);
  });

  it("takes the options of urlize", () => {
    const x = "https://abc.org tel:12";
    expect(render("{{ x|urlize(9, true, '_top', 'me', ['tel:']) }}", { x })).toBe(
      '<a href="https://abc.org" rel="me nofollow noopener" target="_top">https://a...</a> ' +
        '<a href="tel:12" rel="me nofollow noopener" target="_top">tel:12</a>',
    );
    expect(failure("{{ ''|urlize(extra_schemes=['tel']) }}").kind).toBe("FilterArgumentError");
  });

  it.each([
    ["a <b>c</b>\n d", "a c d"],
    ["a<!-- <b> -->b", "ab"],
    ["a<!<!-- x -->-- y -->b", "ab"],
    ["a<!-->b", "ab"],
    ["a<!-- b <c>", "a"],
    ["1 < 2", "1 < 2"],
    ["&lt;&#65;&#x42;", "<AB"],
  ])("strip the tags of %s", (text, output) => {
    expect(render("{{ x|striptags }}", { x: text })).toBe(output);
  });
});

describe("pprint", () => {
  const long = "the quick brown fox jumps over the lazy dog and does not look back at it, not even once";

  it.each([
    [{ b: 1, a: [true, null] }, "{'a': [True, None], 'b': 1}"],
    [
      long,
      `('the quick brown fox jumps over the lazy dog and does not look back at it, '\n 'not even once')`,
    ],
    [
      { b: long, a: "" },
      "{'a': '',\n 'b': 'the quick brown fox jumps over the lazy dog and does not look back at '\n" +
        "      'it, not even once'}",
    ],
    [
      [[1], long.split(" ")].flat(),
      `[1,\n ${long
        .split(" ")
        .map((word) => `'${word}'`)
        .join(",\n ")}]`,
    ],
  ])("breaks %j", (x, output) => {
    expect(render("{{ x|pprint }}", { x })).toBe(output);
  });

  it("keeps a tuple of one and sorts keys of several types", () => {
    const x = "y".repeat(80);
    expect(render("{{ (x,)|pprint }}", { x })).toBe(`('${x}',)`);
    expect(render("{{ {2: 0, 'a': 0, none: 0, 1.5: 0}|pprint }}")).toBe("{None: 0, 1.5: 0, 2: 0, 'a': 0}");
  });
});
