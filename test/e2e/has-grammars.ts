// Whether the optional package is installed by which the embedded engine compiles grammars.

import { createRequire } from "node:module";

export const hasGrammars: boolean = (() => {
  try {
    const require = createRequire(new URL("../../packages/tokenwire/package.json", import.meta.url));
    return require.resolve("@mlc-ai/web-xgrammar") !== "";
  } catch {
    return false;
  }
})();
