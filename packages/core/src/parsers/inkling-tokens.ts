// The control tokens of Inkling's frames, shared by its tool and reasoning formats.

const contents = [
  "<|content_text|>",
  "<|content_thinking|>",
  "<|content_image|>",
  "<|content_audio_input|>",
  "<|content_tool_error|>",
  "<|content_xml|>",
  "<|content_invoke_tool_json|>",
  "<|content_invoke_tool_text|>",
  "<|content_model_end_sampling|>",
];

const end = "<|end_message|>";

export const inkling: {
  readonly contents: readonly string[];
  readonly end: string;
  readonly control: readonly string[];
} = {
  contents,
  end,
  control: [
    "<|message_model|>",
    "<|message_user|>",
    "<|message_system|>",
    "<|message_tool|>",
    ...contents,
    "<|audio_end|>",
    end,
    "<|endoftext|>",
  ],
};
