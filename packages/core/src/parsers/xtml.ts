// Attributes of Kimi K3's tags, shared by its tool and reasoning formats.

/** `key="value"` pairs in any order. Only quotes and ampersands are escaped; `<` is legal inside. */
export function xtmlAttributes(header: string): ReadonlyMap<string, string> {
  const attributes = new Map<string, string>();
  for (const [, key = "", value = ""] of header.matchAll(/([\w-]+)\s*=\s*"([^"]*)"/g)) {
    attributes.set(key, value.replaceAll("&quot;", '"').replaceAll("&amp;", "&"));
  }
  return attributes;
}
