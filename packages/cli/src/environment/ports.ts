import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { type Environment, zonePorts } from '@alwayson/protocol/environment.ts';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import { tryListen } from './loopback.ts';
import { describeProcess, findEnvironmentProcesses } from './process-table.ts';

interface WantedPort {
  address: string;
  port: number;
  /** What it is for, and how to choose another. */
  use: string;
  hint?: string;
}

/** Throws AON_PORT_TAKEN, naming who listens there, unless it is this environment itself. */
export async function assertPortsFree(environment: Environment): Promise<void> {
  const own = new Set(findEnvironmentProcesses(environment.stateDir).map(({ pid }) => pid));
  for (const wanted of listWantedPorts(environment)) {
    const outcome = await tryListen(wanted.address, wanted.port);
    if (outcome === 'free') continue;
    if (outcome === 'EADDRNOTAVAIL') {
      throw new AlwaysOnError(
        'AON_PREREQUISITE_MISSING',
        `This machine has no loopback address ${wanted.address}.`,
      );
    }
    const owners = findPortOwners(wanted);
    if (owners.length > 0 && owners.every((pid) => own.has(pid))) continue;
    throw toPortError(
      wanted,
      outcome,
      owners.filter((pid) => !own.has(pid)),
    );
  }
}

function listWantedPorts({ frontDoor, console, zones }: Environment): WantedPort[] {
  return [
    {
      address: '127.0.0.1',
      port: frontDoor.port,
      use: 'the front door',
      hint: 'choose another with --port N',
    },
    {
      address: '127.0.0.1',
      port: console.port,
      use: 'the console',
      hint: 'choose another with --console-port N',
    },
    ...zones.flatMap(({ name, address }) =>
      ['host', 'postgres', 'pgbouncer', 'redisQueue', 'redisCache'].map((use) => ({
        address,
        port: zonePorts[use as keyof typeof zonePorts],
        use: `zone ${name}`,
      })),
    ),
  ];
}

function toPortError(wanted: WantedPort, outcome: string, owners: readonly number[]): AlwaysOnError {
  const place = `Port ${wanted.port} of ${wanted.address}, wanted for ${wanted.use},`;
  if (outcome === 'EACCES') {
    return new AlwaysOnError('AON_PORT_TAKEN', `${place} may not be used by this user.`, {
      hint: 'Choose a port above 1023.',
    });
  }
  const who = owners.length > 0 ? `by ${owners.map(describeProcess).join(', ')}` : 'by another program';
  const other = wanted.hint ?? 'make it listen on an address of its own instead of on all';
  return new AlwaysOnError('AON_PORT_TAKEN', `${place} is taken ${who}.`, { hint: `Stop it, or ${other}.` });
}

/** Processes that stand in the way: on this address and port, or on the port of all addresses. Empty when the system hides them. */
function findPortOwners({ address, port }: WantedPort): number[] {
  const tables = ['/proc/net/tcp', '/proc/net/tcp6'];
  const sockets = new Set(tables.flatMap((table) => findListeners(table, address, port)));
  if (sockets.size === 0) return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && holdsSocket(name, sockets))
    .map(Number);
}

function findListeners(table: string, address: string, port: number): string[] {
  // The kernel writes addresses byte by byte from the last to the first; IPv6 ones end in their IPv4 part.
  const own = address.split('.').toReversed().map(toHex).join('');
  const ending = `:${toHex(port >> 8)}${toHex(port & 0xff)}`;
  return readLines(table)
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local = '', , state]) => {
      const host = local.slice(0, -ending.length);
      return local.endsWith(ending) && state === '0A' && (host.endsWith(own) || /^0+$/.test(host));
    })
    .map((fields) => `socket:[${fields[9]}]`);
}

function toHex(byte: number | string): string {
  return Number(byte).toString(16).toUpperCase().padStart(2, '0');
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n');
  } catch {
    return [];
  }
}

function holdsSocket(pid: string, sockets: ReadonlySet<string>): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((name) =>
      sockets.has(readlinkSync(`/proc/${pid}/fd/${name}`)),
    );
  } catch {
    return false;
  }
}
