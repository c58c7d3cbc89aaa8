/**
 * Frees the requests that wait for a frozen stamp, inside HAProxy, so that nothing else has to live for it: ended there, the safe
 * ones start again at another stamp (`retry-on empty-response`).
 *
 * It stands in for `on-marked-down shutdown-sessions`, which ends requests in the instant in which the stamp goes down, also
 * those that are just being refused and would have gone elsewhere by themselves; these were lost. A second look 300 ms later
 * (longer than `timeout connect`) finds only those that really hang.
 */
export const frozenSessionsScript = `-- Written by the gateway agent; changes made by hand are lost.
core.register_task(function()
  local hung = {}
  while true do
    core.msleep(300)
    for backend, proxy in pairs(core.backends) do
      if string.sub(backend, 1, 5) == "live_" then
        for name, server in pairs(proxy.servers) do
          local stats = server:get_stats()
          local key = backend .. "/" .. name
          local hangs = string.sub(stats.status, 1, 4) == "DOWN" and tonumber(stats.scur) > 0
          if hangs and hung[key] then server:shut_sess() end
          hung[key] = hangs
        end
      end
    end
  end
end)
`;
