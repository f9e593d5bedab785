// Random template programs and contexts, for comparison with Python's Jinja2.

import type { Random } from "./random.ts";

const names = ["a", "b", "c", "d", "msgs", "u", "ns"];
const strings = [
  "",
  "a",
  "ab c",
  " x ",
  "A-b",
  "é",
  "🚀x",
  "<b>",
  "it's",
  'q"',
  "1",
  "-3",
  "3.7",
  "a,b,c",
  "l1\nl2",
  "\t",
  "%s",
  "{}",
  "ß",
  "Hello World",
  "role",
  "x\u0085y",
  "\ufeff",
  "0x1f",
  "1_0",
  "a b  c ",
  "&amp;",
  "1e3",
  "{0}",
  "%d-%s",
  "aXbX",
];
const keys = ["a", "b", "role", "content", "items", "k", "x"];
const filters = [
  "upper",
  "lower",
  "trim",
  "length",
  "count",
  "string",
  "default('d')",
  "default('d', true)",
  "d(1)",
  "list",
  "first",
  "last",
  "join",
  "join(', ')",
  "join('-', attribute='a')",
  "tojson",
  "tojson(indent=2)",
  "tojson(ensure_ascii=true)",
  "tojson(sort_keys=true)",
  "tojson(separators=(',', ':'))",
  "capitalize",
  "title",
  "int",
  "int(5)",
  "int(0, 16)",
  "float",
  "abs",
  "round",
  "round(1)",
  "round(1, 'floor')",
  "round(-1)",
  "sort",
  "sort(reverse=true)",
  "sort(attribute='a')",

  "unique|list",
  "reverse",
  "reverse|list",
  "items|list",
  "dictsort",
  "dictsort(by='value')",
  "sum",
  "min",
  "max",
  "map('upper')|list",
  "map(attribute='a')|list",
  "map(attribute='a', default=0)|list",
  "select|list",
  "reject|list",
  "select('string')|list",
  "selectattr('a')|list",
  "selectattr('a', 'defined')|list",
  "rejectattr('a')|list",
  "selectattr('role', 'equalto', 'user')|list",
  "select('odd')|list",
  "batch(2)|list",
  "batch(2, 'f')|list",
  "slice(2)|list",
  "slice(3, 'f')|list",
  "groupby('a')|list",
  "indent",
  "indent(2, true)",
  "indent('>', blank=true)",
  "replace('a', 'b')",
  "replace('', '.')",
  "replace('a', 'bb', 1)",
  "truncate(5)",
  "truncate(5, true, '.', 0)",
  "center(9)",
  "wordcount",
  "e",
  "safe",
  "escape",
  "forceescape",
  "striptags",
  "urlize",
  "pprint",
  "urlize(6, true)",
  "urlencode",
  "format(1)",
  "format('x', 2)",
  "attr('a')",
  "wordwrap(4)",
  "wordwrap(3, false)",
  "xmlattr",
  "filesizeformat",
  "map('int')|list",
  "map('length')|list",
  "select('gt', 1)|list",
  "map('tojson')|join(';')",
  "select('in', [1, 'a'])|list",
  "map('default', 'z')|list",
  "map('trim')|map('upper')|join",
];
const tests = [
  "defined",
  "undefined",
  "string",
  "mapping",
  "sequence",
  "iterable",
  "none",
  "number",
  "integer",
  "float",
  "boolean",
  "true",
  "false",
  "odd",
  "even",
  "divisibleby(2)",
  "lower",
  "upper",
  "callable",
  "sameas(none)",
  "eq(1)",
  "ne('a')",
  "gt(1)",
  "lt('b')",
  "in([1, 'a'])",
  "escaped",
  "equalto('user')",
  "in('abc')",
  "filter",
  "test",
  "ge 2",
  "sameas true",
];
const methods = [
  "upper()",
  "lower()",
  "strip()",
  "strip('a')",
  "lstrip()",
  "rstrip('x ')",
  "split()",
  "split(',')",
  "split(',', 1)",
  "split(maxsplit=1)",
  "rsplit(',', 1)",
  "rsplit(maxsplit=1)",
  "startswith('a')",
  "startswith(('a', '<'))",
  "endswith('b')",
  "endswith('')",
  "replace('a', 'b')",
  "replace('a', '', 1)",
  "title()",
  "capitalize()",
  "swapcase()",
  "find('a')",
  "find('b', 1)",
  "rfind('b', -3)",
  "index('a')",
  "count('a')",
  "count('')",
  "isdigit()",
  "isalpha()",
  "isalnum()",
  "isspace()",
  "isupper()",
  "islower()",
  "istitle()",
  "isnumeric()",
  "isdecimal()",
  "isidentifier()",
  "isprintable()",
  "isascii()",
  "zfill(5)",
  "center(6)",
  "center(7, '*')",
  "ljust(4)",
  "rjust(4, '.')",
  "partition('b')",
  "rpartition('b')",
  "splitlines()",
  "splitlines(true)",
  "join(['x', 'y'])",
  "removeprefix('a')",
  "removesuffix('b')",
  "format(1, x=2)",
  "format('v')",
  "expandtabs(4)",
  "casefold()",
  "get('a')",
  "get('z', 5)",
  "items()|string",
  "keys()|string",
  "values()",
  "items()|list",
  "copy()",
  "append(1)",
  "pop()",
  "a",
  "b.a",
  "role",
  "content",
  "x",
  "__class__",
  "_p",
  "index(1)",
  "count(1)",
  "real",
  "imag",
  "is_integer()",
  "bit_length()",
  "conjugate()",
  "as_integer_ratio()",
];
const formats = [
  "'%s' % ",
  "'%d' % ",
  "'%r|%s' % ",
  "'%5.2f' % ",
  "'%x' % ",
  "'%-4s|' % ",
  "'%05d' % ",
  "'%e' % ",
  "'%g' % ",
  "'%(a)s' % ",
  "'%c' % ",
  "'%+d' % ",
  "'%%%s' % ",
  "'%.1s' % ",
  "'%a' % ",
];
const specs = [
  "",
  ":5",
  ":<6",
  ":^7",
  ":>6",
  ":*^9",
  ":05",
  ":+",
  ":,",
  ":.2f",
  ":e",
  ":g",
  ":%",
  ":x",
  ":#x",
  ":b",
  ":o",
  ":08.3f",
  ":.3",
  ":_",
  ":d",
  ":s",
  ":10.2e",
  ":c",
  ":n",
  "!r",
  "!s",
  "!r:>8",
  ":=+8",
  ":,.1f",
  ":.0f",
  ":G",
];

export class TemplateWriter {
  private readonly random: Random;

  constructor(random: Random) {
    this.random = random;
  }

  literal(): string {
    const { random } = this;
    switch (random.below(9)) {
      case 0:
        return String(random.below(7) - 1);
      case 1:
        return random.pick([
          "1.5",
          "2.0",
          "0.1",
          "1e3",
          "1e20",
          "2.675",
          "100000000000000000000",
          "0.5",
          "1e-7",
        ]);
      case 2:
        return random.pick(["true", "false", "none"]);
      case 3:
        return random.pick(names);
      default:
        return `'${random.pick(strings).replaceAll("\\", "\\\\").replaceAll("'", "\\'").replaceAll("\n", "\\n").replaceAll("\t", "\\t")}'`;
    }
  }

  expression(depth: number): string {
    const { random } = this;
    if (depth <= 0) return random.chance(0.5) ? random.pick(names) : this.literal();
    const inner = (): string => this.expression(depth - 1);
    switch (random.below(26)) {
      case 0:
      case 1:
        return `${inner()} ${random.pick(["+", "-", "*", "/", "//", "%", "~", "+", "~"])} ${inner()}`;
      case 2:
        return `(${inner()}) ${random.pick(["==", "!=", "<", "<=", ">", ">=", "in", "not in"])} (${inner()})`;
      case 3:
        return `(${inner()} ${random.pick(["and", "or"])} ${inner()})`;
      case 4:
        return `(not ${inner()})`;
      case 5:
        return `(${inner()} if ${inner()} else ${inner()})`;
      case 6:
        return `(${inner()} if ${inner()})`;
      case 7:
        return `[${inner()}, ${inner()}]`;
      case 8:
        return `(${inner()}, ${inner()})`;
      case 9:
        return `{'${random.pick(keys)}': ${inner()}, ${this.literal()}: ${inner()}}`;
      case 10:
      case 11:
      case 12:
      case 13:
        return `(${inner()})|${random.pick(filters)}`;
      case 14:
      case 15:
        return `(${inner()}) is ${random.chance(0.2) ? "not " : ""}${random.pick(tests)}`;
      case 16:
      case 17:
      case 18:
        return `(${inner()}).${random.pick(methods)}`;
      case 19:
        return this.subscripted(depth);
      case 20:
        return `${random.pick(names)}.${random.pick(keys)}`;
      case 21:
        return `(${random.pick(formats)}(${inner()}))`;
      case 22:
        return `'{${random.pick(["", "0", "0"])}${random.pick(specs)}}'.format(${inner()})`;
      case 23:
        return random.pick([
          `-(${inner()})`,
          `dict(a=${inner()})`,
          `range(${random.below(5)})`,
          `namespace(a=${inner()}).a`,
          `(${inner()}) ** ${random.below(4) - 1}`,
          `(${inner()}, )`,
        ]);
      case 24:
        return `${inner()} < ${inner()} <= ${inner()}`;
      default:
        return this.literal();
    }
  }

  /** Slices are taken of variables only: CPython's Jinja folds those of constants to something else. */
  private subscripted(depth: number): string {
    const { random } = this;
    const part = (): string => (random.chance(0.6) ? String(random.below(5) - 2) : "");
    if (random.chance(0.4)) {
      const step = random.chance(0.3) ? `:${random.pick(["-1", "2", "-2", ""])}` : "";
      return `${random.pick(names)}[${part()}:${part()}${step}]`;
    }
    const key = random.chance(0.5) ? `'${random.pick(keys)}'` : String(random.below(4) - 1);
    return `(${this.expression(depth - 1)})[${random.chance(0.7) ? key : this.expression(depth - 1)}]`;
  }

  statement(depth: number, inLoop: boolean): string {
    const { random } = this;
    const dash = (): string => (random.chance(0.2) ? random.pick(["-", "+"]) : "");
    const tag = (body: string): string =>
      `{%${dash()} ${body} ${dash()}%}${random.chance(0.4) ? "\n" : ""}${random.chance(0.2) ? "  " : ""}`;
    const inner = (loop = inLoop): string => this.body(depth - 1, loop);
    const expression = (): string => this.expression(2);
    const print = (): string =>
      `{{${random.chance(0.1) ? "-" : ""} ${expression()} ${random.chance(0.1) ? "-" : ""}}}`;
    if (depth <= 0)
      return random.chance(0.5)
        ? print()
        : random.pick(["text ", "\n", "  ", "x\n", "{# c #}", " {#- c -#} \n"]);
    switch (random.below(17)) {
      case 0:
      case 1:
        return `${tag(`if ${expression()}`)}${inner()}${random.chance(0.3) ? tag(`elif ${expression()}`) + inner() : ""}${random.chance(0.5) ? tag("else") + inner() : ""}${tag("endif")}`;
      case 2:
      case 3: {
        const target = random.pick(["a", "b", "i", "k, v", "x"]);
        const filter = random.chance(0.2) ? ` if ${expression()}` : "";
        const otherwise = random.chance(0.2) ? tag("else") + inner() : "";
        return `${tag(`for ${target} in ${expression()}${filter}`)}${inner(true)}${otherwise}${tag("endfor")}`;
      }
      case 4:
      case 5:
        return tag(`set ${random.pick(["a", "b", "c", "x", "ns", "a, b"])} = ${expression()}`);
      case 6:
        return (
          tag(`set ns = namespace(a=${this.literal()}, c=0)`) +
          tag(`set ns.${random.pick(["a", "c"])} = ${random.chance(0.5) ? "ns.c + 1" : expression()}`)
        );
      case 7:
        return `${tag(`macro m(${random.pick(["", "a", "a, b=1", "x=a", "a='q'"])})`)}${inner(false)}${random.chance(0.2) ? "{{ varargs }}{{ kwargs }}" : ""}${tag("endmacro")}{{ m(${random.pick(["", "1", "a", "1, 2", "b=2", "x=1"])}) }}`;
      case 8:
        return `${tag(`set ${random.pick(["a", "x"])}${random.chance(0.2) ? " | upper" : ""}`)}${inner(false)}${tag("endset")}`;
      case 9:
        return `${tag(`with a = ${expression()}, x = a`)}${inner(false)}${tag("endwith")}`;
      case 10:
        return inLoop
          ? random.pick([
              "{{ loop.index }}{{ loop.last }}",
              "{{ loop.previtem }}{{ loop.nextitem }}",
              "{{ loop.cycle('p', 'q') }}",
              "{{ loop.changed(a) }}",
              "{{ loop.length }}{{ loop.revindex }}",
              "{{ loop.first }}{{ loop.depth }}",
            ])
          : print();
      case 11:
        return inLoop && random.chance(0.5)
          ? tag(`if ${expression()}`) + tag(random.pick(["break", "continue"])) + tag("endif")
          : print();
      case 12:
        return `${tag("generation")}${inner(false)}${tag("endgeneration")}`;
      case 13:
        return `${tag(`filter ${random.pick(["upper", "trim", "indent(2)", "length", "replace('a', 'b')"])}`)}${inner(false)}${tag("endfilter")}`;
      case 14:
        return random.pick([
          "{{ x }}",
          "{{ a }}{{ b }}",
          "{% raw %}{{ a }}\n{% endraw %}\n",
          "{{ ns.a }}",
          "{{ loop is defined }}",
          "{% macro c() %}[{{ caller(1) }}]{% endmacro %}{% call(z) c() %}{{ z }}{{ a }}{% endcall %}",
          "{% for i in [1, [2, [3]]] recursive %}{% if i is iterable %}{{ loop(i) }}{% else %}{{ i }}:{{ loop.depth }}{% endif %}{% endfor %}",
        ]);
      default:
        return print();
    }
  }

  body(depth: number, inLoop: boolean): string {
    let text = "";
    for (let count = 1 + this.random.below(3); count > 0; count--) text += this.statement(depth, inLoop);
    return text;
  }
}

/** Random data as JSON text: floats, big integers and repeated keys must arrive as they are. */
export function randomJson(random: Random, depth: number): string {
  const simple = (): string =>
    random.pick([
      "null",
      "true",
      "false",
      "0",
      "1",
      "-3",
      "7",
      "1.0",
      "2.5",
      "-0.0",
      "1e2",
      "0.1",
      "12345678901234567890",
      "1e22",
      ...strings.map((text) => JSON.stringify(text)),
    ]);
  if (depth <= 0 || random.chance(0.5)) return simple();
  const count = random.below(4);
  if (random.chance(0.5))
    return `[${Array.from({ length: count }, () => randomJson(random, depth - 1)).join(",")}]`;
  const members = Array.from(
    { length: count },
    () => `${JSON.stringify(random.pick(keys))}:${randomJson(random, depth - 1)}`,
  );
  return `{${members.join(",")}}`;
}

export function randomContext(random: Random): string {
  const members = names
    .filter((name) => name !== "u" && name !== "ns" && random.chance(0.8))
    .map((name) => `"${name}":${name === "msgs" ? randomMessages(random) : randomJson(random, 3)}`);
  return `{${members.join(",")}}`;
}

export function randomMessages(random: Random): string {
  const message = (): string =>
    `{"role":"${random.pick(["user", "assistant", "system", "tool"])}","content":${random.chance(0.7) ? JSON.stringify(random.pick(strings)) : randomJson(random, 2)}${random.chance(0.3) ? `,"a":${randomJson(random, 1)}` : ""}}`;
  return `[${Array.from({ length: random.below(4) }, message).join(",")}]`;
}
