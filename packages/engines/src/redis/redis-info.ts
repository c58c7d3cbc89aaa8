/** The fields of an INFO reply; section titles are left out. */
export function parseRedisInfo(text: string): Map<string, string> {
  const fields = text
    .split('\r\n')
    .filter((line) => line.includes(':') && !line.startsWith('#'))
    .map((line): [string, string] => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]);
  return new Map(fields);
}
