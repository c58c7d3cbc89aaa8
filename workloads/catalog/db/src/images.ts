import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';

export interface Image {
  body: Buffer;
  etag: string;
}

const folder = new URL('../images/', import.meta.url);

/** The pictures of the sample items, by file name. A few hundred kilobytes at most, kept in memory. */
export async function readImages(): Promise<ReadonlyMap<string, Image>> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.svg'));
  const images = names.map(async (name) => {
    const body = await readFile(new URL(name, folder));
    const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
    return [name, { body, etag }] as const;
  });
  return new Map(await Promise.all(images));
}
