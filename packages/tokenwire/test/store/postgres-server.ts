// A real Postgres for tests: a database of its own in a temporary folder, reached by a socket in it, never by network.

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** Folders where distributions put the server, newest version first. */
function installedFolders(): string[] {
  const versions = existsSync("/usr/lib/postgresql") ? readdirSync("/usr/lib/postgresql") : [];
  const packaged = versions
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => `/usr/lib/postgresql/${version}/bin`);
  return [...packaged, ...(process.env["PATH"] ?? "").split(delimiter)];
}

const binaries = installedFolders().find((folder) =>
  ["initdb", "postgres"].every((name) => existsSync(join(folder, name))),
);

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** Postgres refuses to run as root; its packages come with a user. Undefined: that user is missing. */
function findOwner(): Owner | undefined {
  const [uid = 0, gid = 0] = [process.getuid?.(), process.getgid?.()];
  if (uid !== 0) return { uid, gid };
  const idOf = (flag: string): number =>
    Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }));
  try {
    return { uid: idOf("-u"), gid: idOf("-g") };
  } catch {
    return undefined;
  }
}

const owner = process.platform === "win32" ? undefined : findOwner();

export const hasPostgres: boolean = binaries !== undefined && owner !== undefined;

export interface TestPostgres {
  /** The address of a new, empty database. */
  createDatabase(): Promise<string>;
  stop(): Promise<void>;
}

export async function startPostgres(): Promise<TestPostgres> {
  const folder = mkdtempSync(join(tmpdir(), "tokenwire-pg-"));
  const data = join(folder, "data");
  const environment = { ...process.env, HOME: folder, LC_ALL: "C" };
  chownSync(folder, owner!.uid, owner!.gid);
  const setUp = ["-D", data, "-U", "tester", "-A", "trust", "-E", "UTF8", "--no-sync"];
  execFileSync(join(binaries!, "initdb"), setUp, {
    ...owner,
    cwd: folder,
    env: environment,
    stdio: "ignore",
  });
  const settings = ["-c", "listen_addresses=", "-c", "fsync=off", "-c", "shared_buffers=16MB"];
  const server = spawn(join(binaries!, "postgres"), ["-D", data, "-k", folder, ...settings], {
    ...owner,
    cwd: folder,
    env: environment,
    stdio: "ignore",
  });
  const address = (database: string): string => `postgres:///${database}?host=${folder}&user=tester`;
  const { default: pg } = (await import("pg" as string)) as {
    default: { Client: new (url: string) => AdminClient };
  };
  const run = async (sql: string): Promise<void> => {
    const client = new pg.Client(address("postgres"));
    await client.connect();
    await client.query(sql);
    await client.end();
  };
  await untilReady(server, () => run("SELECT 1"));
  let databases = 0;
  return {
    createDatabase: async () => {
      const name = `test_${databases++}`;
      await run(`CREATE DATABASE ${name}`);
      return address(name);
    },
    stop: async () => {
      const ended = new Promise((resolve) => server.once("exit", resolve));
      // Postgres takes SIGINT as: end every connection, then stop.
      if (server.exitCode === null && server.kill("SIGINT")) await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

interface AdminClient {
  connect(): Promise<void>;
  query(sql: string): Promise<unknown>;
  end(): Promise<void>;
}

async function untilReady(server: ChildProcess, ask: () => Promise<void>): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      return await ask();
    } catch (error) {
      if (tries === 200 || server.exitCode !== null) throw error;
      await delay(100);
    }
  }
}
