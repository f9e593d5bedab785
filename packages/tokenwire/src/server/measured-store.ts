// A store that counts and times what it is asked.

import type { ResponseStore } from "../store/index.ts";
import type { Metrics } from "./metrics.ts";

type Method = (...args: unknown[]) => unknown;

/** The same store, with every operation counted. */
export function measuredStore(store: ResponseStore, metrics: Metrics): ResponseStore {
  return measured(store, "", metrics);
}

function measured<T extends object>(target: T, prefix: string, metrics: Metrics): T {
  const members = new Map<PropertyKey, unknown>();
  return new Proxy(target, {
    get(_, name) {
      const member: unknown = Reflect.get(target, name, target);
      const isObject = typeof member === "object" && member !== null;
      if (typeof name !== "string" || (typeof member !== "function" && !isObject)) return member;
      let wrapped = members.get(name);
      if (wrapped === undefined) {
        wrapped = isObject
          ? measured(member, `${prefix}${name}.`, metrics)
          : timed((member as Method).bind(target), `${prefix}${name}`, metrics);
        members.set(name, wrapped);
      }
      return wrapped;
    },
  });
}

function timed(method: Method, operation: string, metrics: Metrics): Method {
  return async (...args) => {
    const started = performance.now();
    let outcome = "failed";
    try {
      const result = await method(...args);
      outcome = "ok";
      return result;
    } finally {
      metrics.storeOperation(operation, outcome, performance.now() - started);
    }
  };
}
