// Where the patch text is inside what a model or a shell passed: JSON arguments, a Markdown fence, a heredoc, a shell
// command that consists of exactly one apply_patch statement.

export type PatchInvocation =
  | { readonly patch: string /** From `cd <path> && …`. */; readonly workingDirectory?: string }
  | { readonly error: string };

const preferredKeys = ["patch", "input", "diff", "content"];

/** The patch in the arguments of a call: bare text, a JSON string, or a JSON object. */
export function extractPatch(argumentText: string): PatchInvocation {
  const text = argumentText.trim();
  if (!text.startsWith("{") && !text.startsWith('"')) return { patch: unwrap(argumentText) };
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    return { error: `Error parsing JSON: ${(error as Error).message}` };
  }
  if (typeof parsed === "string") return { patch: unwrap(parsed) };
  const members = parsed as Record<string, unknown>;
  const key = preferredKeys.find((name) => Object.hasOwn(members, name)) ?? Object.keys(members).at(-1);
  const value = key === undefined ? undefined : members[key];
  if (typeof value === "string") return { patch: unwrap(value) };
  return {
    error: `Error parsing JSON: expected an object with the patch text as "patch", got ${text.slice(0, 80)}`,
  };
}

/** Removes a Markdown fence or a heredoc around the whole text. */
function unwrap(text: string): string {
  const fence = /^\s*(`{3,})[^\n`]*\n([\s\S]*?)\n?\1\s*$/.exec(text);
  if (fence !== null) return fence[2]!;
  const lines = text.trim().split("\n");
  const opening = /^<<(?:EOF|'EOF'|"EOF")\s*$/.test(lines[0]!);
  return opening && lines.length >= 4 && lines.at(-1)!.trimEnd().endsWith("EOF")
    ? lines.slice(1, -1).join("\n")
    : text;
}

const shells: readonly { readonly name: RegExp; readonly flags: readonly (readonly string[])[] }[] = [
  { name: /^(?:.*\/)?(?:bash|zsh|sh)$/, flags: [["-lc"], ["-c"]] },
  { name: /^(?:pwsh|powershell)(?:\.exe)?$/i, flags: [["-Command"], ["-NoProfile", "-Command"]] },
  { name: /^cmd(?:\.exe)?$/i, flags: [["/c"]] },
];

/** The patch in a command vector, or an error when the command is something else. */
export function extractPatchFromCommand(command: readonly string[]): PatchInvocation {
  const [program = "", ...rest] = command;
  if (program === "apply_patch" || program === "applypatch") {
    return rest.length === 1
      ? { patch: unwrap(rest[0]!) }
      : { error: `${program} takes exactly one argument, the patch; got ${rest.length}.` };
  }
  if (command.length === 1 && program.trim().startsWith("*** Begin Patch")) {
    return {
      error: 'The command is a patch itself; call apply_patch explicitly: ["apply_patch", "<patch>"].',
    };
  }
  const shell = shells.find(({ name }) => name.test(program));
  const script = shell?.flags
    .filter((flags) => rest.length === flags.length + 1 && flags.every((flag, index) => rest[index] === flag))
    .map((flags) => rest[flags.length]!)[0];
  return script === undefined ? { error: "The command is not an apply_patch call." } : fromScript(script);
}

// One statement: an optional `cd <path> &&`, then the heredoc, then nothing.
const scriptForm =
  /^\s*(?:cd\s+(?:'([^']+)'|"([^"]+)"|([^\s'"&;|<>]+))\s*&&\s*)?(?:apply_patch|applypatch)\s*<<\s*(?:'(\w+)'|"(\w+)"|(\w+))[ \t]*\n([\s\S]*)$/;

function fromScript(script: string): PatchInvocation {
  const found = scriptForm.exec(script);
  if (found === null) return { error: "The script is not a single apply_patch heredoc statement." };
  const [, single, double, bare, quoted, doubleQuoted, plain, body = ""] = found;
  const tag = quoted ?? doubleQuoted ?? plain ?? "";
  const lines = body.trimEnd().split("\n");
  if (lines.pop() !== tag || lines.includes(tag)) {
    return { error: `The script must end with the heredoc's '${tag}' line and hold nothing after it.` };
  }
  const workingDirectory = single ?? double ?? bare;
  return { patch: lines.join("\n"), ...(workingDirectory === undefined ? {} : { workingDirectory }) };
}
