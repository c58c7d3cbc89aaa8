import type { OpenSloDocument } from '@alwayson/protocol/open-slo.ts';
import { stringify } from 'yaml';

/** OpenSLO documents as one YAML stream. */
export function renderOpenSlo(documents: readonly OpenSloDocument[]): string {
  return documents.map((document) => stringify(document, { lineWidth: 0 }).trimEnd()).join('\n---\n');
}
