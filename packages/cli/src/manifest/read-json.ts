import { type Expression, type Program, parse } from 'acorn';
import { locateInExpression } from './expression-positions.ts';
import { ManifestInvalidError } from './manifest-fault.ts';
import { schemaField } from './manifest-json-schema.ts';
import type { ManifestSource, SourcePosition } from './manifest-source.ts';

export function readJsonManifest(text: string, file: string): ManifestSource {
  const value = withoutSchemaField(parseJson(text, file));
  // JSON is an expression of JavaScript, so the same parser tells positions. The bracket stands where no line shifts.
  const program = parse(`(${text}\n)`, { ecmaVersion: 'latest', locations: true });
  const root = toExpression(program);
  return {
    value,
    locate(path, part) {
      const position = root && locateInExpression(program, root, { path, part });
      return position?.line === 1 ? { line: 1, column: position.column - 1 } : position;
    },
  };
}

function withoutSchemaField(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !(schemaField in value)) return value;
  const { [schemaField]: _, ...manifest } = value;
  return manifest;
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const offset = Number(/position (\d+)/.exec(message)?.[1] ?? text.length);
    const found = message.split(' in JSON')[0] ?? message;
    throw new ManifestInvalidError(file, [
      { file, ...toPosition(text, offset), field: '(syntax)', found, allowed: 'JSON' },
    ]);
  }
}

function toExpression(program: Program): Expression | undefined {
  const statement = program.body[0];
  return statement?.type === 'ExpressionStatement' ? statement.expression : undefined;
}

function toPosition(text: string, offset: number): SourcePosition {
  const before = text.slice(0, offset).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}
