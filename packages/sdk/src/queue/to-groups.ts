interface Typed {
  key: string;
  type: string;
}

export interface EntryGroup<T> {
  type: string;
  entries: T[];
}

/**
 * Gathers entries of a type, so that a handler gets many at once, without changing the order within a key: an entry that
 * follows one of another type with the same key goes into a later group.
 */
export function toGroups<T extends Typed>(entries: readonly T[]): EntryGroup<T>[] {
  const levels: Map<string, T[]>[] = [];
  const lastOfKey = new Map<string, { level: number; type: string }>();
  for (const entry of entries) {
    const last = lastOfKey.get(entry.key);
    const level = last === undefined ? 0 : last.type === entry.type ? last.level : last.level + 1;
    lastOfKey.set(entry.key, { level, type: entry.type });
    const groups = (levels[level] ??= new Map());
    const group = groups.get(entry.type);
    if (group === undefined) groups.set(entry.type, [entry]);
    else group.push(entry);
  }
  return levels.flatMap((groups) => [...groups].map(([type, members]) => ({ type, entries: members })));
}
