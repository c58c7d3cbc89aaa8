import { resolve } from 'node:path';

/** Where AlwaysOn itself is installed: the folder with `packages/`. */
export const installDir: string = resolve(import.meta.dirname, '../../..');
