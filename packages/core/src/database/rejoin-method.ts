import type { DataFolder } from './database-observation.ts';

/**
 * How a member gets data with which it can follow the writer. A rewind is tried once, and only when the writer is on a
 * newer timeline: on the same one it would find nothing to do and leave in place what diverged. A standby on the writer's
 * own timeline cannot have diverged, so a new start is tried before everything is copied.
 */
export function chooseRejoinMethod(
  data: DataFolder,
  { writerTimeline, rejoins }: { writerTimeline: number; rejoins: number },
): 'restart' | 'rewind' | 'rebuild' {
  if (rejoins > 0 || (data.kind !== 'primary' && data.kind !== 'standby')) return 'rebuild';
  if (data.timeline < writerTimeline) return 'rewind';
  return data.kind === 'standby' ? 'restart' : 'rebuild';
}
