import type { DataFolder } from './database-observation.ts';

/**
 * How a member gets data with which it can follow the writer. A rewind is tried once, and only when the writer is on a
 * newer timeline: on the same one it would find nothing to do and leave in place what diverged.
 */
export function chooseRejoinMethod(
  data: DataFolder,
  { writerTimeline, rejoins }: { writerTimeline: number; rejoins: number },
): 'rewind' | 'rebuild' {
  const hasData = data.kind === 'primary' || data.kind === 'standby';
  return hasData && data.timeline < writerTimeline && rejoins === 0 ? 'rewind' : 'rebuild';
}
