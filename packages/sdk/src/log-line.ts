export interface Log {
  /** One JSON line on standard output. `event` is a short dotted name; `facts` must hold no secret. */
  (event: string, facts?: Record<string, unknown>): void;
}

/** One line per notable fact; a component under AlwaysOn has its standard output kept and rotated. */
export function createLog(unit: string): Log {
  return (event, facts = {}) => {
    process.stdout.write(`${JSON.stringify({ at: new Date().toISOString(), unit, event, ...facts })}\n`);
  };
}
