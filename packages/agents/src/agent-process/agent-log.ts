/** One JSON line per notable fact on standard output; the host keeps and rotates it. */
export type AgentLog = (message: string, facts?: Record<string, unknown>) => void;

export function createAgentLog(unit: string): AgentLog {
  return (message, facts = {}) => {
    process.stdout.write(`${JSON.stringify({ at: new Date().toISOString(), unit, message, ...facts })}\n`);
  };
}
