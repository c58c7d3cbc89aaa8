import type { Entity } from './health-model.ts';

/** 64 bits of FNV-1a over the content, in hexadecimal: not a signature, only a name that changes with the content. */
export function toModelVersion(entities: readonly Entity[]): string {
  const text = JSON.stringify(entities);
  return [0x811c9dc5, 0x01000193].map((seed) => hash(text, seed).toString(16).padStart(8, '0')).join('');
}

function hash(text: string, seed: number): number {
  let value = seed;
  for (let index = 0; index < text.length; index += 1) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  return value >>> 0;
}
