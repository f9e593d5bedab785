// A model whose format is a chat template: calls as Hermes writes them, reasoning as Qwen does. Its template shows all
// that a prompt may hold.

import { compileTemplate } from "@tokenwire/core/template";
import { extendEncoding } from "@tokenwire/core/tokenizer";
import { getEncoding } from "@tokenwire/encodings";
import type { ModelProfile } from "../../src/protocol/index.ts";

const endOfTurn = 200_101;

const source = `{% for tool in tools or [] %}[{{ tool.function.name }}]{% endfor %}
{%- for m in messages %}{{ '\\n' + m.role }}:
{%- if m.reasoning_content %}<think>{{ m.reasoning_content }}</think>{% endif %}{{ m.content or '' }}
{%- for c in m.tool_calls or [] %}<call {{ c.function.name }} {{ c.function.arguments | tojson }}>{% endfor %}
{%- endfor %}{{ '\\n' }}assistant:`;

/** Its answers end with `<|im_end|>`. */
export function templatedProfile(template: string = source): ModelProfile {
  return {
    id: "m",
    tokenizer: extendEncoding(getEncoding("o200k_base"), {
      name: "test",
      specialTokens: new Map([["<|im_end|>", endOfTurn]]),
    }),
    format: {
      kind: "template",
      template: compileTemplate(template),
      specialTokens: {},
      contentFormat: "string",
    },
    stopTokenIds: [endOfTurn],
    toolParser: "hermes",
    reasoningParser: "qwen3",
    contextLength: 4_096,
  };
}
