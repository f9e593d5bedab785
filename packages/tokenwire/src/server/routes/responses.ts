// `POST /v1/responses`: whole, streamed, or in the background.

import {
  ApiError,
  parseResponsesRequest,
  type ResponseEvent,
  responseFrame,
  responsesBodySchema,
  unknownResponsesFields,
} from "../../protocol/index.ts";
import { toSignal } from "../cancellation.ts";
import type { Route, RouteContext } from "../context.ts";
import { toApiError } from "../errors.ts";
import { refuseUnknown } from "../request-rules.ts";
import { draftResponse, type ResponseDraft } from "../responses/context.ts";
import { ResponseJob } from "../responses/jobs.ts";
import { ResponseRun, type ResponseSink } from "../responses/run.ts";
import type { EventStream } from "../sse.ts";
import { respondWithStream } from "../stream.ts";
import { hostedTypes } from "../tools/options.ts";

const done = "data: [DONE]\n\n";

function frames(events: readonly ResponseEvent[]): string {
  return events.map(responseFrame).join("");
}

/** Runs in this request: the client leaving ends it. */
async function inRequest(
  context: RouteContext,
  run: ResponseRun,
  isStream: boolean,
  release: () => void,
): Promise<object | undefined> {
  const runInto = (sink: ResponseSink): Promise<void> =>
    run.run(toSignal(context.signal), sink).finally(release);
  if (!isStream) {
    let failure: ResponseEvent | undefined;
    await runInto({
      emit: (events) => {
        failure ??= events.find((event) => event.type === "error");
      },
    });
    if (failure) throw new ApiError(500, String(failure["message"]));
    return run.response;
  }
  await respondWithStream(context, {
    admit: false,
    run: (stream) =>
      runInto({
        emit: (events) => {
          stream.open();
          stream.write(frames(events));
        },
        get pressure() {
          return stream.pressure;
        },
      }),
    ending: {
      end: () => done,
      fail: (error) =>
        frames([...(run.encoder.started ? [] : run.encoder.start()), ...run.encoder.fail(error)]) + done,
    },
  });
  return undefined;
}

/** Runs on its own; the answer is the queued response, or its events as they come. */
async function inBackground(
  context: RouteContext,
  draft: ResponseDraft,
  run: ResponseRun,
  release: () => void,
): Promise<object | undefined> {
  const { server, tenant } = context;
  const job = new ResponseJob(tenant, true, () => run.response);
  server.jobs.add(run.id, job);
  job.add(run.encoder.enqueue());
  const queued = run.response;
  try {
    await run.begin(draft.request.stream ? job.events : undefined);
  } catch (error) {
    release();
    server.jobs.remove(run.id);
    await draft.toolkit?.dispose();
    throw error;
  }
  job.isStored = true;
  void runJob(context, run, job).finally(release);
  if (!draft.request.stream) return queued;
  await followJob(context, job, -1);
  return undefined;
}

async function runJob(context: RouteContext, run: ResponseRun, job: ResponseJob): Promise<void> {
  const { server, requestId } = context;
  const signal = AbortSignal.any([job.abort.signal, server.shutdown]);
  const sink = { emit: (events: readonly ResponseEvent[]): void => job.add(events) };
  try {
    await run.run(signal, sink);
  } catch (error) {
    if (job.abort.signal.aborted) {
      job.add(run.encoder.cancel());
      await run.save().catch((cause: unknown) => server.log.error({ requestId, err: cause }, "cannot store"));
    } else await run.fail(toApiError(error), sink);
  } finally {
    job.finish();
    server.jobs.remove(run.id);
  }
}

/** Streams the events of a job after a sequence number, those to come included. A reader that leaves stops nothing. */
export function followJob(
  context: RouteContext,
  job: ResponseJob,
  after: number,
  toFrame: (event: ResponseEvent) => string = responseFrame,
): Promise<void> {
  return respondWithStream(context, {
    admit: false,
    run: (stream) => writeEvents(stream, job, after, toSignal(context.signal), toFrame),
    ending: { end: () => done, fail: () => done },
  });
}

async function writeEvents(
  stream: EventStream,
  job: ResponseJob,
  after: number,
  signal: AbortSignal,
  toFrame: (event: ResponseEvent) => string,
): Promise<void> {
  stream.open();
  let next = after + 1;
  while (!signal.aborted) {
    const { changed } = job;
    for (; next < job.events.length; next++) {
      stream.write(toFrame(job.events[next]!));
      const { pressure } = stream;
      if (pressure) await pressure;
    }
    if (job.finished) return;
    await changed;
  }
}

export const createResponse: Route = {
  method: "POST",
  path: "/v1/responses",
  schema: responsesBodySchema,
  aliases: ["/responses"],
  handle: async (context) => {
    const { server, tenant } = context;
    const body = context.body();
    const request = parseResponsesRequest(body, hostedTypes(server.tools));
    refuseUnknown(context, unknownResponsesFields(body));
    const release = await server.conversationLocks.lock(tenant, request.conversationId);
    let draft: ResponseDraft;
    try {
      draft = await draftResponse(context, request);
    } catch (error) {
      release();
      throw error;
    }
    const run = new ResponseRun(context, draft);
    if (request.background) return inBackground(context, draft, run, release);
    return inRequest(context, run, request.stream, release);
  },
};
