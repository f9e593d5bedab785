export { jsonSchemaToTypescript as jsonSchemaToTypescriptExtended } from "./schema-to-typescript.ts";
