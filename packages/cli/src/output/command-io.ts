import { createPainter, type Painter } from './terminal.ts';

/** What every command gets: how to speak, and where it stands. */
export interface CommandIo {
  readonly json: boolean;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** Colours of standard output. */
  readonly out: Painter;
  /** The one answer of the command: a JSON document, or text for people. */
  result(document: unknown, text: string): void;
  /** Progress and notes, on standard error, so that an answer can be piped. */
  note(text: string): void;
}

export interface IoOptions {
  json: boolean;
  /** Name of the environment that is meant. */
  environment?: string | undefined;
}

export function createCommandIo({ json, environment }: IoOptions): CommandIo {
  return {
    json,
    env: environment === undefined ? process.env : { ...process.env, ALWAYSON_ENV: environment },
    cwd: process.cwd(),
    out: createPainter(process.stdout),
    result(document, text) {
      process.stdout.write(json ? `${JSON.stringify(document)}\n` : `${text}\n`);
    },
    note(text) {
      process.stderr.write(`${text}\n`);
    },
  };
}
