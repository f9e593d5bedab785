// From source to something that renders.

import { fromPlain } from "../json/index.ts";
import type { Stmt } from "./ast.ts";
import { someNode } from "./children.ts";
import { compileBody } from "./compile-statement.ts";
import { enterScope, type Place, TemplateInfo } from "./compiler-state.ts";
import { Fault } from "./fault.ts";
import { filterNames } from "./filters.ts";
import { newFrame, type Step } from "./frame.ts";
import { globals } from "./globals.ts";
import { normalizeSource } from "./lexer.ts";
import { resolveLimits, type TemplateLimits } from "./limits.ts";
import type { Output } from "./output.ts";
import { parseTemplate } from "./parser.ts";
import { Runtime } from "./runtime.ts";
import { Scope, Unit } from "./scope.ts";
import { compileError, renderError } from "./template-error.ts";
import { Callable, Undefined, type Value } from "./values.ts";

export interface RenderOptions {
  /** The time that `strftime_now` shows. Default: now. */
  readonly now?: Date;
}

/** Variables by name: plain data, lossless JSON values, or both. */
export type TemplateContext = ReadonlyMap<string, unknown> | Readonly<Record<string, unknown>>;

/** A compiled template. Rendering does not change it, so one can serve any number of requests. */
export interface Template {
  /** The source, with newlines normalised and the last one removed; lines of errors refer to it. */
  readonly source: string;
  /** Names that the template reads from the context, globals left out. */
  readonly freeVariables: readonly string[];
  readonly hasGenerationBlocks: boolean;
  /** The text for these variables. @throws TemplateError */
  render(context: TemplateContext, options?: RenderOptions): string;
}

/**
 * Compiles a template as Jinja2 does under Hugging Face's settings.
 *
 * @example compileTemplate("{{ messages[0].content }}").render({ messages: [{ role: "user", content: "Hi" }] }) // "Hi"
 * @throws TemplateError with code TEMPLATE_INVALID or TEMPLATE_LIMIT_EXCEEDED
 */
export function compileTemplate(source: string, limits?: TemplateLimits): Template {
  return new CompiledTemplate(source, resolveLimits(limits));
}

/** Converts variables to template values; strings in them are untrusted. */
export function contextValues(context: TemplateContext): Map<string, Value> {
  const values = new Map<string, Value>();
  const entries: Iterable<readonly [string, unknown]> =
    context instanceof Map ? context.entries() : Object.entries(context);
  for (const [name, value] of entries) if (value !== undefined) values.set(name, fromPlain(value) as Value);
  return values;
}

export class CompiledTemplate implements Template {
  readonly source: string;
  readonly freeVariables: readonly string[];
  readonly hasGenerationBlocks: boolean;
  private readonly limits: Required<TemplateLimits>;
  private readonly contextNames: readonly string[];
  private readonly run: Step;
  private readonly size: number;

  constructor(source: string, limits: Required<TemplateLimits>) {
    this.limits = limits;
    if (source.length > limits.maxSource) {
      const fault = new Fault("limit", `the template is longer than maxSource (${limits.maxSource})`);
      throw compileError(fault, "");
    }
    this.source = normalizeSource(source);
    try {
      const { info, run, size } = compileSource(this.source, limits.maxDepth);
      this.contextNames = info.contextNames;
      this.freeVariables = info.contextNames.filter((name) => !globals.has(name));
      this.hasGenerationBlocks = info.hasGeneration;
      this.run = run;
      this.size = size;
    } catch (error) {
      throw compileError(asFault(error), this.source);
    }
  }

  render(context: TemplateContext, options: RenderOptions = {}): string {
    return this.print(contextValues(context), options).text;
  }

  /** Renders with values whose strings may be trusted. */
  print(context: ReadonlyMap<string, Value>, options: RenderOptions): Output {
    const values = this.contextNames.map((name) => context.get(name) ?? contextDefault(context, name));
    const rt = new Runtime(this.limits, values, options.now ?? new Date(), filterNames);
    const output = rt.output();
    try {
      this.run(newFrame(rt, this.size, null, output));
      output.check();
    } catch (error) {
      throw renderError(asFault(error), this.source, rt.at);
    }
    return output;
  }
}

function contextDefault(context: ReadonlyMap<string, Value>, name: string): Value | undefined {
  return context.has(name) ? context.get(name) : globals.get(name);
}

function asFault(error: unknown): Fault {
  if (error instanceof Fault) return error;
  // The host's stack ends before our own bounds in a deeply nested template, depending on the stack's size.
  if (error instanceof RangeError) return new Fault("limit", "the template nests too deeply for the stack");
  throw error;
}

/** The variable `self`; blocks cannot be rendered again through it. */
class Self extends Callable {
  readonly typeName = "TemplateReference";
  readonly name = "self";
  override get qualifiedName(): string {
    return "jinja2.runtime.TemplateReference";
  }
  call(): Value {
    return new Undefined("'TemplateReference' object is not callable").fail();
  }
}
const self = new Self();

function compileSource(source: string, maxDepth: number): { info: TemplateInfo; run: Step; size: number } {
  const body: Stmt[] = parseTemplate(source, maxDepth);
  const info = new TemplateInfo(source);
  info.hasBlocks = someNode(body, ({ kind }) => kind === "block");
  const unit = new Unit(null);
  const scope = new Scope(unit, null);
  const selfSlot = someNode(body, (node) => node.kind === "name" && node.name === "self")
    ? scope.param("self").index
    : null;
  scope.visitAll(body);
  const place: Place = { info, scope, soft: false, inLoop: false, topLevel: true };
  const enter = enterScope(place);
  const steps = compileBody(place, body);
  const run: Step = (frame) => {
    if (selfSlot !== null) frame.slots[selfSlot] = self;
    enter?.(frame);
    return steps(frame);
  };
  return { info, run, size: unit.size };
}
