// Apart from the code, so that its types can be read where the optional package playwright-core is not installed.

export interface ChromiumProcessOptions {
  /** Path of the browser. Default: the variable TOKENWIRE_CHROMIUM, then the usual places. */
  readonly executablePath?: string;
  /** Pages open at once; more wait. Default 2. */
  readonly maxPages?: number;
  /** Milliseconds after which a browser without pages ends. Default 30,000. */
  readonly idleTimeout?: number;
  /** Chromium's own sandbox. Default: on, except for root, as whom it does not start with it. */
  readonly sandbox?: boolean;
  readonly userAgent?: string;
}
