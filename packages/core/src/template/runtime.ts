// The state of one render: limits that are used up, the context, and the place of the operation under way.

import { fault } from "./fault.ts";
import type { TemplateLimits } from "./limits.ts";
import { Output } from "./output.ts";
import type { Value } from "./values.ts";

/** Steps between two looks at the clock. */
const clockInterval = 4096;

export class Runtime {
  readonly limits: Required<TemplateLimits>;
  /** Values of the context names that the template uses, by their index in the compiled template. */
  readonly context: (Value | undefined)[];
  /** Top-level assignments, kept for the bodies of `block` tags. */
  readonly exported: Map<string, Value> = new Map();
  /** The time that `strftime_now` shows. */
  readonly now: Date;
  /** For `is filter`. */
  readonly filterNames: ReadonlySet<string>;
  /** Source offset of the operation under way. */
  at = 0;
  autoescape = false;
  callDepth = 0;
  private stepsUntilClock: number;
  private stepsLeft: number;
  private readonly deadline: number;

  constructor(
    limits: Required<TemplateLimits>,
    context: (Value | undefined)[],
    now: Date,
    filterNames: ReadonlySet<string>,
  ) {
    this.limits = limits;
    this.context = context;
    this.now = now;
    this.filterNames = filterNames;
    this.stepsLeft = limits.maxSteps;
    this.stepsUntilClock = Math.min(clockInterval, limits.maxSteps);
    this.deadline = Number.isFinite(limits.timeoutMs)
      ? Date.now() + limits.timeoutMs
      : Number.POSITIVE_INFINITY;
  }

  /** Counts work. Cheap: the limits themselves are looked at every few thousand steps. */
  step(count: number): void {
    this.stepsUntilClock -= count;
    if (this.stepsUntilClock < 0) this.checkSteps();
  }

  private checkSteps(): void {
    const { limits } = this;
    this.stepsLeft -= Math.min(clockInterval, this.stepsLeft) - this.stepsUntilClock;
    if (this.stepsLeft < 0) fault("limit", `more work than maxSteps (${limits.maxSteps}) allows`);
    if (Date.now() > this.deadline)
      fault("limit", `rendering took longer than timeoutMs (${limits.timeoutMs})`);
    this.stepsUntilClock = Math.min(clockInterval, this.stepsLeft);
  }

  output(): Output {
    return new Output(this.limits.maxOutput);
  }

  /** Call before building a string of `length` characters. */
  checkText(length: number): void {
    if (length > this.limits.maxOutput) {
      fault("limit", `a string is longer than maxOutput (${this.limits.maxOutput})`);
    }
    if (length > 1024) this.step(length >> 10);
  }

  /** Call while a text grows piece by piece, with its length so far. */
  checkGrowing(length: number): void {
    if (length > this.limits.maxOutput) this.checkText(length);
  }

  /** Call before building a list or dict of `count` items. */
  checkItems(count: number): void {
    if (count > this.limits.maxItems) {
      fault("limit", `a list or dict has more items than maxItems (${this.limits.maxItems})`);
    }
    this.step(count >> 3);
  }

  /** Runs `body` one call deeper. */
  enterCall(): void {
    if (++this.callDepth > this.limits.maxCallDepth) {
      fault("limit", `calls are nested deeper than maxCallDepth (${this.limits.maxCallDepth})`);
    }
    this.step(1);
  }

  leaveCall(): void {
    this.callDepth--;
  }
}
