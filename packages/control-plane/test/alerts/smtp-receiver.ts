import { createServer, type AddressInfo, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import type { Received } from './fixtures.ts';
import type { ReceiverMode } from './webhook-receiver.ts';

/** A receiver of mail: the part of RFC 5321 that a client needs to hand over a message, or to be refused. */
export async function startSmtpReceiver() {
  const received: Received[] = [];
  const sockets = new Set<Socket>();
  let mode: ReceiverMode = 'take';
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    if (mode === 'hang') return;
    if (mode === 'refuse') socket.end('421 busy\r\n');
    else speak(socket, (mail) => received.push(toReceived(mail)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.204.0.2', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {
    url: `smtp://127.204.0.2:${(server.address() as AddressInfo).port}`,
    received,
    behave(wanted: ReceiverMode) {
      mode = wanted;
    },
  };
}

function speak(socket: Socket, take: (mail: string) => void): void {
  const say = (line: string) => socket.write(`${line}\r\n`);
  let mail: string[] | null = null;
  say('220 mail.example ESMTP');
  createInterface({ input: socket, crlfDelay: Number.POSITIVE_INFINITY }).on('line', (line) => {
    if (mail !== null && line !== '.') {
      mail.push(line.replace(/^\./, ''));
      return;
    }
    if (mail !== null) {
      take(mail.join('\n'));
      mail = null;
      say('250 taken');
      return;
    }
    const verb = line.slice(0, 4).toUpperCase();
    if (verb === 'DATA') {
      mail = [];
      say('354 go on');
    } else if (verb === 'QUIT') socket.end('221 bye\r\n');
    else say('250 mail.example');
  });
}

function toReceived(mail: string): Received {
  const [head = '', ...rest] = mail.split('\n\n');
  const lines = head.replaceAll(/\n\s+/g, ' ').split('\n');
  const headers = Object.fromEntries(
    lines.map((line) => {
      const [, name = '', value = ''] = /^([^:]+):\s*(.*)$/.exec(line) ?? [];
      return [name.toLowerCase(), decodeWords(value)];
    }),
  );
  const body = rest.join('\n\n');
  const isQuoted = headers['content-transfer-encoding'] === 'quoted-printable';
  const text = isQuoted ? decodeQuoted(body) : body;
  return { id: /<(.+)@alwayson>/.exec(headers['message-id'] ?? '')?.[1] ?? '', text, headers };
}

function decodeQuoted(text: string): string {
  const bytes = text
    .replaceAll('=\n', '')
    .replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString();
}

/** RFC 2047, as far as mail programs use it for a subject. */
function decodeWords(value: string): string {
  return value
    .replaceAll(/\?=\s+=\?/g, '?==?')
    .replaceAll(/=\?UTF-8\?Q\?(.*?)\?=/gi, (_, text: string) => decodeQuoted(text.replaceAll('_', ' ')));
}
