/** An accepted write on its way to its handler. */
export interface QueueEntry {
  /** Its place in the stream. */
  id: string;
  key: string;
  type: string;
  body: unknown;
  idempotencyKey: string | undefined;
  /** When it was accepted, by the clock of the queue server. */
  acceptedAt: Date;
}

/** As it was read: the body is not parsed yet, because one bad body must not stop the others. */
export interface RawEntry {
  id: string;
  key: string;
  type: string;
  body: string;
  idempotencyKey: string | undefined;
  /** W3C, of the span that sent it; absent when its trace is not kept, and in entries of older producers. */
  traceparent?: string | undefined;
}

export function fromStream([id, fields]: readonly [string, readonly string[]]): RawEntry {
  const field = (name: string) => {
    const at = fields.findIndex((text, index) => index % 2 === 0 && text === name);
    return at === -1 ? undefined : fields[at + 1];
  };
  return {
    id,
    key: field('k') ?? '',
    type: field('t') ?? '',
    body: field('b') ?? '',
    idempotencyKey: field('i'),
    traceparent: field('w'),
  };
}

/** Throws SyntaxError when the body is not JSON. */
export function toEntry({ id, key, type, body, idempotencyKey }: RawEntry): QueueEntry {
  return { id, key, type, body: JSON.parse(body), idempotencyKey, acceptedAt: new Date(toTime(id)) };
}

/** Milliseconds of a stream id `<ms>-<seq>`. */
export function toTime(id: string): number {
  return Number(id.slice(0, id.indexOf('-')));
}

/** The lowest id above this one. */
export function toNextId(id: string): string {
  const dash = id.indexOf('-');
  return `${id.slice(0, dash)}-${BigInt(id.slice(dash + 1)) + 1n}`;
}
