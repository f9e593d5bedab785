// Which stop tokens never become text.

import type { ModelProfile, RequestedSampling } from "../protocol/index.ts";

const none: ReadonlySet<number> = new Set();

/**
 * A harmony parser needs the format's own terminators to tell a call from an answer; other formats end a turn with a
 * token that means nothing to their parsers. What the client asked to stop at is hidden unless it asked to see it.
 */
export function hiddenStopIds(profile: ModelProfile, sampling: RequestedSampling): ReadonlySet<number> {
  const { stopTokenIds: own, format } = profile;
  const requested = sampling.stopTokenIds.filter((id) => !sampling.includeStop && !own.includes(id));
  const hidden = format.kind === "harmony" ? requested : own.concat(requested);
  return hidden.length > 0 ? new Set(hidden) : none;
}
