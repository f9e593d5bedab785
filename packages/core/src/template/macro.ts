// Macros, and the bodies of call blocks: functions that return what they print.

import { trustedText } from "./code-points.ts";
import { fault } from "./fault.ts";
import { type Frame, newFrame } from "./frame.ts";
import type { Runtime } from "./runtime.ts";
import { Callable, dictOf, type Kwargs, Tuple, Undefined, type Value } from "./values.ts";

/** A compiled macro, without the frame in which it is defined. */
export interface MacroCode {
  readonly name: string;
  readonly params: readonly string[];
  /** Slots of the parameters, in order. */
  readonly slots: readonly number[];
  /** Slots of the special names that the body uses. */
  readonly callerSlot: number | null;
  readonly kwargsSlot: number | null;
  readonly varargsSlot: number | null;
  readonly size: number;
  /** Fills the slots of the macro's scope, evaluates defaults of missing arguments, and prints the body. */
  readonly run: (frame: Frame) => void;
}

export class Macro extends Callable {
  readonly typeName = "Macro";
  readonly name: string;
  private readonly code: MacroCode;
  private readonly definition: Frame;

  constructor(code: MacroCode, definition: Frame) {
    super();
    this.name = code.name;
    this.code = code;
    this.definition = definition;
  }

  override get qualifiedName(): string {
    return "jinja2.runtime.Macro";
  }

  override attribute(_rt: Runtime, name: string): Value | undefined {
    switch (name) {
      case "name":
        return this.name === "" ? null : trustedText(this.name);
      case "arguments":
        return new Tuple(this.code.params.map(trustedText));
      case "catch_kwargs":
        return this.code.kwargsSlot !== null;
      case "catch_varargs":
        return this.code.varargsSlot !== null;
      case "caller":
        return this.code.callerSlot !== null;
      case "explicit_caller":
        return this.code.params.includes("caller");
      default:
        return undefined;
    }
  }

  call(rt: Runtime, args: readonly Value[], kwargs: Kwargs): Value {
    const { code } = this;
    const frame = newFrame(rt, code.size, this.definition, rt.output());
    this.bind(frame, args, kwargs);
    rt.enterCall();
    code.run(frame);
    rt.leaveCall();
    return frame.out.take(rt.autoescape);
  }

  private bind(frame: Frame, args: readonly Value[], kwargs: Kwargs): void {
    const { params, slots, callerSlot, kwargsSlot, varargsSlot } = this.code;
    const rest = kwargs.size === 0 ? null : new Map(kwargs);
    const take = (name: string): Value | undefined => {
      const value = rest?.get(name);
      rest?.delete(name);
      return value;
    };
    for (let at = 0; at < params.length; at++) {
      frame.slots[slots[at]!] = at < args.length ? args[at] : take(params[at]!);
    }
    if (callerSlot !== null) {
      frame.slots[callerSlot] = take("caller") ?? new Undefined("No caller defined");
    }
    if (kwargsSlot !== null) frame.slots[kwargsSlot] = dictOf(rest ?? []);
    else if (rest !== null && rest.size > 0) this.refuseKeyword(rest);
    if (varargsSlot !== null) frame.slots[varargsSlot] = new Tuple(args.slice(params.length));
    else if (args.length > params.length) {
      fault("TypeError", `macro '${this.name}' takes not more than ${params.length} argument(s)`);
    }
  }

  private refuseKeyword(rest: Kwargs): never {
    if (rest.has("caller")) {
      return fault(
        "TypeError",
        `macro '${this.name}' was invoked with two values for the special caller argument. This is most likely a bug.`,
      );
    }
    return fault("TypeError", `macro '${this.name}' takes no keyword argument '${[...rest.keys()][0]}'`);
  }
}
