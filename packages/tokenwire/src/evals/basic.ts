// The smallest eval: does the model answer at all?

import type { EvalDefinition } from "./types.ts";

export const basic: EvalDefinition = {
  name: "basic",
  description: 'Says "hi" and expects any answer',
  sources: [],
  defaultRepeats: 1,
  plan: (_, { repeats = 1 }) => ({
    unusable: [],
    items: Array.from({ length: repeats }, (_unused, repeat) => ({
      exampleId: "basic-0",
      repeat,
      messages: [{ role: "user", content: "hi" }],
      grade: async ({ text }) => ({
        score: text === "" ? 0 : 1,
        metrics: { chars: Array.from(text).length },
        correctAnswer: "hi, how can i help?",
        extractedAnswer: text,
      }),
    })),
  }),
};
