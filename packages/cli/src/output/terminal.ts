import { stripVTControlCharacters, styleText } from 'node:util';
import type { State } from '@alwayson/protocol/words.ts';

type Paint = Parameters<typeof styleText>[0];

/** Colours for one stream: none when it is not a terminal or NO_COLOR is set. */
export interface Painter {
  paint(format: Paint, text: string): string;
  /** The sign of a state, for eyes: never the only carrier of the meaning. */
  sign(state: State): string;
}

const signs = {
  healthy: { sign: '●', format: 'green' },
  degraded: { sign: '◐', format: 'yellow' },
  unhealthy: { sign: '✖', format: 'red' },
  unknown: { sign: '○', format: 'gray' },
} as const satisfies Record<State, { sign: string; format: Paint }>;

export function createPainter(stream: NodeJS.WriteStream): Painter {
  const paint = (format: Paint, text: string) => styleText(format, text, { stream });
  return { paint, sign: (state) => paint(signs[state].format, signs[state].sign) };
}

/** Some lines at the bottom of a terminal that are rewritten in place. */
export interface LiveRegion {
  show(lines: readonly string[]): void;
  /** Leaves the last lines standing, or takes them away. */
  close(options?: { clear?: boolean }): void;
}

export function createLiveRegion(stream: NodeJS.WriteStream): LiveRegion {
  let height = 0;
  const back = () => (height === 0 ? '' : `\u001B[${height}A\u001B[J`);
  return {
    show(lines) {
      // A line that wraps or a region higher than the window would leave remains behind.
      const width = Math.max(20, (stream.columns || 80) - 1);
      const fitting = lines.slice(0, Math.max(5, (stream.rows || 24) - 1)).map((line) => cut(line, width));
      stream.write(`${back()}${fitting.map((line) => `${line}\n`).join('')}`);
      height = fitting.length;
    },
    close(options = {}) {
      if (options.clear) stream.write(back());
      height = 0;
    },
  };
}

function cut(line: string, width: number): string {
  const plain = stripVTControlCharacters(line);
  return plain.length <= width ? line : `${plain.slice(0, width - 1)}…`;
}
