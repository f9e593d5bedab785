export type { OutputEndReason, OutputEvent, OutputParser } from "./output-event.ts";
