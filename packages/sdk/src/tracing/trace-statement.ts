import type pg from 'pg';
import { inSpan } from './tracer.ts';

const textLengthMax = 1000;

/** Runs a statement in a client span. Its text is shown; its values, which travel apart from it, are not. */
export function traceStatement<T>(client: pg.ClientBase, text: string, run: () => Promise<T>): Promise<T> {
  return inSpan(() => toFacts(client, text), run);
}

function toFacts(client: pg.ClientBase, text: string) {
  const { host, port, database } = client as pg.ClientBase & Partial<pg.Client>;
  const operation = /^\s*(\w+)/.exec(text)?.[1]?.toUpperCase() ?? 'SQL';
  return {
    name: database === undefined ? operation : `${operation} ${database}`,
    kind: 'client' as const,
    codeAttribute: 'db.response.status_code',
    attributes: {
      'db.system.name': 'postgresql',
      'db.operation.name': operation,
      'db.query.text': text.trim().slice(0, textLengthMax),
      ...(database === undefined ? {} : { 'db.namespace': database }),
      ...(host === undefined ? {} : { 'server.address': host }),
      ...(port === undefined ? {} : { 'server.port': port }),
    },
  };
}
