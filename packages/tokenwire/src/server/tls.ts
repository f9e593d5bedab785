// TLS of the server. Certificates are checked when the server is made, so that a wrong file is a message at start and
// not a failed handshake of the first client.

import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import type { ServerOptions as HttpsOptions } from "node:https";
import { TokenwireError } from "@tokenwire/core";

/** PEM text or bytes; the command line reads them from files. */
export interface TlsOptions {
  /** The server's certificate, followed by those that link it to a known authority. */
  readonly cert: string | Uint8Array;
  readonly key: string | Uint8Array;
  /** Authorities of client certificates. When given, clients without such a certificate cannot connect. */
  readonly clientCa?: string | Uint8Array;
}

const invalid = (message: string, cause?: unknown): TokenwireError =>
  new TokenwireError("INVALID_ARGUMENT", message, cause === undefined ? {} : { cause });

const begin = "-----BEGIN CERTIFICATE-----";

function parseCertificate(pem: Buffer, name: string): X509Certificate {
  if (!pem.includes(begin)) {
    throw invalid(`${name}: expected PEM text with "${begin}".`);
  }
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw invalid(`${name}: the certificate cannot be read: ${(cause as Error).message}`, cause);
  }
}

function parseKey(pem: Buffer): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    if (/ENCRYPTED/.test(pem.toString("latin1"))) {
      throw invalid(
        "TLS key: the private key is encrypted. Decrypt it first (openssl pkey -in KEY -out PLAIN).",
      );
    }
    throw invalid(`TLS key: expected a private key in PEM text: ${(cause as Error).message}`, cause);
  }
}

/**
 * The options of Node's HTTPS server.
 *
 * @throws TokenwireError INVALID_ARGUMENT for something unreadable, a key of another certificate, or one that expired
 */
export function toHttpsOptions(options: TlsOptions): HttpsOptions {
  const cert = Buffer.from(options.cert);
  const key = Buffer.from(options.key);
  const certificate = parseCertificate(cert, "TLS certificate");
  if (!certificate.checkPrivateKey(parseKey(key))) {
    throw invalid(
      "TLS key: it does not belong to the certificate. The server's own certificate must come first.",
    );
  }
  if (Date.parse(certificate.validTo) < Date.now()) {
    throw invalid(`TLS certificate: it expired on ${certificate.validTo}.`);
  }
  if (options.clientCa === undefined) return { cert, key };
  const ca = Buffer.from(options.clientCa);
  parseCertificate(ca, "TLS client CA");
  return { cert, key, ca, requestCert: true, rejectUnauthorized: true };
}
