// Long prompts without a pause for everybody else. What makes a prompt of a request is synchronous code that calls a
// tokenizer. It runs with one that encodes a little at once and only notes the rest; that is encoded in turns of the event
// loop, and then the code runs again and finds the ids.

import { HarmonyEncoding } from "@tokenwire/core/harmony";
import type {
  EncodeOptions,
  SpecialTokenSet,
  StreamDecoder,
  TokenCounter,
  Tokenizer,
} from "@tokenwire/core/tokenizer";
import type { ModelProfile } from "../protocol/index.ts";
import { encodeInTurns } from "../tokenizer/index.ts";
import { type Cancellation, toSignal } from "./cancellation.ts";

/** UTF-16 units that one run encodes at once: about two milliseconds. */
const unitsAtOnce = 1 << 16;
/** Texts up to this length are always encoded at once; renderers remember the ids of such words. */
const shortUnits = 256;
/** UTF-16 units between two turns of the event loop. */
const unitsPerTurn = 1 << 15;

interface LongText {
  readonly text: string;
  readonly options: EncodeOptions;
  /** Absent until it has been encoded. */
  ids?: Uint32Array;
}

/** The long texts of one request. */
class LongTexts {
  /** Texts without ids. */
  readonly open: LongText[] = [];
  #known: Map<string, Map<string, LongText>> | undefined;

  /** The ids of a text, if they are known; if not, it is noted. */
  find(text: string, options: EncodeOptions): Uint32Array | undefined {
    const { allowedSpecial = [], disallowedSpecial = "all" } = options;
    const rules = `${names(allowedSpecial)} ${names(disallowedSpecial)}`;
    // Made here, because most requests have no long texts.
    this.#known ??= new Map();
    const known = this.#known.get(rules) ?? new Map<string, LongText>();
    this.#known.set(rules, known);
    const found = known.get(text);
    if (found !== undefined) return found.ids;
    const entry: LongText = { text, options };
    known.set(text, entry);
    this.open.push(entry);
    return undefined;
  }
}

function names(set: SpecialTokenSet): string {
  return typeof set === "string" ? set : JSON.stringify([...set]);
}

const ordinary: EncodeOptions = { disallowedSpecial: [] };
const unknown = new Uint32Array(0);

/** A tokenizer that encodes long texts only once they are known. Between runs it is an ordinary one. */
class PatientTokenizer implements Tokenizer {
  readonly #inner: Tokenizer;
  #texts: LongTexts | undefined;
  #unitsLeft = 0;

  constructor(inner: Tokenizer) {
    this.#inner = inner;
  }

  /** Runs synchronous code; what it cannot encode at once is looked up in `texts`, and noted there where missing. */
  run<T>(texts: LongTexts, task: () => T): T {
    this.#texts = texts;
    this.#unitsLeft = unitsAtOnce;
    try {
      return task();
    } finally {
      this.#texts = undefined;
    }
  }

  encode(text: string, options: EncodeOptions = {}): Uint32Array {
    return this.#long(text, options) ?? this.#inner.encode(text, options);
  }

  encodeOrdinary(text: string): Uint32Array {
    return this.#long(text, ordinary) ?? this.#inner.encodeOrdinary(text);
  }

  #long(text: string, options: EncodeOptions): Uint32Array | undefined {
    const texts = this.#texts;
    if (texts === undefined || text.length <= shortUnits) return undefined;
    this.#unitsLeft -= text.length;
    return this.#unitsLeft >= 0 ? undefined : (texts.find(text, options) ?? unknown);
  }

  get name(): string {
    return this.#inner.name;
  }

  get vocabSize(): number {
    return this.#inner.vocabSize;
  }

  get specialTokens(): ReadonlyMap<string, number> {
    return this.#inner.specialTokens;
  }

  count(text: string, options?: EncodeOptions): number {
    return this.#inner.count(text, options);
  }

  countUpTo(text: string, limit: number, options?: EncodeOptions): number | undefined {
    return this.#inner.countUpTo(text, limit, options);
  }

  decode(...given: Parameters<Tokenizer["decode"]>): string {
    return this.#inner.decode(...given);
  }

  decodeBytes(ids: ArrayLike<number>): Uint8Array {
    return this.#inner.decodeBytes(ids);
  }

  isSpecialToken(id: number): boolean {
    return this.#inner.isSpecialToken(id);
  }

  createDecoder(...given: Parameters<Tokenizer["createDecoder"]>): StreamDecoder {
    return this.#inner.createDecoder(...given);
  }

  createCounter(): TokenCounter {
    return this.#inner.createCounter();
  }
}

interface PatientProfile {
  readonly profile: ModelProfile;
  readonly tokenizer: PatientTokenizer;
}

const patientProfiles: WeakMap<ModelProfile, PatientProfile> = new WeakMap();

function patientProfileOf(profile: ModelProfile): PatientProfile {
  const known = patientProfiles.get(profile);
  if (known !== undefined) return known;
  const tokenizer = new PatientTokenizer(profile.tokenizer);
  const { format } = profile;
  const patient: PatientProfile = {
    profile: {
      ...profile,
      tokenizer,
      format: format.kind === "harmony" ? { ...format, encoding: new HarmonyEncoding(tokenizer) } : format,
    },
    tokenizer,
  };
  patientProfiles.set(profile, patient);
  return patient;
}

/**
 * What `task` returns for a profile, with the event loop free while long texts are encoded. `task` is synchronous, has
 * no effects, and may run more than once; what it raises counts when all texts were known.
 *
 * @example const prompt = await withLongTexts(model.profile, signal, (profile) => renderPrompt(profile, conversation));
 */
export async function withLongTexts<T>(
  profile: ModelProfile,
  signal: Cancellation,
  task: (profile: ModelProfile) => T,
): Promise<T> {
  const patient = patientProfileOf(profile);
  const texts = new LongTexts();
  for (;;) {
    let outcome: { readonly value: T } | { readonly error: unknown };
    try {
      outcome = { value: patient.tokenizer.run(texts, () => task(patient.profile)) };
    } catch (error) {
      outcome = { error };
    }
    if (texts.open.length === 0) {
      if ("error" in outcome) throw outcome.error;
      return outcome.value;
    }
    await encodeOpen(profile.tokenizer, texts.open.splice(0), signal);
  }
}

async function encodeOpen(
  tokenizer: Tokenizer,
  texts: readonly LongText[],
  signal: Cancellation,
): Promise<void> {
  let units = 0;
  for (const entry of texts) {
    units += entry.text.length;
    if (units > unitsPerTurn) {
      await new Promise((resolve) => setImmediate(resolve));
      units = entry.text.length;
    }
    entry.ids = await encodeInTurns(tokenizer, entry.text, {
      ...entry.options,
      signal: toSignal(signal),
      sliceUnits: unitsPerTurn,
    });
  }
}
