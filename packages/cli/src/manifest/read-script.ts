import { registerHooks, stripTypeScriptTypes } from 'node:module';
import { pathToFileURL } from 'node:url';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import { type Program, parse } from 'acorn';
import { installDir } from '../install-dir.ts';
import { findExportedExpression, locateInExpression } from './expression-positions.ts';
import { ManifestInvalidError } from './manifest-fault.ts';
import type { ManifestSource, SourcePosition } from './manifest-source.ts';

/** Runs a TypeScript or JavaScript configuration file and takes what it exports. */
export async function readScriptManifest(text: string, file: string): Promise<ManifestSource> {
  const program = parseScript(text, file);
  const exported = await importConfig(file);
  const value = exported['default'] ?? exported['workload'];
  if (value === undefined) {
    throw new ManifestInvalidError(file, [
      {
        file,
        field: '(the whole manifest)',
        found: 'no default export',
        allowed: 'export default defineWorkload({ ... })',
      },
    ]);
  }
  const root = findExportedExpression(program);
  return {
    value,
    locate: (path, part) => root && locateInExpression(program, root, { path, part }),
  };
}

/** Stripping types keeps every character's place, so positions are those of the user's own text. */
function parseScript(text: string, file: string): Program {
  try {
    const script = file.endsWith('ts')
      ? stripTypeScriptTypes(text, { mode: 'strip', sourceUrl: file })
      : text;
    return parse(script, { ecmaVersion: 'latest', sourceType: 'module', locations: true });
  } catch (error) {
    throw new ManifestInvalidError(file, [
      {
        file,
        ...findSyntaxPosition(error),
        field: '(syntax)',
        found: toFirstLine(error).replace(/ \(\d+:\d+\)$/, ''),
        allowed: 'TypeScript that needs no compiler (no enums, namespaces or parameter properties)',
      },
    ]);
  }
}

/** The type stripper shows the place only in its text: `<file>:<line>`, the line itself, and a caret below it. */
function findSyntaxPosition(error: unknown): SourcePosition | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('loc' in error) {
    const { line, column } = error.loc as SourcePosition;
    return { line, column: column + 1 };
  }
  const line = /^.*:(\d+)\n/.exec(error.stack ?? '')?.[1];
  const caret = error.stack?.split('\n').find((text) => /^\s*\^+\s*$/.test(text));
  return line === undefined ? undefined : { line: Number(line), column: (caret?.indexOf('^') ?? 0) + 1 };
}

async function importConfig(file: string): Promise<Record<string, unknown>> {
  const url = pathToFileURL(file).href;
  // A workload in a folder of its own finds the SDK of this installation.
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      if (!specifier.startsWith('@alwayson/')) return next(specifier, context);
      try {
        return next(specifier, context);
      } catch {
        return next(specifier, { ...context, parentURL: pathToFileURL(`${installDir}/package.json`).href });
      }
    },
  });
  try {
    return (await import(url)) as Record<string, unknown>;
  } catch (error) {
    const place = error instanceof Error && error.stack?.split(`${url}:`)[1]?.match(/^(\d+):(\d+)/)?.[0];
    throw new AlwaysOnError(
      'AON_MANIFEST_INVALID',
      `${file}${place ? `:${place}` : ''} could not be run: ${toFirstLine(error)}`,
      { cause: error },
    );
  } finally {
    hooks.deregister();
  }
}

function toFirstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return (
    message
      .split('\n')
      .find((line) => line.trim() !== '')
      ?.trim() ?? message
  );
}
