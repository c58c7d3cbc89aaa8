/**
 * What `work` comes to, or the error of `toError` when that takes longer. Each turn of Node's event loop looks at its clock before
 * its sockets: after a while in which the process did not get to run (a full machine), an answer that came in time would be late.
 * So sockets are read once more before the verdict.
 */
export async function within<T>(timeoutMs: number, work: Promise<T>, toError: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let verdict: NodeJS.Immediate | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      verdict = setImmediate(() => reject(toError()));
    }, timeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    clearImmediate(verdict);
    work.catch(() => {});
  }
}
