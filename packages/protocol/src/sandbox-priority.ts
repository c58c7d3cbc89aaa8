/**
 * Nobody counts on an environment of type sandbox. `session`: each of its sessions gets a tenth of what one of production gets, where time is
 * shared between sessions first. `process`: elsewhere even those of its processes that go first among their own (7 before the others) come
 * after all that serve in production.
 */
export const sandboxNice = { session: 10, process: 17 } as const;
