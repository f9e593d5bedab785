// Completion in bash: words only, for it shows no descriptions.

import type { CompletedCommand } from "./words.ts";

const quoted = (words: readonly string[]): string => `'${words.join(" ")}'`;

/** A script for `source` or ~/.bashrc. */
export function bashScript(commands: readonly CompletedCommand[]): string {
  const paths = commands.map(({ path }) => path).filter((path) => path !== "");
  const values = commands.flatMap(({ path, options }) =>
    options
      .filter(({ takesValue }) => takesValue)
      .map((option) => {
        const patterns = option.names.map((name) => `"${path} ${name}"`).join(" | ");
        return option.values.length === 0
          ? `    ${patterns}) COMPREPLY=($(compgen -f -- "$word")); return ;;`
          : `    ${patterns}) words=${quoted(option.values)} ;;`;
      }),
  );
  const words = commands.map(({ path, commands: children, options }) => {
    const all = [...children.map(({ name }) => name), ...options.flatMap(({ names }) => names)];
    return `      "${path}") words=${quoted(all)} ;;`;
  });
  return `# tokenwire completion for bash
_tokenwire() {
  local word=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]} command= words= i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "\${command:+$command }\${COMP_WORDS[i]}" in
    ${paths.map((path) => `"${path}"`).join(" | ")}) command="\${command:+$command }\${COMP_WORDS[i]}" ;;
    esac
  done
  case "$command $previous" in
${values.join("\n")}
    *)
      case "$command" in
${words.join("\n")}
      esac
      ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
  [[ \${#COMPREPLY[@]} -gt 0 || $word == -* ]] || COMPREPLY=($(compgen -f -- "$word"))
}
complete -o filenames -F _tokenwire tokenwire
`;
}
