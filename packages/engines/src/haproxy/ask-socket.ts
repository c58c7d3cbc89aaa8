import { connect } from 'node:net';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';

const timeoutMs = 2000;
const answerBytesMax = 16 * 1024 * 1024;

/** One line to one of HAProxy's unix sockets, and all of its answer. Throws AON_UNREACHABLE. */
export function askSocket(socketPath: string, line: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath);
    const chunks: Buffer[] = [];
    let bytes = 0;
    const fail = (message: string, cause?: unknown) => {
      socket.destroy();
      reject(new AlwaysOnError('AON_UNREACHABLE', message, { cause }));
    };
    socket.setTimeout(timeoutMs, () => fail(`HAProxy did not answer within ${timeoutMs} ms.`));
    socket.on('error', (error) => fail(`HAProxy does not answer at its socket: ${error.message}`, error));
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
