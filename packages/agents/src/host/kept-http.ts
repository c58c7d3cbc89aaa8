import { connect, type Socket } from 'node:net';

export interface HttpQuestion {
  host: string;
  port: number;
  path: string;
  headers: Record<string, string>;
  timeoutMs: number;
}

/** Larger answers are not read to their end: their connection is closed instead. */
const answerBytesMax = 256 * 1024;

/**
 * Asks one GET again and again over one connection, and reads the status. Not `node:http`, which takes about three times the
 * processor time for it (0.4 ms against 0.15 ms a question): hosts ask their units all day. The connection is kept when the
 * answer tells its length, as those of our own processes do; else each question gets a new one.
 */
export class KeptHttp {
  readonly #question: HttpQuestion;
  readonly #text: string;
  #socket: Socket | undefined;
  #asked: Asked | undefined;

  constructor(question: HttpQuestion) {
    this.#question = question;
    const { host, port, path, headers } = question;
    const lines = Object.entries({ Host: `${host}:${port}`, ...headers });
    const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    this.#text = `GET ${path} HTTP/1.1\r\n${head}\r\n`;
  }

  /** The status of the answer. Throws what the connection met, or that there was no answer in time. Calls must not overlap. */
  async ask(): Promise<number> {
    const isKept = this.#socket !== undefined;
    try {
      return await this.#askOnce();
    } catch (error) {
      // The unit may have closed the kept connection at this moment: that says nothing about its health.
      if (!isKept || !(error instanceof ClosedError)) throw error;
      return this.#askOnce();
    }
  }

  close(): void {
    this.#settle(new Error('given up'));
  }

  #askOnce(): Promise<number> {
    const { timeoutMs } = this.#question;
    return new Promise((resolve, reject) => {
      const late = () => this.#settle(new Error(`no answer within ${timeoutMs} ms`));
      this.#asked = { text: '', deadline: setTimeout(late, timeoutMs), resolve, reject };
      this.#socket ??= this.#connect();
      this.#socket.write(this.#text);
    });
  }

  #connect(): Socket {
    const { host, port } = this.#question;
    const socket = connect({ host, port, noDelay: true }).setEncoding('latin1');
    const ifCurrent = (act: () => void) => {
      if (this.#socket === socket) act();
    };
    socket.on('data', (chunk) => ifCurrent(() => this.#heard(String(chunk))));
    socket.on('error', (error) => ifCurrent(() => this.#settle(toClosedError(error))));
    socket.on('close', () => ifCurrent(() => this.#settle(new ClosedError('closed without an answer'))));
    return socket;
  }

  #heard(chunk: string): void {
    if (this.#asked === undefined) {
      this.#settle(new Error('not asked'));
      return;
    }
    this.#asked.text += chunk;
    const answer = readAnswer(this.#asked.text);
    if (answer !== undefined) this.#settle(answer);
  }

  /** Ends the question, if there is one, and the connection, unless it is free for the next. */
  #settle(outcome: Answer | Error): void {
    const asked = this.#asked;
    this.#asked = undefined;
    if (outcome instanceof Error || !outcome.isWhole) {
      this.#socket?.destroy();
      this.#socket = undefined;
    }
    clearTimeout(asked?.deadline);
    if (outcome instanceof Error) asked?.reject(outcome);
    else asked?.resolve(outcome.status);
  }
}

interface Asked {
  text: string;
  deadline: NodeJS.Timeout;
  resolve: (status: number) => void;
  reject: (error: Error) => void;
}

class ClosedError extends Error {}

interface Answer {
  status: number;
  /** Nothing more comes: the connection is free for the next question. */
  isWhole: boolean;
}

/** The answer that a text holds, undefined while it may still become one. */
function readAnswer(text: string): Answer | Error | undefined {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd < 0) {
    return text.length > answerBytesMax ? new Error('an answer that is not HTTP') : undefined;
  }
  const head = text.slice(0, headEnd);
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1]);
  if (Number.isNaN(status)) return new Error('an answer that is not HTTP');
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  const isKept = head.startsWith('HTTP/1.1') && !/\r\nconnection: *close/i.test(head);
  if (length === undefined || !isKept || Number(length) > answerBytesMax) return { status, isWhole: false };
  const missing = Number(length) - (text.length - headEnd - 4);
  return missing > 0 ? undefined : { status, isWhole: missing === 0 };
}

function toClosedError(error: Error): Error {
  const isClosed = 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
  return isClosed ? new ClosedError(error.message) : error;
}
