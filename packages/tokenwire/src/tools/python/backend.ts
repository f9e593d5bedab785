// What runs Python cells. The default is the sandbox; others trade isolation for speed or packages.

export interface CellOptions {
  readonly signal: AbortSignal;
  /** Output as it appears. */
  readonly onOutput?: ((text: string) => void) | undefined;
}

export interface CellResult {
  /** Standard output and error together. */
  readonly text: string;
  /** `timeout` and `ended`: the session is gone and its variables with it. */
  readonly status: "ok" | "timeout" | "ended";
  /** Why it ended. */
  readonly detail?: string;
}

export interface PythonBackend {
  /** Whether variables live on from one cell to the next. */
  readonly isStateful: boolean;
  /** Runs one cell. Failures of the code are text; only an abort throws. */
  run(source: string, options: CellOptions): Promise<CellResult>;
  /** Files of `/mnt/data` as the session left them, where the backend has such a folder. */
  files?(): Promise<ReadonlyMap<string, Uint8Array>>;
  close(): Promise<void>;
}
