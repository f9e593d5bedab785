// Which network addresses a tool may reach. A model chooses the URL, so everything that is not plainly public is
// refused: loopback, private and link-local networks, cloud metadata, multicast, and IPv6 forms that embed IPv4.

import { lookup as resolveName } from "node:dns";
import { BlockList, isIP, type LookupFunction } from "node:net";

// Source: the IANA IPv4 and IPv6 special-purpose address registries.
const refusedIpv4: readonly (readonly [string, number])[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
];

/** Only global unicast is reachable, less the blocks in it that embed IPv4 or document things. */
const globalUnicast: readonly [string, number] = ["2000::", 3];
const refusedIpv6: readonly (readonly [string, number])[] = [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
];

function blockList(subnets: readonly (readonly [string, number])[], family: "ipv4" | "ipv6"): BlockList {
  const list = new BlockList();
  for (const [network, prefix] of subnets) list.addSubnet(network, prefix, family);
  return list;
}

const ipv4 = blockList(refusedIpv4, "ipv4");
const ipv6 = blockList(refusedIpv6, "ipv6");
const global = blockList([globalUnicast], "ipv6");

/** Whether an IP address, as text, is public. IPv4-mapped, NAT64 and other embedding forms are not. */
export function isPublicAddress(address: string): boolean {
  const version = isIP(address);
  if (version === 4) return !ipv4.check(address, "ipv4");
  return version === 6 && global.check(address, "ipv6") && !ipv6.check(address, "ipv6");
}

/** An address that the guard refuses. The message names the host, never what it resolved to. */
export class RefusedAddress extends Error {
  constructor(host: string) {
    super(`Address of "${host}" is not public; tools reach public addresses only.`);
    this.name = "RefusedAddress";
  }
}

/**
 * A `lookup` for `node:net` that fails unless every address of the name is allowed. The connection goes to the address
 * that was checked, so a name that resolves differently a moment later gains nothing.
 */
export function guardedLookup(isAllowed: (address: string) => boolean = isPublicAddress): LookupFunction {
  return (hostname, options, callback) => {
    resolveName(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, "");
      const [first] = addresses;
      if (first === undefined || !addresses.every(({ address }) => isAllowed(address))) {
        return callback(new RefusedAddress(hostname), "");
      }
      return options.all ? callback(null, addresses) : callback(null, first.address, first.family);
    });
  };
}
