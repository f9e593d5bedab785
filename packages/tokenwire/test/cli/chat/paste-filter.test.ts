import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { PasteFilter } from "../../../src/cli/chat/paste-filter.ts";

async function read(...chunks: (string | Buffer)[]) {
  const terminal = new PassThrough();
  const filter = new PasteFilter(terminal as unknown as NodeJS.ReadStream);
  for (const chunk of chunks) terminal.write(chunk);
  terminal.end();
  let text = "";
  for await (const part of filter) text += part;
  return { text, meant: filter.expand(text) };
}
const begin = "\u001b[200~";
const end = "\u001b[201~";

describe("PasteFilter", () => {
  it("leaves typed text and keys alone", async () => {
    expect((await read("a\r", "\u001b", "\u001b[A", "é")).text).toBe("a\r\u001b\u001b[Aé");
  });
  it("names pasted lines and puts them back", async () => {
    const { text, meant } = await read(`say ${begin}one\r\ntwo\rthree${end} now`);
    expect(text).toBe("say [pasted 1: 3 lines] now");
    expect(meant).toBe("say one\ntwo\nthree now");
  });
  it("lets a short line stand in its place, and names a long one", async () => {
    expect((await read(`${begin}short${end}`)).text).toBe("short");
    const { text, meant } = await read(`${begin}${"x".repeat(600)}${end}`);
    expect(text).toBe("[pasted 1: 1 line]");
    expect(meant).toHaveLength(600);
  });
  it("does not care where the marks and characters are cut", async () => {
    const bytes = Buffer.from(`a${begin}ü\nx${end}b`);
    // One byte at a time, but for the escape of the opening mark: alone it is a key.
    const pieces = [bytes.subarray(0, 3), ...Array.from(bytes.subarray(3), (byte) => Buffer.of(byte))];
    const cut = await read(...pieces);
    expect(cut).toEqual(await read(bytes));
    expect(cut.meant).toBe("aü\nxb");
  });
  it("keeps names that the user typed", async () => {
    expect((await read("[pasted 7: 2 lines]")).meant).toBe("[pasted 7: 2 lines]");
  });
  it("holds ten megabytes without slowing down the line", async () => {
    const { text, meant } = await read(begin, "y\n".repeat(5 << 20), end);
    expect(text.length).toBeLessThan(40);
    expect(meant).toHaveLength(10 << 20);
  });
});
