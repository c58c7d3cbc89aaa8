import { connect } from 'node:net';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import { type HaproxyServer, parseServers } from './server-statistics.ts';

export interface HaproxyInfo {
  version: string;
  pid: number;
  description: string;
}

/** One look at HAProxy. */
export interface HaproxyState {
  info: HaproxyInfo;
  servers: HaproxyServer[];
  /** Key to value of the map that was asked for; empty when it has none of that name. */
  map: Map<string, string>;
}

/** The Runtime API of one HAProxy. Commands never overlap: it answers few connections at a time (`stats maxconn`). */
export interface HaproxyRuntime {
  /** Sends commands that answer nothing when they succeed; throws AON_UNREACHABLE, or AON_INTERNAL with what was answered. */
  apply(commands: readonly string[]): Promise<void>;
  /** Throws AON_UNREACHABLE. */
  look(mapFile: string): Promise<HaproxyState>;
  /** The text that `load-server-state-from-file` reads. */
  showServersState(): Promise<string>;
}

const timeoutMs = 2000;
const answerBytesMax = 16 * 1024 * 1024;
/** HAProxy takes a line of at most 16 KiB. */
const lineLengthMax = 8000;

export function createHaproxyRuntime(socketPath: string): HaproxyRuntime {
  let last: Promise<unknown> = Promise.resolve();
  const ask = (line: string): Promise<string> => {
    const answer = last.then(() => askOnce(socketPath, line));
    last = answer.catch(() => {});
    return answer;
  };

  return {
    async apply(commands) {
      for (const line of toLines(commands)) {
        const answer = (await ask(line)).trim();
        if (answer !== '') throw new AlwaysOnError('AON_INTERNAL', `HAProxy refused a command: ${answer}`);
      }
    },
    async look(mapFile) {
      const answer = await ask(`show info;show stat -1 4 -1;show map ${mapFile}`);
      const [info = '', servers = '', map = ''] = answer.split('\n\n');
      return { info: parseInfo(info), servers: parseServers(servers), map: parseMap(map) };
    },
    showServersState: () => ask('show servers state'),
  };
}

function toLines(commands: readonly string[]): string[] {
  const lines: string[] = [];
  for (const command of commands) {
    const line = lines.at(-1);
    if (line === undefined || line.length + command.length >= lineLengthMax) lines.push(command);
    else lines[lines.length - 1] = `${line};${command}`;
  }
  return lines;
}

function parseInfo(text: string): HaproxyInfo {
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(text)?.[1] ?? '';
  return { version: field('Version'), pid: Number(field('Pid')), description: field('description') };
}

/** Lines such as `0x7fc220047a50 checkout detour0`. */
function parseMap(text: string): Map<string, string> {
  const entries = [...text.matchAll(/^0x\S+ (\S+) (\S+)$/gm)];
  return new Map(entries.map(([, key = '', value = '']) => [key, value]));
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
