// Python as a tool.

import { ToolNamespaceConfig } from "@tokenwire/core/harmony";
import type { Tool, ToolEvent } from "../tool.ts";
import type { CellResult, PythonBackend } from "./backend.ts";
import { PythonSandbox, type SandboxOptions } from "./sandbox.ts";

export interface PythonToolOptions extends SandboxOptions {
  /** Default: the WASI sandbox. */
  readonly backend?: PythonBackend;
  /** Seconds named in the message about a time-out. Default 120. */
  readonly timeout?: number;
  /** Longest source in UTF-16 code units. Default 1 Mi. */
  readonly maxSourceLength?: number;
}

const purpose =
  "in your chain of thought. The code will not be shown to the user. This tool should be used for internal reasoning, but not for code that is intended to be visible to the user (e.g. when creating plots, tables, or files).";

const statefulDescription = `Use this tool to execute Python code ${purpose}
When you send a message containing Python code to python, it will be executed in a stateful Jupyter notebook environment. python will respond with the output of the execution or time out after 120.0 seconds. Internet access for this session is UNKNOWN. Depends on the cluster.`;

const statelessDescription = `Use this tool to execute STATELESS Python code ${purpose}
When you send a message containing python code to python, it will be executed in a stateless docker container, and the stdout of that process will be returned to you. You have to use print statements to access the output.

IMPORTANT: Your python environment is not shared between calls. You will have to pass your entire code each time.`;

const noOutput = "[WARN] No output available. Use print() to output anything to stdout to receive the output";

/** Makes a Python tool with a fresh session; make one per conversation. */
export function createPythonTool(options: PythonToolOptions = {}): Tool {
  const { timeout = 120, maxSourceLength = 1 << 20 } = options;
  const backend = options.backend ?? new PythonSandbox(options);
  let disposed = false;
  return {
    name: "python",
    namespace: new ToolNamespaceConfig(
      "python",
      backend.isStateful ? statefulDescription : statelessDescription,
      [],
    ),
    concurrency: backend.isStateful ? "serial" : "parallel",
    async *call(call, { signal }): AsyncGenerator<ToolEvent> {
      if (disposed) throw new Error("The python tool was disposed.");
      const source = call.arguments;
      if (source.length > maxSourceLength) {
        const text = `[ERROR] The code has ${source.length} characters; at most ${maxSourceLength} are run.`;
        yield { type: "result", text, failed: true };
        return;
      }
      const queue: string[] = [];
      let wake: () => void = () => undefined;
      let result: CellResult | undefined;
      const running = backend
        .run(source, {
          signal,
          onOutput: (text) => {
            queue.push(text);
            wake();
          },
        })
        .then((finished) => {
          result = finished;
        })
        .finally(() => wake());
      while (result === undefined) {
        const more = new Promise<void>((resolve) => {
          wake = resolve;
        });
        // A failure of the run surfaces here.
        if (queue.length === 0) await Promise.race([more, running]);
        for (const text of queue.splice(0)) yield { type: "delta", text };
      }
      yield { type: "result", ...describe(result, timeout) };
    },
    dispose: async () => {
      disposed = true;
      await backend.close();
    },
  };
}

function describe({ text, status, detail }: CellResult, timeout: number): { text: string; failed: boolean } {
  if (status === "ok") return { text: text.trim() === "" ? noOutput : text, failed: false };
  const reason =
    status === "timeout"
      ? `[ERROR] Execution timed out after ${timeout} s. The session was restarted; variables are lost.`
      : `[ERROR] ${detail ?? "The session ended."} The session was restarted; variables are lost.`;
  return { text: text === "" ? reason : `${text.replace(/\n?$/, "\n")}${reason}`, failed: true };
}
