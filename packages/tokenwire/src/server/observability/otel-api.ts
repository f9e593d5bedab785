// What we use of @opentelemetry/api, so that its types are not needed to compile against this package.

export type Attributes = Record<string, string | number | boolean | readonly string[] | undefined>;
/** Opaque: made and read by the API only. */
export type Context = object;

export interface SpanContext {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceFlags: number;
  readonly traceState?: { serialize(): string };
}

export interface Span {
  spanContext(): SpanContext;
  setAttributes(attributes: Attributes): unknown;
  setStatus(status: { readonly code: number; readonly message?: string }): unknown;
  updateName(name: string): unknown;
  end(): void;
}

export interface Histogram {
  record(value: number, attributes?: Attributes): void;
}

export interface OpenTelemetryApi {
  readonly ROOT_CONTEXT: Context;
  readonly context: { active(): Context; with<T>(context: Context, run: () => T): T };
  readonly trace: {
    getTracer(
      name: string,
      version: string,
    ): {
      startSpan(
        name: string,
        options: { readonly kind: number; readonly attributes: Attributes },
        parent: Context,
      ): Span;
    };
    setSpan(context: Context, span: Span): Context;
    setSpanContext(context: Context, span: SpanContext & { readonly isRemote: boolean }): Context;
    getSpan(context: Context): Span | undefined;
  };
  readonly metrics: {
    getMeter(
      name: string,
      version: string,
    ): {
      createHistogram(
        name: string,
        options: {
          readonly description: string;
          readonly unit: string;
          readonly advice: { readonly explicitBucketBoundaries: number[] };
        },
      ): Histogram;
    };
  };
  createTraceState?(text: string): { serialize(): string };
}

export const spanKind = { internal: 0, server: 1, client: 2 } as const;
export const errorStatus = 2;

/** Where the API keeps what a program registered. Its name is part of the API's contract between its copies. */
const globals = Symbol.for("opentelemetry.js.api.1");

/** Whether the program registered a tracer or meter provider: then, and only then, the API is worth loading. */
export function isOpenTelemetryRegistered(): boolean {
  const registered = (globalThis as Record<symbol, unknown>)[globals] as
    | { readonly trace?: unknown; readonly metrics?: unknown }
    | undefined;
  return registered?.trace !== undefined || registered?.metrics !== undefined;
}

export async function loadOpenTelemetryApi(): Promise<OpenTelemetryApi | undefined> {
  // Held in a variable: the package does not exist everywhere, and is needed neither to compile nor to bundle.
  const peer = "@opentelemetry/api";
  return (await import(peer).catch(() => undefined)) as OpenTelemetryApi | undefined;
}
