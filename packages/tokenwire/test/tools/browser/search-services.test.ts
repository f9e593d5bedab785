// Exa, You.com and SearXNG against strict stand-ins: what is not asked exactly as documented gets an error.

import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  createExaBackend,
  createSearxngBackend,
  createYouComBackend,
  htmlToPageText,
} from "../../../src/tools/index.ts";

interface Asked {
  readonly method: string | undefined;
  readonly url: string;
  readonly key: string | string[] | undefined;
  readonly body: unknown;
}
type Answer = { readonly status?: number; readonly body: unknown } | "hang up";

let server: Server;
let base = "";
let asked: Asked[] = [];
let answer: (request: Asked) => Answer;
const keyOf = ({ headers }: IncomingMessage) => headers["x-api-key"];

beforeEach(async () => {
  asked = [];
  server = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request) text += chunk;
    const body: unknown = text === "" ? undefined : JSON.parse(text);
    const one = { method: request.method, url: request.url ?? "", key: keyOf(request), body };
    asked.push(one);
    const given = answer(one);
    if (given === "hang up") {
      request.socket.destroy();
      return;
    }
    response.writeHead(given.status ?? 200);
    response.end(typeof given.body === "string" ? given.body : JSON.stringify(given.body));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const page = "<div>Fetch Result 1 text</div>";
const url = "https://www.example.com/fetch1";
const textOf = (content: string) => htmlToPageText(content, { url }).text;

describe("Exa", () => {
  const exa = () => createExaBackend({ apiKey: "secret-key", baseUrl: base });

  it("searches and fetches as the service documents", async () => {
    answer = ({ url: path }) =>
      path === "/search"
        ? { body: { results: [{ title: "T", url: "https://a.example/", summary: "S" }, "nonsense"] } }
        : { body: { results: [{ text: page, title: "Title" }] } };
    expect(await exa().search("query", { count: 20 })).toEqual([
      { title: "T", url: "https://a.example/", summary: "S" },
    ]);
    const fetched = await exa().fetch(url, { viewSource: false });
    expect(fetched).toEqual({ content: page, title: "Title" });
    expect(textOf(fetched.content)).toBe(`\nURL: ${url}\nFetch Result 1 text`);
    expect(asked).toEqual([
      {
        method: "POST",
        url: "/search",
        key: "secret-key",
        body: { query: "query", numResults: 20, contents: { text: true, summary: true } },
      },
      {
        method: "POST",
        url: "/contents",
        key: "secret-key",
        body: { urls: [url], text: { includeHtmlTags: true } },
      },
    ]);
  });

  it("says what failed, without the key", async () => {
    answer = () => ({ status: 401, body: `bad key secret-key ${"x".repeat(5000)}` });
    const failure = await exa()
      .search("q", { count: 1 })
      .catch((error: Error) => error.message);
    expect(failure).toMatch(/^ExaBackend error 401: bad key … x+$/);
    expect(String(failure).length).toBeLessThan(1100);
    answer = () => ({ body: { results: [] } });
    await expect(exa().fetch(url, { viewSource: false })).rejects.toThrow(`No contents returned for ${url}`);
    answer = () => ({ body: "<html>" });
    await expect(exa().search("q", { count: 1 })).rejects.toThrow("ExaBackend error: unexpected response");
    expect(() => createExaBackend({ apiKey: "" })).toThrow("Exa API key not provided");
  });

  it.each([429, 502, 503, 504, "hang up"] as const)(
    "tries again after %s, three times in all",
    async (fault) => {
      answer = () => (fault === "hang up" ? fault : { status: fault, body: "busy" });
      await expect(exa().search("q", { count: 1 })).rejects.toThrow(/ExaBackend error/);
      expect(asked).toHaveLength(3);
    },
  );
});

describe("You.com", () => {
  const you = () => createYouComBackend({ apiKey: "k", baseUrl: base });

  it("searches the web, then the news, and fetches", async () => {
    answer = ({ url: path }) =>
      path.startsWith("/v1/search")
        ? {
            body: {
              results: {
                web: [{ title: "W", url: "https://w.example/", snippets: ["one", "two"] }],
                news: [{ title: "N", url: "https://n.example/", description: "news" }],
              },
            },
          }
        : { body: [{ html: page, title: "Title" }] };
    expect(await you().search("a b", { count: 5 })).toEqual([
      { title: "W", url: "https://w.example/", summary: "one two" },
      { title: "N", url: "https://n.example/", summary: "news" },
    ]);
    expect((await you().fetch(url, { viewSource: false })).title).toBe("Title");
    expect(asked.map(({ method, url: path, body }) => [method, path, body])).toEqual([
      ["GET", "/v1/search?query=a+b&count=5", undefined],
      ["POST", "/v1/contents", { urls: [url], livecrawl_formats: "html" }],
    ]);
  });

  it("says what is missing", async () => {
    answer = () => ({ body: [] });
    await expect(you().fetch(url, { viewSource: false })).rejects.toThrow(`No contents returned for ${url}`);
    answer = () => ({ body: [{ html: "" }] });
    await expect(you().fetch(url, { viewSource: false })).rejects.toThrow(`No HTML returned for ${url}`);
    expect(() => createYouComBackend({ apiKey: "" })).toThrow(/Get one at https:\/\/you.com\/platform/);
  });
});

describe("SearXNG", () => {
  it("searches the instance, wherever it is, and fetches through the guard", async () => {
    answer = () => ({
      body: {
        results: [{ title: "T", url: "https://a.example/", content: "C" }, { url: "https://b.example/" }],
      },
    });
    const backend = createSearxngBackend({ baseUrl: `${base}/` });
    expect(await backend.search("ä & b", { count: 20 })).toEqual([
      { title: "T", url: "https://a.example/", summary: "C" },
      { title: "", url: "https://b.example/", summary: "" },
    ]);
    expect(await backend.search("x", { count: 1 })).toHaveLength(1);
    expect(asked[0]?.url).toBe("/search?q=%C3%A4+%26+b&format=json");
    await expect(backend.fetch(`${base}/`, { viewSource: false })).rejects.toThrow(/not allowed|not public/);
  });

  it("says what an operator has to change", async () => {
    const backend = createSearxngBackend({ baseUrl: base });
    answer = () => ({ status: 403, body: "" });
    await expect(backend.search("x", { count: 1 })).rejects.toThrow(/add "json" to search.formats/);
    answer = () => ({ status: 500, body: "" });
    await expect(backend.search("x", { count: 1 })).rejects.toThrow("SearXNG error 500");
    answer = () => ({ body: "<html>" });
    await expect(backend.search("x", { count: 1 })).rejects.toThrow("SearXNG error: unexpected response");
  });
});
