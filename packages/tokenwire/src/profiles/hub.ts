// Model folders from a Hugging Face hub, kept in a cache. What is cached is used without a network.
//
//   <cache>/models/<org>--<name>/refs/<revision>          the commit that a revision named when it was fetched
//   <cache>/models/<org>--<name>/<commit>/…               the files; `.complete` is written last

import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { TokenwireError } from "@tokenwire/core";
import { downloadHubFile, type HubConnection, hubError, listHubFiles } from "./hub-client.ts";

export interface HubOptions {
  /** Branch, tag or commit. Default: `main`. */
  readonly revision?: string;
  /** Address of the hub. Default: `HF_ENDPOINT`, else `https://huggingface.co`. */
  readonly endpoint?: string;
  /** Access token. Default: `HF_TOKEN`. */
  readonly token?: string;
  /** Folder of the cache. Default: `TOKENWIRE_CACHE`, else `~/.cache/tokenwire`. */
  readonly cacheFolder?: string;
  /** Never use the network. Default: whether `HF_HUB_OFFLINE` is 1. */
  readonly offline?: boolean;
  /** Ask the hub for a newer commit although the model is cached. */
  readonly refresh?: boolean;
  readonly signal?: AbortSignal;
}

/** Everything a profile is made from; weights are not among it. */
const wanted = [
  /^config\.json$/,
  /^generation_config\.json$/,
  /^tokenizer_config\.json$/,
  /^special_tokens_map\.json$/,
  /^tokenizer\.json$/,
  /^tekken\.json$/,
  /^tiktoken\.model$/,
  /^[\w.-]+\.tiktoken$/,
  /^chat_template\.(?:jinja|json)$/,
  /^additional_chat_templates\/[\w.-]+\.jinja$/,
];

const modelName = /^[\w.-]{1,96}\/[\w.-]{1,96}$/;
const revisionName = /^[\w./-]{1,128}$/;

/** True for a name of the form `organisation/model`. */
export function isHubName(name: string): boolean {
  return modelName.test(name) && !name.includes("..");
}

/**
 * The folder with a model's configuration, tokenizer and templates, downloaded if it is not cached.
 *
 * @throws TokenwireError MODEL_NOT_FOUND, DOWNLOAD_FAILED
 */
export async function fetchModelFolder(id: string, options: HubOptions = {}): Promise<string> {
  const revision = options.revision ?? "main";
  if (!isHubName(id) || !revisionName.test(revision) || revision.includes("..")) {
    throw new TokenwireError(
      "INVALID_ARGUMENT",
      `${JSON.stringify(`${id}@${revision}`)} is not organisation/model@revision.`,
    );
  }
  const root = join(cacheFolder(options), "models", id.replace("/", "--"));
  const cached = await cachedFolder(root, revision);
  const offline = options.offline ?? process.env["HF_HUB_OFFLINE"] === "1";
  if (cached !== undefined && (offline || options.refresh !== true)) return cached;
  if (offline) {
    throw new TokenwireError(
      "MODEL_NOT_FOUND",
      `${id}@${revision} is not in the cache ${root}, and offline is set.`,
    );
  }
  return download(connectionOf(options), id, revision, root);
}

function connectionOf(options: HubOptions): HubConnection {
  const endpoint = options.endpoint ?? process.env["HF_ENDPOINT"] ?? "https://huggingface.co";
  const token = options.token ?? process.env["HF_TOKEN"];
  return {
    endpoint: endpoint.replace(/\/+$/, ""),
    ...(token && { token }),
    ...(options.signal && { signal: options.signal }),
  };
}

function cacheFolder(options: HubOptions): string {
  const base = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
  return options.cacheFolder ?? process.env["TOKENWIRE_CACHE"] ?? join(base, "tokenwire");
}

const completeMark = ".complete";

/** The complete folder that a revision named last, or the commit itself. */
async function cachedFolder(root: string, revision: string): Promise<string | undefined> {
  const reference = await readFile(join(root, "refs", encodeURIComponent(revision)), "utf8").catch(
    () => undefined,
  );
  const folder = join(root, reference?.trim() ?? revision);
  const mark = await stat(join(folder, completeMark)).catch(() => undefined);
  return mark === undefined ? undefined : folder;
}

async function download(hub: HubConnection, id: string, revision: string, root: string): Promise<string> {
  const snapshot = await listHubFiles(hub, id, revision);
  const folder = join(root, snapshot.commit);
  const files = snapshot.files.filter((name) => wanted.some((pattern) => pattern.test(name)));
  if (files.length === 0) throw hubError(`${id} has none of the files that describe a model.`);
  for (const file of files) {
    const target = join(folder, file);
    const isThere = (await stat(target).catch(() => undefined)) !== undefined;
    if (!isThere) await downloadHubFile(hub, id, snapshot.commit, file, target);
  }
  await writeFile(join(folder, completeMark), "");
  await mkdir(join(root, "refs"), { recursive: true });
  await writeFile(join(root, "refs", encodeURIComponent(revision)), snapshot.commit);
  return folder;
}
