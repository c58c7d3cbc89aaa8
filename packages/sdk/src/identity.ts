import { AlwaysOnError } from '@alwayson/protocol/errors.ts';

type Variables = Readonly<Record<string, string | undefined>>;

/** Who and where this process is, and how to reach its stores. */
export interface Identity {
  /** Where to listen; the probe path is asked here. */
  host: string;
  port: number;
  region: string;
  zone: string;
  stamp: string;
  unit: string;
  release: string;
  component: string;
  /** Valid `X-API-KEY` values: two while one is replaced. */
  apiKeys: readonly string[];
  /** The folder that the component's build filled, if it has one. */
  buildDir: string | undefined;
}

/** One region's queue: the servers of which one accepts writes. */
export interface QueueRegion {
  region: string;
  /** Redis URLs, own zone first. */
  servers: readonly string[];
}

/** What AlwaysOn set. Run by hand, a process is `local` and listens on 127.0.0.1:8081. Throws AON_USAGE on a bad PORT. */
export function readIdentity(variables: Variables = process.env): Identity {
  const component = variables.ALWAYSON_COMPONENT ?? 'component';
  const stamp = variables.ALWAYSON_STAMP ?? 'local';
  return {
    host: variables.HOST ?? '127.0.0.1',
    port: readPort(variables.PORT ?? '8081'),
    region: variables.ALWAYSON_REGION ?? 'local',
    zone: variables.ALWAYSON_ZONE ?? 'local',
    stamp,
    unit: variables.ALWAYSON_UNIT ?? `${stamp}-${component}`,
    release: variables.ALWAYSON_RELEASE ?? 'local',
    component,
    apiKeys: toList(variables.ALWAYSON_API_KEYS ?? ''),
    buildDir: variables.ALWAYSON_BUILD_DIR,
  };
}

/** The doors for `createSql`. Throws AON_USAGE when there is none. */
export function readSqlDoors(variables: Variables = process.env): {
  writeUrls: string[];
  readUrls: string[];
} {
  const example = 'postgres://app:secret@127.0.0.1:5432/catalog';
  return {
    writeUrls: toList(required(variables, 'ALWAYSON_SQL_WRITE', example)),
    readUrls: toList(variables.ALWAYSON_SQL_READ ?? ''),
  };
}

/** The queues of all regions, own first. Throws AON_USAGE when there is none or the JSON is not as expected. */
export function readQueues(variables: Variables = process.env): QueueRegion[] {
  const example = '[{"region":"local","servers":["redis://127.0.0.1:6379"]}]';
  const text = required(variables, 'ALWAYSON_QUEUES', example);
  const queues = parseJson(text);
  if (Array.isArray(queues) && queues.length > 0 && queues.every(isQueueRegion)) return queues;
  throw new AlwaysOnError('AON_USAGE', 'ALWAYSON_QUEUES is not a list of queues.', {
    hint: `Set it to something like ${example}.`,
  });
}

/** The cache's URL; undefined when the workload declares no cache. */
export function readCacheUrl(variables: Variables = process.env): string | undefined {
  return variables.ALWAYSON_CACHE === '' ? undefined : variables.ALWAYSON_CACHE;
}

function required(variables: Variables, name: string, example: string): string {
  const value = variables[name];
  if (value !== undefined && value !== '') return value;
  throw new AlwaysOnError('AON_USAGE', `The environment variable ${name} is not set.`, {
    hint: `AlwaysOn sets it for its components; to run one by hand, set for example ${name}='${example}'.`,
  });
}

function readPort(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new AlwaysOnError('AON_USAGE', `PORT is "${text}", not a port number.`, {
    hint: 'Set PORT to 0-65535.',
  });
}

function toList(text: string): string[] {
  return text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isQueueRegion(value: unknown): value is QueueRegion {
  if (typeof value !== 'object' || value === null || !('region' in value) || !('servers' in value))
    return false;
  const { region, servers } = value;
  if (typeof region !== 'string' || !Array.isArray(servers) || servers.length === 0) return false;
  return servers.every((server) => typeof server === 'string');
}
