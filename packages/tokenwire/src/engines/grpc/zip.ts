// Reads zip archives that come from other machines: nothing in them is believed before it was checked.
// https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT

import { inflateRawSync } from "node:zlib";

export interface ZipLimits {
  readonly entries: number;
  /** Bytes of all files together, unpacked. */
  readonly unpacked: number;
}

const endRecord = 0x06054b50;
const directoryRecord = 0x02014b50;
const localRecord = 0x04034b50;

/**
 * The files of an archive by name.
 *
 * @throws RangeError when the archive is damaged, too large unpacked, or names a file outside of itself.
 */
export function readZip(bytes: Uint8Array, limits: ZipLimits): Map<string, Uint8Array> {
  const archive = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = findEnd(archive);
  const count = archive.readUInt16LE(end + 10);
  if (count > limits.entries) {
    throw new RangeError(`The archive has ${count} entries; ${limits.entries} are accepted.`);
  }
  const files = new Map<string, Uint8Array>();
  let at = archive.readUInt32LE(end + 16);
  let room = limits.unpacked;
  for (let entry = 0; entry < count; entry++) {
    if (archive.readUInt32LE(at) !== directoryRecord)
      throw new RangeError("The archive's directory is damaged.");
    const nameLength = archive.readUInt16LE(at + 28);
    const name = archive.toString("utf8", at + 46, at + 46 + nameLength);
    if (!name.endsWith("/")) {
      const content = unpack(archive, at, checkName(name), room);
      room -= content.length;
      files.set(name, content);
    }
    at += 46 + nameLength + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
  }
  return files;
}

function findEnd(archive: Buffer): number {
  for (let at = archive.length - 22; at >= Math.max(0, archive.length - 65_557); at--) {
    if (archive.readUInt32LE(at) === endRecord) return at;
  }
  throw new RangeError("These bytes are no zip archive.");
}

function checkName(name: string): string {
  const parts = name.split(/[\\/]/);
  if (parts.includes("..") || parts[0] === "" || /^[A-Za-z]:|\0/.test(name)) {
    throw new RangeError(`The archive names ${JSON.stringify(name)}, which is outside of it.`);
  }
  return name;
}

function unpack(archive: Buffer, entry: number, name: string, room: number): Uint8Array {
  const method = archive.readUInt16LE(entry + 10);
  const packed = archive.readUInt32LE(entry + 20);
  const local = archive.readUInt32LE(entry + 42);
  if (archive.readUInt32LE(local) !== localRecord) throw new RangeError(`${name}: the archive is damaged.`);
  const start = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
  const data = archive.subarray(start, start + packed);
  if (data.length !== packed) throw new RangeError(`${name}: the archive ends too early.`);
  if (method !== 0 && method !== 8) throw new RangeError(`${name}: compression method ${method} is unknown.`);
  if (method === 0 && data.length > room) throw tooLarge(name);
  if (method === 0) return Uint8Array.from(data);
  try {
    // The sizes that the archive claims may be false; this stops where the room does.
    return inflateRawSync(data, { maxOutputLength: Math.max(1, room) });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") throw tooLarge(name);
    throw new RangeError(`${name}: the compressed data is damaged.`);
  }
}

function tooLarge(name: string): RangeError {
  return new RangeError(`${name}: the archive is too large unpacked.`);
}
