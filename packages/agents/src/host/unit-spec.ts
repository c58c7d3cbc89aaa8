import { createHash } from 'node:crypto';
import { canonicalJson } from '@alwayson/protocol/canonical-json.ts';
import type { UnitSpec } from '@alwayson/protocol/units.ts';

/** What a running process was started with, and which files it has read: compared with its spec, it says what to do. */
export interface Fingerprint {
  runtime: string;
  files: string;
}

export function fingerprint(spec: UnitSpec): Fingerprint {
  const { command, env, cwd, address, port, runAs, files } = spec;
  return { runtime: hash({ command, env, cwd, address, port, runAs }), files: hash(files) };
}

export function hashSpec(spec: UnitSpec): string {
  return hash(spec);
}

/** What brings a spec in force in a running process. Fields that only describe it need nothing. */
export function decideChange(inForce: Fingerprint, spec: UnitSpec): 'none' | 'reload' | 'restart' {
  const wanted = fingerprint(spec);
  if (wanted.runtime !== inForce.runtime) return 'restart';
  if (wanted.files === inForce.files) return 'none';
  return spec.reloadSignal === undefined ? 'restart' : 'reload';
}

export function foldPlaceholders(text: string, dir: string): string {
  return text.replaceAll('{dir}', dir).replaceAll('{node}', process.execPath);
}

export function foldAll(values: Record<string, string>, dir: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([name, text]) => [name, foldPlaceholders(text, dir)]),
  );
}

function hash(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex').slice(0, 16);
}
