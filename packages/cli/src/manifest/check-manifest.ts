import { Manifest } from '@alwayson/protocol/manifest.ts';
import type { z } from 'zod';
import { type ManifestFault, ManifestInvalidError } from './manifest-fault.ts';
import {
  createManifestJsonSchema,
  describeAllowed,
  findSchemaNode,
  type SchemaNode,
} from './manifest-json-schema.ts';
import { type FieldPath, type ManifestSource, toFieldName } from './manifest-source.ts';
import { findNearestName } from './nearest-name.ts';

/** The manifest with its defaults filled in; throws ManifestInvalidError with every fault when it has any. */
export function checkManifest(source: ManifestSource, file: string): Manifest {
  const parsed = Manifest.safeParse(source.value);
  if (parsed.success) return parsed.data;
  const schema = createManifestJsonSchema();
  const faults = parsed.error.issues.flatMap((issue) => toFaults(issue, { source, file, schema }));
  throw new ManifestInvalidError(file, faults.sort(byPlace));
}

interface FaultContext {
  source: ManifestSource;
  file: string;
  schema: SchemaNode;
}

function toFaults(issue: z.core.$ZodIssue, context: FaultContext): ManifestFault[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => toUnknownFieldFault([...issue.path, key], context));
  }
  const found = findValue(context.source.value, issue.path);
  const allowed = saysWhatIsAllowed(issue)
    ? issue.message
    : describeAllowed(findSchemaNode(context.schema, issue.path));
  return [createFault(issue.path, { found: describeFound(found), allowed, part: 'value' }, context)];
}

function toUnknownFieldFault(path: FieldPath, context: FaultContext): ManifestFault {
  const known = Object.keys(findSchemaNode(context.schema, path.slice(0, -1))?.properties ?? {});
  const nearest = findNearestName(String(path.at(-1)), known);
  const list = `the fields ${known.join(', ')}`;
  return createFault(
    path,
    { found: 'an unknown field', allowed: nearest ? `${nearest}? Known here: ${list}` : list, part: 'key' },
    context,
  );
}

function createFault(
  path: FieldPath,
  words: { found: string; allowed: string; part: 'key' | 'value' },
  { source, file }: FaultContext,
): ManifestFault {
  const position = source.locate(path, words.part);
  return { file, ...position, field: toFieldName(path), found: words.found, allowed: words.allowed };
}

/** Messages that protocol wrote itself are phrased as what is allowed; zod's own ones are not. */
function saysWhatIsAllowed(issue: z.core.$ZodIssue): boolean {
  return issue.code === 'custom' || (issue.code === 'invalid_format' && !issue.message.startsWith('Invalid'));
}

function findValue(value: unknown, path: FieldPath): unknown {
  return path.reduce<unknown>(
    (inner, part) =>
      typeof inner === 'object' && inner !== null ? (inner as Record<PropertyKey, unknown>)[part] : undefined,
    value,
  );
}

function describeFound(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'function') return 'a function';
  const text = JSON.stringify(value) ?? typeof value;
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

function byPlace(a: ManifestFault, b: ManifestFault): number {
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
}
