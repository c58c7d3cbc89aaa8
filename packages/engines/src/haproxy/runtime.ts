import { connect } from 'node:net';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';

export interface HaproxyServer {
  backend: string;
  name: string;
  /** HAProxy's own words: `UP`, `UP 1/2`, `DOWN`, `MAINT`, `no check`, ... */
  status: string;
  /** As it was set, not what is left of it while the server is down. */
  weight: number;
  sessions: number;
  requests: number;
  checkStatus: string;
}

export interface HaproxyInfo {
  version: string;
  pid: number;
  description: string;
}

/** The Runtime API of one HAProxy. Commands never overlap: it answers few connections at a time (`stats maxconn`). */
export interface HaproxyRuntime {
  /** Sends commands that answer nothing when they succeed; throws AON_UNREACHABLE, or AON_INTERNAL with what was answered. */
  apply(commands: readonly string[]): Promise<void>;
  showInfo(): Promise<HaproxyInfo>;
  showServers(): Promise<HaproxyServer[]>;
  /** The text that `load-server-state-from-file` reads. */
  showServersState(): Promise<string>;
}

const timeoutMs = 2000;
const answerBytesMax = 16 * 1024 * 1024;

export function createHaproxyRuntime(socketPath: string): HaproxyRuntime {
  let last: Promise<unknown> = Promise.resolve();
  const ask = (line: string): Promise<string> => {
    const answer = last.then(() => askOnce(socketPath, line));
    last = answer.catch(() => {});
    return answer;
  };

  return {
    async apply(commands) {
      if (commands.length === 0) return;
      const answer = (await ask(commands.join(';'))).trim();
      if (answer !== '') throw new AlwaysOnError('AON_INTERNAL', `HAProxy refused a command: ${answer}`);
    },
    async showInfo() {
      const fields = new Map((await ask('show info')).split('\n').map(toField));
      return {
        version: fields.get('Version') ?? '',
        pid: Number(fields.get('Pid')),
        description: fields.get('description') ?? '',
      };
    },
    showServers: async () => parseServers(await ask('show stat -1 4 -1')),
    showServersState: () => ask('show servers state'),
  };
}

function toField(line: string): [string, string] {
  const end = line.indexOf(': ');
  return end < 0 ? [line, ''] : [line.slice(0, end), line.slice(end + 2)];
}

/** The CSV has no quoted commas in the columns that are read here: they come before the free text at its end. */
function parseServers(csv: string): HaproxyServer[] {
  const [head = '', ...rows] = csv.split('\n').filter((line) => line.trim() !== '');
  const columns = new Map(
    head
      .replace(/^# /, '')
      .split(',')
      .map((name, index) => [name, index] as const),
  );
  return rows.map((row) => {
    const cells = row.split(',');
    const cell = (name: string) => cells[columns.get(name) ?? -1] ?? '';
    return {
      backend: cell('pxname'),
      name: cell('svname'),
      status: cell('status'),
      weight: Number(cell('uweight')),
      sessions: Number(cell('scur')),
      requests: Number(cell('stot')),
      checkStatus: cell('check_status'),
    };
  });
}

function askOnce(socketPath: string, line: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath);
    const chunks: Buffer[] = [];
    let bytes = 0;
    const fail = (message: string, cause?: unknown) => {
      socket.destroy();
      reject(new AlwaysOnError('AON_UNREACHABLE', message, { cause }));
    };
    socket.setTimeout(timeoutMs, () => fail(`HAProxy did not answer within ${timeoutMs} ms.`));
    socket.on('error', (error) =>
      fail(`HAProxy does not answer at its admin socket: ${error.message}`, error),
    );
    socket.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > answerBytesMax) fail('HAProxy answered more than 16 MiB.');
      else chunks.push(chunk);
    });
    socket.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    // Not end(): HAProxy may drop a half-closed client before it has answered.
    socket.write(`${line}\n`);
  });
}
