import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
} from 'yaml';
import { ManifestInvalidError } from './manifest-fault.ts';
import type { FieldPath, ManifestSource, SourcePosition } from './manifest-source.ts';

/** Reads YAML 1.2; all its syntax errors at once. */
export function readYamlManifest(text: string, file: string): ManifestSource {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const toPosition = (offset: number): SourcePosition => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  if (document.errors.length > 0) {
    const faults = document.errors.map((error) => ({
      file,
      ...toPosition(error.pos[0]),
      field: '(syntax)',
      found: error.message,
      allowed: 'YAML 1.2',
    }));
    throw new ManifestInvalidError(file, faults);
  }
  return {
    value: document.toJS({ maxAliasCount: 100 }),
    locate(path, part) {
      const offset = findOffset(document, path, part);
      return offset === undefined ? undefined : toPosition(offset);
    },
  };
}

function findOffset(document: Document.Parsed, path: FieldPath, part: 'key' | 'value'): number | undefined {
  let node: Node | null = document.contents;
  let offset = node?.range?.[0];
  for (const [index, step] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document) ?? null;
    if (isMap(node)) {
      const pair: Pair | undefined = node.items.find(
        ({ key }) => isScalar(key) && String(key.value) === String(step),
      );
      if (!pair) break;
      const key = pair.key as Node;
      node = pair.value as Node | null;
      const wantsKey = index === path.length - 1 && part === 'key';
      offset = (wantsKey ? key : (node ?? key)).range?.[0] ?? offset;
    } else if (isSeq(node) && typeof step === 'number') {
      node = (node.items[step] as Node | undefined) ?? null;
      offset = node?.range?.[0] ?? offset;
    } else break;
  }
  return offset;
}
