import { statfsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { release, totalmem } from 'node:os';
import { tryListen } from '../environment/loopback.ts';
import { findUser } from '../environment/run-folder.ts';
import { findPostgresFolder, findProgram, isVersionAtLeast, readVersion } from './find-program.ts';

/** How to get something on each kind of machine. */
export interface Fix {
  debian: string;
  fedora: string;
  macos: string;
}

export interface Prerequisite {
  name: string;
  /** In words, for people. */
  needed: string;
  /** Only some of the work needs it: its absence is told, and is no failure. */
  onlyFor?: string;
  look(): Promise<Sight>;
  fix: Fix;
}

export interface Sight {
  isEnough: boolean;
  /** A version, a size, a path; null when it is not there. */
  found: string | null;
}

const gibibyte = 1024 ** 3;

/** Without these nothing starts. */
export function listPrograms(): Prerequisite[] {
  return [...listSystem(), ...listEngines()];
}

function listSystem(): Prerequisite[] {
  return [
    {
      name: 'Linux',
      needed: 'Linux with /proc',
      look: async () => ({
        isEnough: process.platform === 'linux',
        found: `${process.platform} ${release()}`,
      }),
      fix: {
        debian: 'It is.',
        fedora: 'It is.',
        macos: 'brew install lima && limactl start, and clone inside: zones need 127.x.y.z addresses.',
      },
    },
    {
      name: 'Node.js',
      needed: '24 or later (the npm package node carries it)',
      look: async () => ({ isEnough: isVersionAtLeast(process.version, '24'), found: process.version }),
      fix: toSame('sh scripts/setup.sh'),
    },
    {
      name: 'loopback',
      needed: 'addresses 127.x.y.z',
      look: async () => {
        const outcome = await tryListen('127.16.0.1', 0);
        return { isEnough: outcome === 'free', found: outcome === 'free' ? '127.0.0.0/8' : null };
      },
      fix: toSame('sudo ip address add 127.0.0.1/8 dev lo'),
    },
  ];
}

function listEngines(): Prerequisite[] {
  return [
    {
      name: 'PostgreSQL',
      needed: '15 or later',
      look: async () => lookAt(join(findPostgresFolder() ?? '', 'postgres'), ['--version'], '15'),
      fix: toPackages('postgresql', 'postgresql-server postgresql-contrib'),
    },
    ...(process.getuid?.() === 0 ? [createEngineUser()] : []),
    createEngine('PgBouncer', { program: 'pgbouncer', args: ['--version'], versionMin: '1.18' }),
    createEngine('HAProxy', { program: 'haproxy', args: ['-v'], versionMin: '2.6' }),
    {
      ...createEngine('Redis', { program: 'redis-server', args: ['--version'], versionMin: '7.0' }),
      fix: toPackages('redis-server', 'valkey valkey-compat-redis'),
    },
    createEngine('pgBackRest', { program: 'pgbackrest', args: ['version'], versionMin: '2.45' }),
    {
      name: 'Chromium',
      needed: 'any',
      onlyFor: 'the browser tests',
      look: async () => {
        const program = ['chromium', 'chromium-browser', 'google-chrome']
          .map((name) => findProgram(name))
          .find(Boolean);
        return { isEnough: program !== undefined, found: program ?? null };
      },
      fix: toPackages('chromium', 'chromium'),
    },
  ];
}

/** PostgreSQL refuses to run as root. */
function createEngineUser(): Prerequisite {
  return {
    name: 'user postgres',
    needed: 'when AlwaysOn runs as root',
    look: async () => {
      const user = findUser('postgres');
      return { isEnough: user !== undefined, found: user ? `uid ${user.uid}` : null };
    },
    fix: toSame('Comes with PostgreSQL; or run AlwaysOn as another user than root.'),
  };
}

/** With less of these it starts, and may not go well. */
export function listResources(stateDir: string): Prerequisite[] {
  return [
    {
      name: 'memory',
      needed: '2 GiB',
      look: async () => ({
        isEnough: totalmem() >= 1.9 * gibibyte,
        found: `${(totalmem() / gibibyte).toFixed(1)} GiB`,
      }),
      fix: toSame('Use a larger machine, or give the virtual machine more memory.'),
    },
    {
      name: 'disk space',
      needed: `1 GiB at ${stateDir}`,
      look: async () => {
        const free = findFreeBytes(stateDir);
        return { isEnough: free >= gibibyte, found: `${(free / gibibyte).toFixed(1)} GiB free` };
      },
      fix: toSame('Free space, or put the state folder on another disk with ALWAYSON_HOME.'),
    },
  ];
}

function createEngine(
  name: string,
  engine: { program: string; args: string[]; versionMin: string },
): Prerequisite {
  return {
    name,
    needed: `${engine.versionMin} or later`,
    look: async () => lookAt(findProgram(engine.program), engine.args, engine.versionMin),
    fix: toPackages(engine.program, engine.program),
  };
}

async function lookAt(program: string | undefined, args: string[], versionMin: string): Promise<Sight> {
  const version = program && (await readVersion(program, args));
  return {
    isEnough: Boolean(version) && isVersionAtLeast(version ?? '', versionMin),
    found: version || null,
  };
}

function toPackages(debian: string, fedora: string): Fix {
  const install = `sudo apt-get install -y --no-install-recommends ${debian}`;
  return {
    debian: install,
    fedora: `sudo dnf install -y ${fedora}`,
    macos: `in the Linux machine: ${install}`,
  };
}

function toSame(text: string): Fix {
  return { debian: text, fedora: text, macos: text };
}

/** Of the disk that the folder is on, or will be. */
function findFreeBytes(folder: string): number {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return dirname(folder) === folder ? 0 : findFreeBytes(dirname(folder));
  }
}
