// Who makes a response, where several servers share a store. The owner of an unfinished response holds a lease and
// renews it; when it does not, it is dead, and another server ends the response. Every write of the owner is made only
// as long as it holds the lease, so that a response ends once.

import type { StoredResponse } from "./store.ts";

/** An unfinished response. */
export interface LeasedResponse {
  readonly tenant: string;
  readonly id: string;
  /** Somebody asked for it to be cancelled. */
  readonly cancel: boolean;
}

export interface ResponseLeases {
  /** Milliseconds from a renewal to the end of a lease. */
  readonly duration: number;
  /** Stores a new, unfinished response with a lease for its owner. */
  begin(owner: string, tenant: string, stored: StoredResponse): Promise<void>;
  /** Stores a response as its owner; false when it is not the owner's any more, or finished, or deleted. */
  update(owner: string, tenant: string, stored: StoredResponse): Promise<boolean>;
  /** Prolongs all leases of an owner, and tells which they are. */
  renew(owner: string): Promise<readonly LeasedResponse[]>;
  /** Asks the owner of a response to cancel it; false when the response is finished, or is not there. */
  requestCancel(tenant: string, id: string): Promise<boolean>;
  /** Makes this the owner of all whose leases are over. Each goes to one caller only. */
  takeExpired(owner: string): Promise<readonly LeasedResponse[]>;
}
