// Certificates for tests, made from nothing but Node's crypto: a small DER writer and the few X.509 fields that TLS
// looks at (RFC 5280). No private key has to be kept in the repository, and none expires there.

import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";

const tlv = (tag: number, ...parts: Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  const size = body.length < 128 ? [body.length] : [0x82, body.length >> 8, body.length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), body]);
};
const sequence = (...parts: Buffer[]): Buffer => tlv(0x30, ...parts);
const oid = (hex: string): Buffer => tlv(0x06, Buffer.from(hex, "hex"));
const text = (value: string): Buffer => tlv(0x0c, Buffer.from(value));
const time = (year: number): Buffer => tlv(0x18, Buffer.from(`${year}0101000000Z`));
const ecdsaWithSha256 = sequence(oid("2a8648ce3d040302"));
const nameOf = (commonName: string): Buffer => sequence(tlv(0x31, sequence(oid("550403"), text(commonName))));
const pem = (label: string, der: Buffer): string =>
  `-----BEGIN ${label}-----\n${der.toString("base64").replace(/.{1,64}/g, "$&\n")}-----END ${label}-----\n`;

export interface TestCertificate {
  readonly cert: string;
  readonly key: string;
  readonly name: string;
}

export interface TestCertificateOptions {
  readonly name: string;
  /** Signs it; default: itself, as an authority. */
  readonly issuer?: TestCertificate;
  readonly until?: number;
}

/** A certificate of an EC key for `localhost` and 127.0.0.1. */
export function makeCertificate({ name, issuer, until = 2099 }: TestCertificateOptions): TestCertificate {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const signer: KeyObject = issuer ? createPrivateKey(issuer.key) : privateKey;
  const hosts = [tlv(0x82, Buffer.from("localhost")), tlv(0x87, Buffer.from([127, 0, 0, 1]))];
  const extension = (id: string, value: Buffer): Buffer => sequence(oid(id), tlv(0x04, value));
  const isAuthority = issuer === undefined ? [tlv(0x01, Buffer.from([0xff]))] : [];
  const body = sequence(
    tlv(0xa0, tlv(0x02, Buffer.from([2]))),
    tlv(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    ecdsaWithSha256,
    nameOf(issuer?.name ?? name),
    sequence(time(2020), time(until)),
    nameOf(name),
    publicKey.export({ type: "spki", format: "der" }),
    tlv(
      0xa3,
      sequence(extension("551d13", sequence(...isAuthority)), extension("551d11", sequence(...hosts))),
    ),
  );
  const signature = sign("sha256", body, signer);
  const cert = sequence(body, ecdsaWithSha256, tlv(0x03, Buffer.from([0]), signature));
  return {
    cert: pem("CERTIFICATE", cert),
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    name,
  };
}
