// Watches every test's conversation with our servers: whatever goes through `fetch`, by whichever client, is checked
// after the test against what its endpoint may send, streams also for their order. A test passes only if all of it holds.

import { afterEach } from "vitest";

interface Answer {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly response: Response;
  readonly body: string;
  /** False: the client left before the end. */
  readonly isWhole: boolean;
}

const answers: Answer[] = [];
const bare = globalThis.fetch;
/** More than any test needs to show that its frames are right. */
const maxLength = 16 * 1024 * 1024;
const bodiless = new Set([101, 204, 205, 304]);

/** Our servers name their version; fakes of other servers do not. */
const isOurs = (response: Response): boolean => response.headers.has("openai-version");

globalThis.fetch = async (input, init) => {
  const response = await bare(input, init);
  if (!isOurs(response) || response.body === null || bodiless.has(response.status)) return response;
  const url = new URL(response.url);
  const method = init?.method ?? (input instanceof Request ? input.method : "GET");
  const watched = watch(response.body, (body, isWhole) => {
    answers.push({ method, path: url.pathname, query: url.searchParams, response, body, isWhole });
  });
  const { status, statusText, headers } = response;
  return Object.defineProperty(new Response(watched, { status, statusText, headers }), "url", {
    value: response.url,
  });
};

/** The same bytes, at the reader's own pace; `ended` gets them as text. */
function watch(
  body: ReadableStream<Uint8Array>,
  ended: (text: string, isWhole: boolean) => void,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let left = false;
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const { done, value } = await reader.read();
        if (left) return;
        if (done) {
          ended(text + decoder.decode(), true);
          controller.close();
          return;
        }
        if (text.length < maxLength) text += decoder.decode(value, { stream: true });
        controller.enqueue(value);
      },
      cancel: (reason) => {
        left = true;
        ended(text, false);
        return reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}

afterEach(async () => {
  const seen = answers.splice(0).filter(({ body }) => body.length < maxLength);
  if (seen.length === 0) return;
  const { checkAnswer, checkBeginning } = await import("../packages/tokenwire/test/server/wire-check.ts");
  for (const { method, path, query, response, body, isWhole } of seen) {
    if (isWhole) checkAnswer(method, path, response, body, query);
    else checkBeginning(path, response, body);
  }
});
