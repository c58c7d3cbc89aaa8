import type { z } from 'zod';

/** A versioned record: the commit point of every decision (invariant 3). */
export interface Versioned<T> {
  /** 0 when it was never written. */
  version: number;
  value: T;
}

/** The register of one environment. One provider today (`sqlite-records.ts`); later etcd. */
export interface Records {
  /** The record, checked against its schema; `initial` (version 0) when it was never written. */
  read<T>(name: string, schema: z.ZodType<T>, initial: T): Versioned<T>;
  /** Compare-and-set; durable when it returns. Returns the new version; throws AON_GENERATION_OLD when `expected` is not the version. */
  commit<T>(name: string, expected: number, value: T): number;
}
