// The names that every template has.

import { integerArgument, stringArgument } from "./arguments.ts";
import { trustedText } from "./code-points.ts";
import { fault, typeFault } from "./fault.ts";
import { each, toArray } from "./iteration.ts";
import { str } from "./repr.ts";
import type { Runtime } from "./runtime.ts";
import { bind, parameters } from "./signature.ts";
import { strftime } from "./strftime.ts";
import { plain } from "./text.ts";
import {
  Callable,
  Dict,
  dictEntries,
  dictSet,
  given,
  isDict,
  type Kwargs,
  Namespace,
  Native,
  Range,
  type Value,
} from "./values.ts";

/** The sandbox's bound, with its message. */
const maxRange = 100_000;

function range(_rt: Runtime, args: readonly Value[], kwargs: Kwargs): Value {
  if (kwargs.size > 0) typeFault("range() takes no keyword arguments");
  if (args.length < 1 || args.length > 3) typeFault(`range expected 1 to 3 arguments, got ${args.length}`);
  const numbers = args.map((value) => integerArgument(value, 0));
  const [start, stop, step] =
    numbers.length === 1 ? [0, numbers[0]!, 1] : [numbers[0]!, numbers[1]!, numbers[2] ?? 1];
  if (step === 0) fault("ValueError", "range() arg 3 must not be zero");
  const result = new Range(start!, stop!, step!);
  if (result.length > maxRange) {
    fault("OverflowError", `Range too big. The sandbox blocks ranges larger than MAX_RANGE (${maxRange}).`);
  }
  return result;
}

/** `dict(pairs or mapping, **kwargs)`. */
function makeDict(rt: Runtime, args: readonly Value[], kwargs: Kwargs): Dict {
  if (args.length > 1) typeFault(`dict expected at most 1 argument, got ${args.length}`);
  const dict = new Dict();
  const [source] = args;
  if (source !== undefined) {
    for (const [key, value] of isDict(source) ? dictEntries(source) : pairs(source))
      dictSet(dict, key, value);
  }
  for (const [key, value] of kwargs) dictSet(dict, trustedText(key), value);
  rt.checkItems(dict.entries.size);
  return dict;
}

function* pairs(source: Value): Iterable<[Value, Value]> {
  let at = 0;
  for (const item of each(source)) {
    const pair = toArray(item);
    if (pair.length !== 2) {
      fault(
        "ValueError",
        `dictionary update sequence element #${at} has length ${pair.length}; 2 is required`,
      );
    }
    yield [pair[0]!, pair[1]!];
    at++;
  }
}

function namespace(rt: Runtime, args: readonly Value[], kwargs: Kwargs): Value {
  const result = new Namespace();
  for (const [key, value] of dictEntries(makeDict(rt, args, kwargs))) {
    result.attributes.set(plain(str(rt, key)), value);
  }
  return result;
}

/** `cycler(a, b, …)`: `next()` returns them in turn. */
class Cycler extends Callable {
  readonly typeName = "Cycler";
  readonly name = "cycler";
  private readonly items: readonly Value[];
  private position = 0;

  constructor(items: readonly Value[]) {
    super();
    this.items = items;
  }

  override get qualifiedName(): string {
    return "jinja2.utils.Cycler";
  }

  call(): never {
    return typeFault("'Cycler' object is not callable");
  }

  override attribute(_rt: Runtime, name: string): Value | undefined {
    const current = this.items[this.position]!;
    switch (name) {
      case "current":
        return current;
      case "pos":
        return this.position;
      case "items":
        return [...this.items];
      case "next":
        return new Native("next", () => {
          const item = this.items[this.position]!;
          this.position = (this.position + 1) % this.items.length;
          return item;
        });
      case "reset":
        return new Native("reset", () => {
          this.position = 0;
          return null;
        });
      default:
        return undefined;
    }
  }
}

/** `joiner(sep)`: nothing the first time it is called, then the separator. */
function joiner(_rt: Runtime, args: readonly Value[], kwargs: Kwargs): Value {
  const [separator] = bind(parameters("joiner", "sep?"), args, kwargs);
  let used = false;
  return new Native("joiner", () => {
    const result = used ? given(separator, trustedText(", ")) : "";
    used = true;
    return result;
  });
}

const lipsumText =
  "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore et dolore magna aliqua.";

const raiseParameters = parameters("raise_exception", "message");
const timeParameters = parameters("strftime_now", "format");

const table: readonly Native[] = [
  new Native("range", range, "function"),
  new Native("dict", makeDict, "type"),
  new Native("namespace", namespace, "type"),
  new Native(
    "cycler",
    (_rt, args, kwargs) => {
      if (kwargs.size > 0) typeFault("Cycler.__init__() got an unexpected keyword argument");
      return args.length > 0 ? new Cycler(args) : fault("TypeError", "at least one item has to be provided");
    },
    "type",
  ),
  new Native("joiner", joiner, "type"),
  new Native("lipsum", () => trustedText(lipsumText), "function"),
  new Native(
    "raise_exception",
    (rt, args, kwargs) => fault("TemplateError", plain(str(rt, bind(raiseParameters, args, kwargs)[0]!))),
    "function",
  ),
  new Native(
    "strftime_now",
    (rt, args, kwargs) =>
      trustedText(strftime(rt.now, stringArgument(bind(timeParameters, args, kwargs)[0], ""))),
    "function",
  ),
];

/** By name. A context variable of the same name hides one. */
export const globals: ReadonlyMap<string, Value> = new Map(table.map((entry) => [entry.name, entry]));
