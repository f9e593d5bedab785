// A conversation with a few random changes: missing fields, other types, odd text.

import { type JsonValue, parseJson, stringifyJson } from "../../src/json/index.ts";
import type { Random } from "./random.ts";
import { randomJson, randomMessages } from "./random-template.ts";

export function mutateContext(random: Random, text: string): string {
  const context = parseJson(text);
  for (let count = random.below(4); count > 0; count--) mutate(random, context);
  if (random.chance(0.05) && context instanceof Map)
    context.set("messages", parseJson(randomMessages(random)));
  return stringifyJson(context);
}

/** Changes one place, found by walking down at random. */
function mutate(random: Random, root: JsonValue): void {
  let node = root;
  for (;;) {
    const keys = Array.isArray(node) ? [...node.keys()] : node instanceof Map ? [...node.keys()] : [];
    if (keys.length === 0) return;
    const key = random.pick<number | string>(keys);
    const child = Array.isArray(node)
      ? node[key as number]!
      : (node as Map<string, JsonValue>).get(key as string)!;
    const isContainer = Array.isArray(child) || child instanceof Map;
    if (isContainer && random.chance(0.85)) {
      node = child;
      continue;
    }
    change(random, node, key);
    return;
  }
}

function change(random: Random, node: JsonValue, key: number | string): void {
  const value = parseJson(randomJson(random, 2));
  if (Array.isArray(node)) {
    if (random.chance(0.3)) node.splice(key as number, 1);
    else node[key as number] = value;
  } else if (node instanceof Map) {
    if (random.chance(0.3)) node.delete(key as string);
    else if (random.chance(0.15))
      node.set(random.pick(["name", "tool_calls", "content", "extra", "reasoning_content"]), value);
    else node.set(key as string, value);
  }
}
