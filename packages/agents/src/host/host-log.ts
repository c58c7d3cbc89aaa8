export type HostLog = (event: string, facts?: Record<string, unknown>) => void;

/** One JSON line per notable fact on standard output. */
export function createHostLog(zone: string): HostLog {
  return (event, facts = {}) => {
    process.stdout.write(`${JSON.stringify({ at: new Date().toISOString(), zone, event, ...facts })}\n`);
  };
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
