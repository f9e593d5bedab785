// Completion in zsh, with descriptions.

import type { CompletedCommand, CompletedOption, Word } from "./words.ts";

/** Inside single quotes; a colon would end the name in `_describe`. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

const described = ({ name, description }: Word): string =>
  quoted(`${name.replaceAll(":", "\\:")}:${description}`);

const optionWords = ({ names, description }: CompletedOption): string[] =>
  names.map((name) => described({ name, description }));

/** A script for a folder of `fpath`, under the name `_tokenwire`, or for `source`. */
export function zshScript(commands: readonly CompletedCommand[]): string {
  const paths = commands.map(({ path }) => path).filter((path) => path !== "");
  const values = commands.flatMap(({ path, options }) =>
    options
      .filter(({ takesValue }) => takesValue)
      .map(({ names, values: words }) => {
        const patterns = names.map((name) => quoted(`${path} ${name}`)).join("|");
        const offer = words.length === 0 ? "_files" : `compadd -- ${words.map(quoted).join(" ")}`;
        return `    (${patterns}) ${offer}; return ;;`;
      }),
  );
  const words = commands.map(
    ({ path, commands: children, options }) =>
      `    (${quoted(path)}) entries=(${[...children.map(described), ...options.flatMap(optionWords)].join(" ")}) ;;`,
  );
  return `#compdef tokenwire
# tokenwire completion for zsh
_tokenwire() {
  local command= i
  local -a entries
  for ((i = 2; i < CURRENT; i++)); do
    case "\${command:+$command }\${words[i]}" in
    (${paths.map(quoted).join("|")}) command="\${command:+$command }\${words[i]}" ;;
    esac
  done
  case "$command \${words[CURRENT - 1]}" in
${values.join("\n")}
  esac
  case "$command" in
${words.join("\n")}
  esac
  _describe 'tokenwire' entries
  [[ \${words[CURRENT]} == -* ]] || _files
}
# Loaded from a folder of fpath, this file is the function; otherwise it defines it.
if [[ \${funcstack[1]} == _tokenwire ]]; then
  _tokenwire
else
  compdef _tokenwire tokenwire
fi
`;
}
