// Regular expressions of clients, tested against texts in time that is bounded: every position of the pattern is followed
// at once, as an automaton, so that no pattern and no text can make it go back. (`RegExp` takes minutes for `^(a+)+$`.)

import { charactersOf, contains } from "./characters.ts";
import { expandedSize } from "./check.ts";
import { type Expression, GrammarError } from "./expression.ts";
import { regexExpression } from "./regex.ts";

/** What a state does with a character: states it leads to; a state without characters passes on without one. */
interface State {
  readonly test?: (code: number) => boolean;
  /** Filled when a loop is closed. */
  next: number[];
}

const maxStates = 5_000;
const maxSteps = 5_000_000;

/** What several tests may cost together. A million steps take some 20 ms. */
export interface StepBudget {
  left: number;
}

/** Whether a text has a match; undefined: finding out would take more than is left. */
export type PatternTest = (text: string, budget?: StepBudget) => boolean | undefined;

/**
 * A test for a pattern as JSON Schema means it: a match anywhere, unless it is anchored.
 *
 * @returns undefined for a pattern that says more than an automaton can, or is too large for one.
 * @example patternTest("^(a+)+$")?.("a".repeat(99) + "!") // false
 */
export function patternTest(pattern: string): PatternTest | undefined {
  const fromStart = pattern.startsWith("^");
  const toEnd = endAnchor.test(pattern);
  const inside = pattern.replace(endAnchor, "").slice(fromStart ? 1 : 0);
  const expression = read(inside);
  if (expression === undefined) return undefined;
  // In `^a|b$` each anchor belongs to one alternative: with something behind it, it still is one of several.
  if ((fromStart || toEnd) && read(`${inside}.`)?.kind === "choice") return undefined;
  if (expandedSize({ start: "", rules: new Map([["", expression]]) }) > maxStates) return undefined;
  const automaton = new Automaton(expression);
  return (text, budget = { left: maxSteps }) => automaton.matches(text, fromStart, toEnd, budget);
}

const endAnchor = /(?<=(?:^|[^\\])(?:\\\\)*)\$$/;

function read(pattern: string): Expression | undefined {
  try {
    return regexExpression(pattern, { lazy: true, anchors: false });
  } catch (error) {
    if (error instanceof GrammarError) return undefined;
    throw error;
  }
}

class Automaton {
  readonly #states: State[] = [{ next: [] }];
  readonly #start: number;

  constructor(expression: Expression) {
    // State 0 is the end.
    this.#start = this.#build(expression, 0);
  }

  matches(text: string, fromStart: boolean, toEnd: boolean, budget: StepBudget): boolean | undefined {
    const marks = new Int32Array(this.#states.length).fill(-1);
    let current: number[] = [];
    const add = (state: number, at: number, into: number[]): void => {
      const waiting = [state];
      for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
        budget.left--;
        if (marks[id] === at) continue;
        marks[id] = at;
        const { test, next } = this.#states[id] as State;
        if (test !== undefined || id === 0) into.push(id);
        else waiting.push(...next);
      }
    };
    let at = 0;
    add(this.#start, at, current);
    for (const character of text) {
      if (!toEnd && current.includes(0)) return true;
      const code = character.codePointAt(0) as number;
      const following: number[] = [];
      at++;
      for (const id of current) {
        const { test, next } = this.#states[id] as State;
        if (test?.(code)) for (const state of next) add(state, at, following);
      }
      if (!fromStart) add(this.#start, at, following);
      budget.left -= current.length;
      if (budget.left < 0) return undefined;
      if (following.length === 0) return false;
      current = following;
    }
    return current.includes(0);
  }

  /** The state from which what is built leads to `to`. */
  #build(expression: Expression, to: number): number {
    switch (expression.kind) {
      case "text":
        return Array.from(expression.text).reduceRight((next, character) => {
          const wanted = character.codePointAt(0);
          return this.#add({ test: (code) => code === wanted, next: [next] });
        }, to);
      case "class": {
        const characters = charactersOf(expression.negated, expression.ranges);
        return this.#add({ test: (code) => contains(characters, code), next: [to] });
      }
      case "sequence":
        return expression.parts.reduceRight((next, part) => this.#build(part, next), to);
      case "choice":
        return this.#add({ next: expression.options.map((option) => this.#build(option, to)) });
      case "repeat":
        return this.#repeat(expression.of, expression.least, expression.most, to);
      case "rule":
        throw new GrammarError(`a regular expression has no rule "${expression.name}".`, 1, 1);
    }
  }

  #repeat(of: Expression, least: number, most: number | undefined, to: number): number {
    let state = to;
    if (most === undefined) {
      state = this.#add({ next: [to] });
      (this.#states[state] as State).next.push(this.#build(of, state));
    } else {
      for (let times = least; times < most; times++)
        state = this.#add({ next: [to, this.#build(of, state)] });
    }
    for (let times = 0; times < least; times++) state = this.#build(of, state);
    return state;
  }

  #add(state: State): number {
    return this.#states.push(state) - 1;
  }
}
