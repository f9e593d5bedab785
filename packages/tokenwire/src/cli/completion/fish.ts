// Completion in fish, with descriptions.

import type { CompletedCommand, CompletedOption } from "./words.ts";

const quoted = (text: string): string => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;

/** A script for `source` or ~/.config/fish/completions/tokenwire.fish. */
export function fishScript(commands: readonly CompletedCommand[]): string {
  const lines = commands.flatMap(({ path, commands: children, options }) => {
    const condition = `-n ${quoted(`__tokenwire_at ${quoted(path)}`)}`;
    return [
      ...children.map(
        ({ name, description }) =>
          `complete -c tokenwire ${condition} -a ${quoted(name)} -d ${quoted(description)}`,
      ),
      ...options.map((option) => `complete -c tokenwire ${condition} ${optionParts(option)}`),
    ];
  });
  const paths = commands.map(({ path }) => path).filter((path) => path !== "");
  return `# tokenwire completion for fish
function __tokenwire_at
    set -l command ''
    for word in (commandline -opc)[2..]
        set -l longer (string trim "$command $word")
        contains -- $longer ${paths.map(quoted).join(" ")}; and set command $longer
    end
    test "$command" = "$argv[1]"
end
${lines.join("\n")}
`;
}

function optionParts({ names, description, takesValue, values }: CompletedOption): string {
  const flags = names.map((name) =>
    name.startsWith("--") ? `-l ${quoted(name.slice(2))}` : `-s ${quoted(name.slice(1))}`,
  );
  const value = !takesValue ? [] : values.length === 0 ? ["-r"] : [`-x -a ${quoted(values.join(" "))}`];
  return [...flags, ...value, `-d ${quoted(description)}`].join(" ");
}
