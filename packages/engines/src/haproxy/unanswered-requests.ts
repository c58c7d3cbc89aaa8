/**
 * Counts the requests that HAProxy drops without an answer and without a line of its log, and tells their number in the log.
 *
 * HAProxy closes a kept client connection silently when the stamp of its second or later request dies before it answers and the
 * request must not be repeated: the client is expected to repeat it. No setting changes that (tried with 2.6: http-server-close,
 * http-reuse never, abortonclose, logasap). But a backend's sessions begin (`stot`) and end with a class of answer (`hrsp_...`) or
 * go on (`scur`); whoever did neither was dropped.
 *
 * Threads count while it reads: only what two looks agree on is told, and it is told again now and then, as datagrams get lost.
 */
export const unansweredRequestsScript = `
do
  local backends = {}

  local function count()
    local sum = 0
    for _, proxy in ipairs(backends) do
      local stats = proxy:get_stats()
      sum = sum + tonumber(stats.stot) - tonumber(stats.scur)
      for _, class in ipairs({ "1xx", "2xx", "3xx", "4xx", "5xx", "other" }) do
        sum = sum - tonumber(stats["hrsp_" .. class])
      end
    end
    return sum
  end

  core.register_task(function()
    for name, proxy in pairs(core.backends) do
      local pool = string.match(name, "^(%l+)%d*_.+$")
      if pool == "live" or pool == "last" or pool == "all" or pool == "detour" then
        backends[#backends + 1] = proxy
      end
    end
    local pid = core.get_info().Pid
    local last, told, silent = 0, 0, 0
    while true do
      core.msleep(5000)
      local now = count()
      local sure = math.min(now, last)
      last = now
      silent = silent + 1
      if sure > told or (told > 0 and silent >= 12) then
        told = math.max(sure, told)
        silent = 0
        core.log(core.info, '{"pid":' .. pid .. ',"unanswered":' .. told .. '}')
      end
    end
  end)
end
`;

/** What one HAProxy process has dropped since it started. */
export interface UnansweredRequests {
  pid: number;
  count: number;
}

/** Null for any other line. */
export function parseUnansweredRequests(text: string): UnansweredRequests | null {
  const [, pid, count] = /^\{"pid":(\d{1,10}),"unanswered":(\d{1,15})\}\s*$/.exec(text) ?? [];
  return pid === undefined || count === undefined ? null : { pid: Number(pid), count: Number(count) };
}
