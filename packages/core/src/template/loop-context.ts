// The variable `loop`. It looks ahead only when asked to, because items may be computed (and fail) on the way.

import { equal } from "./compare.ts";
import { fault } from "./fault.ts";
import type { Runtime } from "./runtime.ts";
import { type Kwargs, Loop, Native, Tuple, Undefined, type Value } from "./values.ts";

/** Runs a recursive loop's body over `items`, one level deeper. */
export type Recurse = (rt: Runtime, items: Value, depth: number) => Value;

export class LoopContext extends Loop {
  readonly typeName = "LoopContext";
  readonly name = "loop";
  index0 = -1;
  private source: Iterator<Value>;
  private knownLength: number | undefined;
  private readonly depth0: number;
  private readonly recurse: Recurse | null;
  private before: Value | undefined;
  private current: Value | undefined;
  /** The next item, if somebody looked at it already. */
  private after: IteratorResult<Value> | undefined;
  private changedValue: Tuple | undefined;

  constructor(source: Iterator<Value>, length: number | undefined, recurse: Recurse | null, depth0: number) {
    super();
    this.source = source;
    this.knownLength = length;
    this.recurse = recurse;
    this.depth0 = depth0;
  }

  override get qualifiedName(): string {
    return "jinja2.runtime.LoopContext";
  }

  /** The next item; `undefined` at the end. */
  advance(): Value | undefined {
    const next = this.after ?? this.source.next();
    this.after = undefined;
    if (next.done) return undefined;
    this.index0++;
    this.before = this.current;
    this.current = next.value;
    return next.value;
  }

  private peek(): IteratorResult<Value> {
    this.after ??= this.source.next();
    return this.after;
  }

  get length(): number {
    if (this.knownLength === undefined) {
      const rest: Value[] = [];
      for (let next = this.source.next(); !next.done; next = this.source.next()) rest.push(next.value);
      this.source = rest[Symbol.iterator]();
      const peeked = this.after !== undefined && !this.after.done ? 1 : 0;
      this.knownLength = rest.length + this.index0 + 1 + peeked;
    }
    return this.knownLength;
  }

  /** The rest of the items, each with this object, as Python's iterator of the loop itself gives them. */
  iterator(): Iterator<Value> {
    return {
      next: () => {
        const item = this.advance();
        return item === undefined
          ? { done: true, value: undefined }
          : { done: false, value: new Tuple([item, this]) };
      },
    };
  }

  call(rt: Runtime, args: readonly Value[], kwargs: Kwargs): Value {
    if (this.recurse === null) {
      return fault("TypeError", "The loop must have the 'recursive' marker to be called recursively.");
    }
    const items = args[0] ?? kwargs.get("iterable");
    if (items === undefined || args.length + kwargs.size !== 1) {
      return fault("TypeError", "LoopContext.__call__() takes one argument");
    }
    return this.recurse(rt, items, this.depth0 + 1);
  }

  override attribute(_rt: Runtime, name: string): Value | undefined {
    return Object.hasOwn(attributes, name) ? attributes[name]!(this) : undefined;
  }

  previous(): Value {
    return this.index0 === 0 ? new Undefined("there is no previous item") : this.before!;
  }

  next(): Value {
    const next = this.peek();
    return next.done ? new Undefined("there is no next item") : next.value;
  }

  isLast(): boolean {
    return this.peek().done === true;
  }

  depth(): number {
    return this.depth0;
  }

  changed(rt: Runtime, values: readonly Value[]): boolean {
    const value = new Tuple(values);
    if (this.changedValue !== undefined && equal(rt, this.changedValue, value)) return false;
    this.changedValue = value;
    return true;
  }
}

const attributes: Readonly<Record<string, (loop: LoopContext) => Value>> = {
  index: (loop) => loop.index0 + 1,
  index0: (loop) => loop.index0,
  first: (loop) => loop.index0 === 0,
  last: (loop) => loop.isLast(),
  length: (loop) => loop.length,
  revindex: (loop) => loop.length - loop.index0,
  revindex0: (loop) => loop.length - loop.index0 - 1,
  previtem: (loop) => loop.previous(),
  nextitem: (loop) => loop.next(),
  depth: (loop) => loop.depth() + 1,
  depth0: (loop) => loop.depth(),
  cycle: (loop) =>
    new Native("cycle", (_rt, args) => {
      if (args.length === 0) fault("TypeError", "no items for cycling given");
      return args[loop.index0 % args.length]!;
    }),
  changed: (loop) => new Native("changed", (rt, args) => loop.changed(rt, args)),
};
