import { expect, test } from 'vitest';
import { parseServers } from '../../src/haproxy/server-statistics.ts';

const csv = `# pxname,svname,status,uweight,check_status,check_desc,last_chk
live_api,west-1-abcdef,UP,256,* L7OK,Layer7 check passed,"HTTP status 200, ""fine"""
live_api,west-2-abcdef,UP,256,* INI,Initializing,
live_api,east-1-abcdef,no check,0,,,
`;

test('what the last check said is told without the mark of one that runs, and sentences may hold commas', () => {
  expect(
    parseServers(csv).map(({ name, checkStatus, checkDetail }) => [name, checkStatus, checkDetail]),
  ).toEqual([
    ['west-1-abcdef', 'L7OK', 'Layer7 check passed: HTTP status 200, "fine"'],
    ['west-2-abcdef', 'INI', 'Initializing'],
    ['east-1-abcdef', '', ''],
  ]);
});
