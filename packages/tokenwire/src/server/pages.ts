// Lists in pages: `limit`, `order` and `after` of the query, and the list object of the answer.

import { type ApiError, includable, invalidRequest, quote } from "../protocol/index.ts";
import { type Page, type PageRequest, pageOf } from "../store/index.ts";

export function parsePage(
  query: Readonly<Record<string, unknown>>,
  defaultOrder: "asc" | "desc",
): PageRequest {
  checkInclude(query);
  const { limit = "20", order = defaultOrder, after } = query;
  const count = Number(limit);
  if (!Number.isInteger(count) || count < 1 || count > 100) {
    throw invalidRequest("limit", "limit: must be an integer between 1 and 100.");
  }
  if (order !== "asc" && order !== "desc") throw invalidRequest("order", 'order: expected "asc" or "desc".');
  if (after !== undefined && typeof after !== "string")
    throw invalidRequest("after", "after: expected an id.");
  return { limit: count, order, ...(after !== undefined && { after }) };
}

/** Raises 400 for an `include` of the query that names nothing known. What there is to include is included anyway. */
export function checkInclude(query: Readonly<Record<string, unknown>>): void {
  const given = [query["include"], query["include[]"]].flat().filter((value) => value !== undefined);
  const wrong = given.find((value) => !includable.includes(String(value)));
  if (wrong === undefined) return;
  throw invalidRequest(
    "include",
    `include: expected ${includable.map((name) => `"${name}"`).join(", ")}, got ${quote(String(wrong))}.`,
  );
}

/** The page of a whole list. Raises 400 when it is to begin after an item that is not in the list. */
export function pageList<T extends { readonly id: string }>(items: readonly T[], page: PageRequest): object {
  const { after } = page;
  if (after !== undefined && !items.some(({ id }) => id === after)) throw unknownAfter(after);
  return toList(pageOf(items, page));
}

/** Who deleted the last item that he saw would else begin anew, and never end. */
export function unknownAfter(after: string): ApiError {
  return invalidRequest("after", `after: the list has no ${quote(after)}. Begin again without it.`);
}

export function toList<T extends { readonly id: string }>({ data, hasMore }: Page<T>): object {
  return {
    object: "list",
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: hasMore,
  };
}
