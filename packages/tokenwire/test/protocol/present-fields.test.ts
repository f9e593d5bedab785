// A shortcut around zod must not change what is accepted, nor what comes out.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { chatBodySchema } from "../../src/protocol/index.ts";
import { parsePresent } from "../../src/protocol/present-fields.ts";

const message = fc.record(
  {
    role: fc.constantFrom("system", "user", "assistant", "tool", "robot"),
    content: fc.oneof(fc.string(), fc.constant(null), fc.constant([{ type: "text", text: "a", more: 1 }])),
    tool_call_id: fc.string(),
    extra: fc.boolean(),
  },
  { requiredKeys: ["role"] },
);
const value = fc.oneof(
  fc.constantFrom(null, true, false, 0, 1, -1, 0.5, 3, "", "low", "auto", "text"),
  fc.string(),
  fc.array(message, { maxLength: 3 }),
  fc.record({ type: fc.constantFrom("text", "json_object", "function"), include_usage: fc.boolean() }),
);
const names = [...Object.keys(chatBodySchema.shape), "unknown", "__proto__", "constructor"];
const body = fc
  .tuple(
    fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 6 }),
    fc.array(message, { maxLength: 2 }),
    fc.boolean(),
  )
  .map(
    ([fields, messages, isWhole]): Record<string, unknown> =>
      isWhole ? { ...fields, model: "m", messages } : fields,
  );

describe("validating only the fields that are there", () => {
  it("gives what zod gives, for the bodies that zod accepts", () => {
    let accepted = 0;
    fc.assert(
      fc.property(body, (given) => {
        const whole = chatBodySchema.safeParse(given);
        const present = parsePresent(chatBodySchema, given);
        expect(present).toEqual(whole.success ? whole.data : undefined);
        if (whole.success) accepted++;
      }),
      { seed: 7, numRuns: 3_000 },
    );
    expect(accepted).toBeGreaterThan(50);
  });

  it("leaves to zod what is more than fields", () => {
    const given = { a: 1, b: 2 };
    expect(parsePresent(z.object({ a: z.number() }), given)).toEqual({ a: 1 });
    for (const schema of [
      z.looseObject({ a: z.number() }),
      z.strictObject({ a: z.number() }),
      z.object({ a: z.number(), c: z.number().default(3) }),
      z.object({ a: z.number() }).refine(({ a }) => a > 1),
      z.union([z.object({ a: z.number() }), z.string()]),
    ]) {
      expect(parsePresent(schema as z.ZodType, given)).toBeUndefined();
    }
    for (const other of [[], new Map([["a", 1]]), null, "a"]) {
      expect(parsePresent(z.object({ a: z.number() }), other)).toBeUndefined();
    }
  });
});
