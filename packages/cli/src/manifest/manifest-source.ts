/** A place in the user's file; both count from 1. */
export interface SourcePosition {
  line: number;
  column: number;
}

export type FieldPath = readonly PropertyKey[];

/** What a configuration file declares, and where in the file each part of it stands. */
export interface ManifestSource {
  value: unknown;
  /** The position of the field, or of the nearest part of the file around it. */
  locate(path: FieldPath, part: 'key' | 'value'): SourcePosition | undefined;
}

/** `components`, 0, `probe` -> `components[0].probe`. */
export function toFieldName(path: FieldPath): string {
  const name = path.reduce<string>(
    (text, part) =>
      typeof part === 'number' ? `${text}[${part}]` : `${text}${text ? '.' : ''}${String(part)}`,
    '',
  );
  return name === '' ? '(the whole manifest)' : name;
}
