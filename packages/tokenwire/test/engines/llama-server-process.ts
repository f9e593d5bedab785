// The real llama-server, where there is one: on the path, or where TOKENWIRE_LLAMA_SERVER says.

import { findProgram, type ServerProcess, startServer } from "./server-process.ts";

export function findLlamaServer(): string | undefined {
  return findProgram("TOKENWIRE_LLAMA_SERVER", "llama-server");
}

/** Starts a server over a model file, in full precision and with one thread. */
export function startLlamaServer(program: string, model: string, slots = 4): Promise<ServerProcess> {
  const precise = ["-fa", "off", "-ctk", "f32", "-ctv", "f32"];
  return startServer({
    program,
    parameters: (port) =>
      ["-m", model, "--host", "127.0.0.1", "--port", `${port}`, "-c", `${512 * slots}`, "-np", `${slots}`]
        .concat(["-t", "1", "-tb", "1", "--slots", "--props", "--no-webui", "--alias", "toy"])
        .concat(precise),
    ready: "/health",
    patience: 20,
  });
}
