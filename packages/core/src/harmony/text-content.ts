// A content part of text.

export class TextContent {
  readonly type = "text" as const;
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toJSON(): { type: "text"; text: string } {
    return { type: "text", text: this.text };
  }
}
