/**
 * The server state file (`show servers state`, format 1) carries what the checks know over a reload, so that a new process
 * neither trusts a dead stamp nor doubts a live one. Its shares and operator states are not carried: haproxy.cfg is the truth.
 */
const header =
  '# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight ' +
  'srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state ' +
  'bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr ' +
  'srv_agent_addr srv_agent_port';

/** A state file that says nothing; HAProxy warns when there is none. */
export const emptyServersState = `1\n${header}\n`;

/**
 * The dump with the shares of `weights` (backend/server -> weight) in place of those at run time and without operator states;
 * servers that the new configuration does not have are left out.
 */
export function renderServersState(dump: string, weights: ReadonlyMap<string, number>): string {
  const lines = dump.split('\n');
  const names = lines
    .find((line) => line.startsWith('# '))
    ?.slice(2)
    .split(' ');
  if (lines[0]?.trim() !== '1' || names === undefined) return emptyServersState;
  const at = (name: string) => names.indexOf(name);
  const rows = lines.slice(2).flatMap((line) => {
    const cells = line.trim().split(' ');
    const weight = weights.get(`${cells[at('be_name')]}/${cells[at('srv_name')]}`);
    if (weight === undefined) return [];
    cells[at('srv_admin_state')] = '0';
    cells[at('srv_uweight')] = String(weight);
    cells[at('srv_iweight')] = String(weight);
    return [cells.join(' ')];
  });
  return `1\n# ${names.join(' ')}\n${rows.map((row) => `${row}\n`).join('')}`;
}
