// Talks to a Hugging Face hub: what files a model has, and their bytes with resume and checksums.
// Endpoints: GET /api/models/{id}/revision/{revision}, GET /{id}/resolve/{revision}/{file}.

import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { TokenwireError } from "@tokenwire/core";

export interface HubConnection {
  /** Address of the hub, without a slash at its end. */
  readonly endpoint: string;
  readonly token?: string;
  readonly signal?: AbortSignal;
}

/** A model at one revision. */
export interface HubSnapshot {
  /** The commit that the revision names. */
  readonly commit: string;
  /** Names of all files, relative to the repository. */
  readonly files: readonly string[];
}

const maxRedirects = 5;
const maxListBytes = 8 * 1024 * 1024;

export function hubError(message: string, cause?: unknown): TokenwireError {
  return new TokenwireError("DOWNLOAD_FAILED", message, { cause });
}

/** Lists the files of a model. Raises MODEL_NOT_FOUND if the hub does not know it, DOWNLOAD_FAILED otherwise. */
export async function listHubFiles(hub: HubConnection, id: string, revision: string): Promise<HubSnapshot> {
  const path = `/api/models/${id}/revision/${encodeURIComponent(revision)}`;
  const response = await request(hub, new URL(hub.endpoint + path));
  if (!response.ok) throw await refused(response, id, revision);
  const body = await response.text();
  if (body.length > maxListBytes)
    throw hubError(`${hub.endpoint}${path} answered with ${body.length} characters.`);
  const parsed = parseListing(body);
  if (parsed === undefined) throw hubError(`${hub.endpoint}${path} did not answer with a model's files.`);
  return parsed;
}

function parseListing(body: string): HubSnapshot | undefined {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return undefined;
  }
  const { sha, siblings } = (json ?? {}) as { sha?: unknown; siblings?: unknown };
  if (typeof sha !== "string" || !/^[0-9a-f]{7,64}$/i.test(sha) || !Array.isArray(siblings)) return undefined;
  const names = siblings.map((entry: { rfilename?: unknown } | null) => entry?.rfilename);
  return { commit: sha, files: names.filter((name): name is string => typeof name === "string") };
}

async function refused(response: Response, id: string, revision: string): Promise<TokenwireError> {
  await response.body?.cancel();
  const { status } = response;
  if (status === 404) {
    return new TokenwireError(
      "MODEL_NOT_FOUND",
      `The hub has no model ${JSON.stringify(id)} at revision ${revision}.`,
    );
  }
  if (status === 401 || status === 403) {
    return hubError(
      `The hub refuses access to ${id} (HTTP ${status}). Set HF_TOKEN to a token that may read it.`,
    );
  }
  return hubError(`The hub answered HTTP ${status} for ${id}.`);
}

/** The checksum that a hub publishes for a file. */
interface Checksum {
  readonly algorithm: "git-sha1" | "sha256";
  readonly hex: string;
}

/**
 * Downloads one file to `target`. An interrupted download leaves `<target>.part` and is resumed by the next call, if
 * the file is still the same. The content is checked against the checksum in the ETag before it gets its name.
 */
export async function downloadHubFile(
  hub: HubConnection,
  id: string,
  commit: string,
  file: string,
  target: string,
): Promise<void> {
  const url = new URL(
    `${hub.endpoint}/${id}/resolve/${commit}/${file.split("/").map(encodeURIComponent).join("/")}`,
  );
  const part = `${target}.part`;
  await mkdir(dirname(target), { recursive: true });
  const checksum = await fetchPart(hub, url, part);
  const actual = await checksumOf(part, checksum?.algorithm ?? "sha256");
  if (checksum !== undefined && actual !== checksum.hex) {
    await rm(part, { force: true });
    throw hubError(
      `${url} has the checksum ${actual}, its publisher says ${checksum.hex}. The download was deleted; try again.`,
    );
  }
  await rename(part, target);
}

/** Fetches what is missing of a file and appends it to `part`. */
async function fetchPart(hub: HubConnection, url: URL, part: string): Promise<Checksum | undefined> {
  const have = (await stat(part).catch(() => undefined))?.size ?? 0;
  const { response, checksum } = await requestFile(hub, url, have);
  if (response.status === 416 && have > 0) {
    // Everything is there already, or the part belongs to another version: the checksum tells.
    await response.body?.cancel();
    if (checksum === undefined || (await checksumOf(part, checksum.algorithm)) === checksum.hex)
      return checksum;
    await rm(part, { force: true });
    return fetchPart(hub, url, part);
  }
  if (!response.ok || response.body === null) throw hubError(`${url} answered HTTP ${response.status}.`);
  const resumes = response.status === 206 && startOfRange(response) === have;
  const output = await open(part, resumes ? "a" : "w");
  try {
    for await (const chunk of response.body) await output.write(chunk as Uint8Array);
  } catch (cause) {
    throw hubError(`The download of ${url} was interrupted; the next attempt resumes it.`, cause);
  } finally {
    await output.close();
  }
  return checksum;
}

function startOfRange(response: Response): number | undefined {
  const start = /^bytes (\d+)-/.exec(response.headers.get("content-range") ?? "")?.[1];
  return start === undefined ? undefined : Number(start);
}

/** Follows redirects to the store that holds large files; the first answer carries the checksum. */
async function requestFile(
  hub: HubConnection,
  url: URL,
  from: number,
): Promise<{ readonly response: Response; readonly checksum: Checksum | undefined }> {
  const range: Record<string, string> = from > 0 ? { range: `bytes=${from}-` } : {};
  let current = url;
  let checksum: Checksum | undefined;
  for (let redirects = 0; redirects <= maxRedirects; redirects++) {
    const response = await request(hub, current, range);
    checksum ??= checksumIn(response.headers);
    const location = response.headers.get("location");
    if (response.status < 300 || response.status >= 400 || location === null) return { response, checksum };
    await response.body?.cancel();
    current = new URL(location, current);
  }
  throw hubError(`${url} redirects more than ${maxRedirects} times.`);
}

/** `X-Linked-ETag` is the SHA-256 of a large file; `ETag` of a small one is its git object name. */
function checksumIn(headers: Headers): Checksum | undefined {
  const tag = (headers.get("x-linked-etag") ?? headers.get("etag") ?? "")
    .replace(/^W\//, "")
    .replaceAll('"', "");
  if (/^[0-9a-f]{64}$/i.test(tag)) return { algorithm: "sha256", hex: tag.toLowerCase() };
  return /^[0-9a-f]{40}$/i.test(tag) ? { algorithm: "git-sha1", hex: tag.toLowerCase() } : undefined;
}

async function checksumOf(path: string, algorithm: Checksum["algorithm"]): Promise<string> {
  const hash: Hash = createHash(algorithm === "sha256" ? "sha256" : "sha1");
  if (algorithm === "git-sha1") hash.update(`blob ${(await stat(path)).size}\0`);
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest("hex");
}

/** One request. The token goes to the hub itself only, never to the stores it redirects to. */
async function request(
  hub: HubConnection,
  url: URL,
  headers: Record<string, string> = {},
): Promise<Response> {
  const own = url.origin === new URL(hub.endpoint).origin;
  const authorization = hub.token !== undefined && own ? { authorization: `Bearer ${hub.token}` } : {};
  try {
    return await fetch(url, {
      headers: { ...headers, ...authorization, "accept-encoding": "identity" },
      redirect: "manual",
      ...(hub.signal && { signal: hub.signal }),
    });
  } catch (cause) {
    if (hub.signal?.aborted === true) throw cause;
    throw hubError(
      `${url.origin} cannot be reached: ${cause instanceof Error ? cause.message : String(cause)}.`,
      cause,
    );
  }
}
