// What this package uses of its host beyond the language: where its own module lies, and Node's file system through
// a global that exists in Node, Deno and Bun (an import of "node:fs" would break browser bundles).

interface ImportMeta {
  readonly url: string;
}

declare class URL {
  constructor(url: string, base?: string);
  readonly href: string;
}
