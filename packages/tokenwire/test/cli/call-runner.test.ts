import { describe, expect, it } from "vitest";
import { answerCall, type CallRunnerOptions } from "../../src/cli/chat/call-runner.ts";
import { defineTool } from "../../src/tools/index.ts";

const signal = new AbortController().signal;
const shout = defineTool({
  name: "shout",
  description: "",
  needsApproval: true,
  execute: ({ text }) => String(text).toUpperCase(),
});

function runner(rest: Partial<CallRunnerOptions> = {}) {
  const shown: string[] = [];
  const asked: string[] = [];
  const answers: string[] = [];
  const options: CallRunnerOptions = {
    tools: [shout],
    functions: ["get_weather"],
    yes: false,
    ask: async (question) => {
      asked.push(question);
      return answers.shift();
    },
    show: (text) => shown.push(text),
    ...rest,
  };
  return { options, shown, asked, answers };
}
const call = { name: "shout", arguments: '{"text":"hi\\u001b[31m"}' };

describe("answerCall", () => {
  it("runs a tool only after a yes, and shows it without its control characters", async () => {
    const { options, shown, answers } = runner();
    answers.push("n", "y");
    expect(await answerCall(call, options, signal)).toBe("The user did not allow this call.");
    expect(await answerCall(call, options, signal)).toBe("HI\u001b[31M");
    expect(shown.join("\n")).not.toContain("\u001b[31M");
  });
  it("says no where nobody can be asked, unless told yes beforehand", async () => {
    expect(await answerCall(call, runner({ ask: undefined }).options, signal)).toMatch(/did not allow/);
    expect(await answerCall(call, runner({ ask: undefined, yes: true }).options, signal)).toMatch(/^HI/);
  });
  it("asks the person for the results of functions that are not ours, and tells the model of unknown ones", async () => {
    const { options, asked, answers } = runner();
    answers.push("sunny");
    expect(await answerCall({ name: "get_weather", arguments: "{}" }, options, signal)).toBe("sunny");
    expect(asked[0]).toContain("get_weather");
    expect(await answerCall({ name: "nope", arguments: "{}" }, options, signal)).toContain(
      "Available tools: functions.shout",
    );
  });
});
