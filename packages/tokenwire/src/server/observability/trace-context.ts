// W3C trace context (https://www.w3.org/TR/trace-context/): the two headers by which traces of several programs join.

export interface TraceContext {
  readonly traceId: string;
  readonly spanId: string;
  /** 1: sampled. */
  readonly traceFlags: number;
  /** `tracestate`, as it was sent. */
  readonly state?: string;
}

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

const traceParent = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:-|$)/;
/** Printable characters; longer ones may be dropped. */
const usableState = /^[\x20-\x7e]{1,512}$/;

/** The context that a request came with; undefined when there is none, or one that is not valid. */
export function readTraceContext(headers: Headers): TraceContext | undefined {
  const { traceparent, tracestate } = headers;
  const match = typeof traceparent === "string" ? traceParent.exec(traceparent) : null;
  if (!match) return undefined;
  const [, traceId, spanId, flags] = match as unknown as [string, string, string, string];
  return {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16),
    ...(typeof tracestate === "string" && usableState.test(tracestate) && { state: tracestate }),
  };
}

/** The headers for the next program. */
export function traceHeaders({ traceId, spanId, traceFlags, state }: TraceContext): Record<string, string> {
  return {
    traceparent: `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, "0")}`,
    ...(state !== undefined && { tracestate: state }),
  };
}
